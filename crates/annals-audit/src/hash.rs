//! The hashes of the tree: leaf = SHA-256(0x00, bytes), node = SHA-256(0x01, left, right).
//!
//! Every event costs a leaf and a node. Their messages are short, so they are laid out whole,
//! padded as FIPS 180-4 says, and given to the compression function at once, which the hasher for
//! streams does block by block.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 value, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The hash of a leaf.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    short_hash(0, [bytes, &[]]).unwrap_or_else(|| {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(bytes);
        Hash(hash.finalize().into())
    })
}

/// The hash of a node over its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash_in_blocks::<2>(1, [&left.0, &right.0], 65).expect("65 bytes take two blocks")
}

const BLOCK_BYTES: usize = 64;
/// The initial hash value of FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// SHA-256 of a byte and two strings behind it, where they fit a few blocks.
fn short_hash(first: u8, strings: [&[u8]; 2]) -> Option<Hash> {
    /// What padding takes at least: a bit that is one, and the length in bits.
    const PADDING_BYTES_MIN: usize = 1 + 8;
    let length = 1 + strings[0].len() + strings[1].len();
    // So many blocks are cleared as are needed, by code made for their number.
    match (length + PADDING_BYTES_MIN).div_ceil(BLOCK_BYTES) {
        1 => hash_in_blocks::<1>(first, strings, length),
        2 => hash_in_blocks::<2>(first, strings, length),
        3 => hash_in_blocks::<3>(first, strings, length),
        4 => hash_in_blocks::<4>(first, strings, length),
        5 => hash_in_blocks::<5>(first, strings, length),
        6 => hash_in_blocks::<6>(first, strings, length),
        _ => None,
    }
}

/// The same where the message has this length and takes exactly so many blocks.
fn hash_in_blocks<const BLOCKS: usize>(
    first: u8,
    strings: [&[u8]; 2],
    length: usize,
) -> Option<Hash> {
    let mut blocks = [[0; BLOCK_BYTES]; BLOCKS];
    let bytes = blocks.as_flattened_mut();
    let (head, rest) = bytes.split_first_mut()?;
    *head = first;
    let (one, rest) = rest.split_at_mut_checked(strings[0].len())?;
    one.copy_from_slice(strings[0]);
    let (two, rest) = rest.split_at_mut_checked(strings[1].len())?;
    two.copy_from_slice(strings[1]);
    *rest.first_mut()? = 0x80;
    *rest.last_chunk_mut::<8>()? = (8 * length as u64).to_be_bytes();
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    let mut hash = Hash([0; 32]);
    for (to, word) in hash.0.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    Some(hash)
}

/// The root over leaf hashes, straight from the definition in RFC 6962: the left subtree is the
/// largest power of two smaller than the number of leaves. The empty tree is SHA-256 of nothing.
pub fn tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&tree_hash(left), &tree_hash(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_of_every_length_and_nodes_are_hashed_as_the_hasher_for_streams_does() {
        let bytes: Vec<u8> =
            (0..2000_u32).map(|n| n.wrapping_mul(0x9e37).to_le_bytes()[1]).collect();
        for length in 0..bytes.len() {
            let expected =
                Sha256::new().chain_update([0]).chain_update(&bytes[..length]).finalize();
            assert_eq!(leaf_hash(&bytes[..length]), Hash(expected.into()), "{length} bytes");
        }
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let expected =
            Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize();
        assert_eq!(node_hash(&left, &right), Hash(expected.into()));
    }
}
