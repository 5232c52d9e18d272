//! A filter over hashes of 40 bits: what it does not know is certainly not there.
//!
//! A Bloom filter in blocks of 512 bits (Putze, Sanders, Singler 2007), ten bits and six probes for
//! each hash: about one absent hash in sixty passes, and asking touches one line of memory. The
//! block is `hash * blocks >> 40`; the bits in it are the six lowest groups of nine bits of the
//! mixed hash.

use crate::place_hash::{HASH_BITS, mix};

const BITS_PER_HASH: u64 = 10;
const BLOCK_BYTES: u64 = 64;
const PROBES: u32 = 6;

/// The filter, whose bytes are its stored form.
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: u64,
    bytes: Vec<u8>,
}

impl Filter {
    /// How many bytes a filter with room for so many hashes has.
    pub(crate) fn bytes_for(count: u64) -> u64 {
        count.saturating_mul(BITS_PER_HASH).div_ceil(BLOCK_BYTES * 8) * BLOCK_BYTES
    }

    /// An empty filter with room for so many hashes.
    pub(crate) fn for_hashes(count: u64) -> Self {
        let length = usize::try_from(Self::bytes_for(count)).unwrap_or(usize::MAX);
        Self::from_bytes(vec![0; length])
    }

    /// A filter from its stored form.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { blocks: bytes.len() as u64 / BLOCK_BYTES, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn insert(&mut self, hash: u64) {
        for (byte, bit) in self.bits(hash) {
            if let Some(byte) = self.bytes.get_mut(byte) {
                *byte |= bit;
            }
        }
    }

    /// Whether a hash may have been put in.
    pub(crate) fn may_have(&self, hash: u64) -> bool {
        let mut bits = self.bits(hash);
        bits.all(|(byte, bit)| self.bytes.get(byte).is_some_and(|byte| byte & bit != 0))
    }

    fn bits(&self, hash: u64) -> impl Iterator<Item = (usize, u8)> + use<> {
        let block = (u128::from(hash) * u128::from(self.blocks)) >> HASH_BITS;
        let offset = usize::try_from(block * u128::from(BLOCK_BYTES)).unwrap_or(usize::MAX / 2);
        let mixed = mix(hash);
        (0..PROBES).map(move |probe| {
            let bit = (mixed >> (9 * probe)) & 511;
            (offset + (bit / 8) as usize, 1 << (bit % 8))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_passes_and_few_others_do() {
        let hash = |number: u64| mix(number) >> 24;
        let mut filter = Filter::for_hashes(20_000);
        (0..20_000).for_each(|number| filter.insert(hash(number)));
        assert!((0..20_000).all(|number| filter.may_have(hash(number))));
        let passed = (20_000..120_000).filter(|number| filter.may_have(hash(*number))).count();
        assert!(passed < 2500, "{passed} of 100000 pass");
        assert!(!Filter::for_hashes(0).may_have(7));
    }
}
