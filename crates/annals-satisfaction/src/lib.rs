//! Satisfaction: CSAT, NPS, CES, complaints and peak-end as folds over events.
