//! Frequent itemsets by FP-growth (Han, Pei & Yin, SIGMOD 2000): baskets in a prefix tree, mined
//! item by item without making candidates.
//!
//! Items are numbers here. Recursion goes no deeper than the longest frequent itemset.

use std::collections::{BTreeMap, HashMap};

/// Itemsets, each in ascending order, to the number of baskets that hold it.
pub(crate) type Itemsets = BTreeMap<Vec<u32>, u64>;

/// All itemsets that at least `least` baskets (1 or more) hold, or `None` where there are more than
/// `itemsets_max`.
pub(crate) fn frequent_itemsets(
    baskets: impl IntoIterator<Item = Vec<u32>>,
    least: u64,
    itemsets_max: usize,
) -> Option<Itemsets> {
    let mut found = Itemsets::new();
    // Most baskets are alike, so each kind goes into the tree once.
    let mut alike = HashMap::<_, u64>::new();
    for basket in baskets {
        *alike.entry(basket).or_default() += 1;
    }
    let baskets: Vec<_> = alike.into_iter().collect();
    mine(&baskets, least.max(1), &[], itemsets_max, &mut found)?;
    Some(found)
}

/// Adds to `found` every frequent itemset among weighted baskets, with `suffix` in each.
fn mine(
    baskets: &[(Vec<u32>, u64)],
    least: u64,
    suffix: &[u32],
    itemsets_max: usize,
    found: &mut Itemsets,
) -> Option<()> {
    let tree = Tree::new(baskets, least);
    for (item, count) in &tree.frequent {
        let mut itemset = suffix.to_vec();
        itemset.push(*item);
        let conditional = tree.paths_above(*item);
        mine(&conditional, least, &itemset, itemsets_max, found)?;
        itemset.sort_unstable();
        found.insert(itemset, *count);
        if found.len() > itemsets_max {
            return None;
        }
    }
    Some(())
}

/// Baskets with their frequent items in one order, equal beginnings shared.
struct Tree {
    /// Frequent items to the number of baskets.
    frequent: BTreeMap<u32, u64>,
    nodes: Vec<Node>,
    /// Where each item stands in the tree.
    places: BTreeMap<u32, Vec<usize>>,
}

struct Node {
    item: u32,
    count: u64,
    parent: Option<usize>,
}

impl Tree {
    fn new(baskets: &[(Vec<u32>, u64)], least: u64) -> Self {
        let mut counts = HashMap::<u32, u64>::new();
        for (basket, count) in baskets {
            for item in basket {
                *counts.entry(*item).or_default() += count;
            }
        }
        let frequent = counts.into_iter().filter(|(_, count)| *count >= least).collect();
        let mut tree = Self { frequent, nodes: Vec::new(), places: BTreeMap::new() };
        let mut children = HashMap::new();
        for (basket, count) in baskets {
            tree.insert(basket, *count, &mut children);
        }
        tree
    }

    fn insert(
        &mut self,
        basket: &[u32],
        count: u64,
        children: &mut HashMap<(Option<usize>, u32), usize>,
    ) {
        let ranked = |item: &u32| Some((u64::MAX - self.frequent.get(item)?, *item));
        // The most frequent first, so that baskets share beginnings.
        let mut ranks: Vec<_> = basket.iter().filter_map(ranked).collect();
        ranks.sort_unstable();
        let mut parent = None;
        for (_, item) in ranks {
            let place = *children.entry((parent, item)).or_insert_with(|| {
                self.nodes.push(Node { item, count: 0, parent });
                self.places.entry(item).or_default().push(self.nodes.len() - 1);
                self.nodes.len() - 1
            });
            if let Some(node) = self.nodes.get_mut(place) {
                node.count += count;
            }
            parent = Some(place);
        }
    }

    /// What stands before an item in the baskets that hold it, with how many baskets.
    fn paths_above(&self, item: u32) -> Vec<(Vec<u32>, u64)> {
        let places = self.places.get(&item).into_iter().flatten();
        let nodes = places.filter_map(|place| self.nodes.get(*place));
        let above = |node: &Node| {
            let parent = |node: &Node| node.parent.and_then(|place| self.nodes.get(place));
            let path = std::iter::successors(parent(node), |node| parent(node));
            (path.map(|node| node.item).collect::<Vec<_>>(), node.count)
        };
        nodes.map(above).filter(|(path, _)| !path.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_itemset_is_counted_as_by_looking_into_each_basket(
            baskets in proptest::collection::vec(
                proptest::collection::btree_set(0..7_u32, 0..6),
                0..30,
            ),
            least in 1..5_u64,
        ) {
            let lists = baskets.iter().map(|basket| basket.iter().copied().collect());
            let found = frequent_itemsets(lists, least, usize::MAX).expect("no limit");
            for bits in 1..128_u32 {
                let itemset: Vec<u32> = (0..7).filter(|item| bits >> item & 1 == 1).collect();
                let holds = baskets.iter().filter(|basket| {
                    itemset.iter().all(|item| basket.contains(item))
                });
                let count = u64::try_from(holds.count()).expect("small");
                let expected = (count >= least).then_some(count);
                prop_assert_eq!(found.get(&itemset).copied(), expected, "{:?}", itemset);
            }
        }
    }

    #[test]
    fn more_itemsets_than_allowed_are_refused() {
        let basket: Vec<u32> = (0..40).collect();
        assert_eq!(frequent_itemsets([basket], 1, 1000), None);
    }
}
