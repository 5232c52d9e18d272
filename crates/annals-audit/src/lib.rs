//! Merkle tree over record bytes: leaf hashes, roots, proofs.
