//! The Merkle tree over the exact bytes of records (RFC 6962 section 2.1, SHA-256).
//!
//! One root commits to every byte of every event and to their order. The tree knows bytes and
//! nothing else, so that an auditor can check it without the ledger, sled or an async runtime.
//! Deliberately absent for now: signed checkpoints and proofs, which come with the audit pack.

mod frontier;
mod hash;

pub use frontier::Frontier;
pub use hash::{Hash, leaf_hash, node_hash, tree_hash};
