//! The contract of a log: append, read, subscribe; record and block format; the in-memory log.
