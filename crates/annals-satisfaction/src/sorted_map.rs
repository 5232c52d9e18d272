//! A map kept as one sorted vector: a state of few keys costs a few bytes, where a tree would set
//! aside a node of eleven places for each customer.
//!
//! Inserting moves what lies behind, so it is used only where the keys are few by their nature:
//! survey items, values of a scale, currencies.

use serde::{Deserialize, Serialize};

/// Pairs in the order of their keys, each key once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V: Default> SortedMap<K, V> {
    /// The value of a key, made where it is missing.
    pub(crate) fn entry(&mut self, key: K) -> &mut V {
        let place = match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key, V::default()));
                place
            }
        };
        let (_, value) = self.0.get_mut(place).expect("the key was found or inserted there");
        value
    }
}

impl<K, V> SortedMap<K, V> {
    /// All pairs, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_sorted_and_once() {
        let mut map = SortedMap::<i16, u32>::default();
        for key in [5, -1, 5, 3, -1, 5] {
            *map.entry(key) += 1;
        }
        assert_eq!(map.iter().collect::<Vec<_>>(), [(&-1, &2), (&3, &1), (&5, &3)]);
    }
}
