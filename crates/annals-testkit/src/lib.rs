//! Proptest strategies, the naive reference ledger and simulated companies.
