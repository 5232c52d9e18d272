//! Which of many places have a hash that others have too: few do, and these alone need be sorted.
//!
//! A bit for each of some thousand slots says whether a hash fell there, another whether a second
//! one did. What fell where nothing else did has an equal nowhere; both bitmaps stay in the nearest
//! cache.

use crate::place_hash::HASH_BITS;
use crate::place_table::Place;

const SLOT_BITS: u32 = 18;
const WORDS: usize = 1 << (SLOT_BITS - 6);

/// Looks for equal hashes among places that lie close together in the order of hashes.
pub(crate) struct EqualHashes {
    shift: u32,
    once: Vec<u64>,
    again: Vec<u64>,
}

impl EqualHashes {
    /// Where hashes are divided into this many parts, which are looked at one by one.
    pub(crate) fn in_parts(parts: u64) -> Self {
        let part_bits = HASH_BITS.saturating_sub(parts.ilog2());
        let shift = part_bits.saturating_sub(SLOT_BITS);
        Self { shift, once: vec![0; WORDS], again: vec![0; WORDS] }
    }

    /// Leaves those that may have an equal, among which are all that have one, sorted.
    pub(crate) fn keep(&mut self, places: &mut Vec<Place>) {
        self.once.fill(0);
        self.again.fill(0);
        for (hash, _) in &*places {
            let (word, bit) = slot(*hash, self.shift);
            if let (Some(once), Some(again)) = (self.once.get_mut(word), self.again.get_mut(word)) {
                *again |= *once & bit;
                *once |= bit;
            }
        }
        places.retain(|(hash, _)| {
            let (word, bit) = slot(*hash, self.shift);
            self.again.get(word).is_none_or(|again| again & bit != 0)
        });
        places.sort_unstable();
    }
}

/// The word and bit of a hash.
fn slot(hash: u64, shift: u32) -> (usize, u64) {
    let slot = hash >> shift;
    ((slot >> 6) as usize & (WORDS - 1), 1 << (slot & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_with_equal_hashes_are_kept_and_nearly_all_others_go(
            hashes in prop::collection::vec(0..1_u64 << 30, 1..400),
            repeated in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
            part in 0..1024_u64,
        ) {
            let mut hashes: Vec<_> = hashes.iter().map(|hash| hash + (part << 30)).collect();
            hashes.extend(repeated.iter().map(|at| *at.get(&hashes.clone())).collect::<Vec<_>>());
            let places: Vec<_> = hashes.iter().copied().zip(0..).collect();
            let mut kept = places.clone();
            let mut equal = EqualHashes::in_parts(1024);
            equal.keep(&mut kept);
            prop_assert!(kept.is_sorted());
            let is_repeated =
                |place: &&Place| places.iter().filter(|other| other.0 == place.0).count() > 1;
            let expected: Vec<_> = places.iter().filter(is_repeated).collect();
            prop_assert!(expected.iter().all(|place| kept.contains(place)));
            prop_assert!(kept.len() <= expected.len() + 40);
            kept.clone_from(&places);
            equal.keep(&mut kept);
            prop_assert!(expected.iter().all(|place| kept.contains(place)));
        }
    }
}
