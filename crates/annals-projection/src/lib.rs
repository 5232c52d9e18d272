//! What a projection is: pure keyed folding, views as of a date.
