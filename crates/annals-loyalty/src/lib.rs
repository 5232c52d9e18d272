//! Loyalty: RFM, behaviour matrix, concentration and lifetime value as folds over events.
