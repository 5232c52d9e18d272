//! Whether two collections have the same entries, whatever order they come in, while neither is
//! kept.
//!
//! Each entry is hashed under a key drawn at random, and the hashes are added up. Entries that
//! differ give other sums but for one case in 2⁶⁴, and nobody who does not know the key, which
//! never leaves the process, can bring that case about. Looking entries up in one another instead
//! takes as much memory as they have, and a walk through it in no order for each.

use crate::place_hash::mix;
use std::hash::{BuildHasher as _, RandomState};

/// The key that collections are hashed under which are to be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MultisetKey(u64);

impl MultisetKey {
    /// A key that nobody can foresee.
    pub(crate) fn random() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

/// The hash of a collection, and how many entries it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MultisetHash {
    key: MultisetKey,
    sum: u64,
    count: u64,
}

impl MultisetHash {
    /// The hash of no entries.
    pub(crate) fn under(key: MultisetKey) -> Self {
        Self { key, sum: 0, count: 0 }
    }

    /// Adds an entry.
    #[inline]
    pub(crate) fn add<const N: usize>(&mut self, entry: [u64; N]) {
        let hash = entry.iter().fold(self.key.0, |hash, word| mix(hash ^ word));
        self.sum = self.sum.wrapping_add(hash);
        self.count += 1;
    }

    /// Adds the entries of another collection under the same key.
    pub(crate) fn append(&mut self, other: &Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.count += other.count;
    }

    /// How many entries there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether another collection under the same key has the same entries.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.sum, self.count) == (other.sum, other.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(key: MultisetKey, entries: &[[u64; 2]]) -> MultisetHash {
        let mut hash = MultisetHash::under(key);
        for entry in entries {
            hash.add(*entry);
        }
        hash
    }

    proptest! {
        #[test]
        fn the_same_entries_in_any_order_are_the_same_and_no_others_are(
            entries in prop::collection::vec([0..9_u64, 0..9_u64], 1..40),
            shuffled in any::<prop::sample::Index>(),
            other in [0..9_u64, 0..9_u64],
        ) {
            let key = MultisetKey::random();
            let all = hash(key, &entries);
            let (mut turned, mut changed) = (entries.clone(), entries.clone());
            let at = shuffled.index(entries.len());
            turned.rotate_left(at);
            prop_assert!(all.is_same(&hash(key, &turned)));
            changed[at] = other;
            prop_assert_eq!(all.is_same(&hash(key, &changed)), entries[at] == other);
            // The parts of two entries exchanged, which a mere sum of parts would not tell.
            let mut crossed = entries.clone();
            (crossed[0][1], crossed[at][1]) = (entries[at][1], entries[0][1]);
            let are_same = entries[0][0] == entries[at][0] || entries[0][1] == entries[at][1];
            prop_assert_eq!(all.is_same(&hash(key, &crossed)), are_same);
            prop_assert!(!all.is_same(&hash(key, &entries[1..])));
            let mut in_parts = hash(key, &entries[..at]);
            in_parts.append(&hash(key, &entries[at..]));
            prop_assert!(all.is_same(&in_parts));
        }
    }
}
