//! Lifecycle: stages, transitions, activity and cohorts as folds over events.
