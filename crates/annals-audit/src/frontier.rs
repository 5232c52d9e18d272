//! The growing edge of the tree: what is needed to append leaves and to know the root.
//!
//! One hash per complete subtree, at most 64, so that a log of any length costs a few hundred
//! bytes. Appending n leaves costs n - 1 node hashes in all; a root costs at most 63.

use crate::hash::{Hash, node_hash, tree_hash};

/// The roots of the complete subtrees of a tree, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The edge of a tree of so many leaves with these complete subtrees, largest first; `None`
    /// where there is not one for every one in the size.
    pub fn from_subtrees(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        let expected = usize::try_from(size.count_ones()).ok()?;
        (subtrees.len() == expected).then_some(Self { size, subtrees })
    }

    /// The roots of the complete subtrees, largest first.
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _| {});
    }

    /// Appends a leaf and shows each node that is complete with it, with its level: 0 is the leaf
    /// itself, level n stands over 2ⁿ leaves.
    #[inline]
    pub fn push_with(&mut self, leaf: Hash, mut complete: impl FnMut(u32, Hash)) {
        complete(0, leaf);
        self.push_subtree(0, leaf, &mut complete);
    }

    /// Appends the leaves of another tree, which was begun for itself, and shows each node that is
    /// complete with them and was not in the other; `None`, and nothing is appended, where this
    /// tree does not end where a complete subtree as large as the other's first can begin.
    pub fn append(&mut self, behind: &Self, mut complete: impl FnMut(u32, Hash)) -> Option<()> {
        let mut left = behind.size;
        if left > 0 && self.size.trailing_zeros() < left.ilog2() {
            return None;
        }
        for subtree in &behind.subtrees {
            let level = left.ilog2();
            self.push_subtree(level, *subtree, &mut complete);
            left -= 1 << level;
        }
        Some(())
    }

    /// Appends a complete subtree over 2ⁿ leaves, whose root has been shown, to a tree of whole
    /// such subtrees.
    #[inline]
    fn push_subtree(&mut self, level: u32, root: Hash, complete: &mut impl FnMut(u32, Hash)) {
        let mut node = root;
        // Every trailing one of their count is a complete subtree as large as what is being added.
        for below in level..level + (self.size >> level).trailing_ones() {
            let left = self.subtrees.pop().expect("one subtree for every one in the size");
            node = node_hash(&left, &node);
            complete(below + 1, node);
        }
        self.subtrees.push(node);
        self.size += 1 << level;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut from_right = self.subtrees.iter().rev();
        match from_right.next() {
            None => tree_hash(&[]),
            Some(last) => from_right.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    #[test]
    fn the_edge_gives_the_root_of_the_definition_at_every_size() {
        let leaves: Vec<_> = (0..200_u32).map(|n| leaf_hash(&n.to_le_bytes())).collect();
        let mut frontier = Frontier::new();
        assert_eq!(frontier.root(), tree_hash(&[]));
        for (index, leaf) in leaves.iter().enumerate() {
            frontier.push(*leaf);
            assert_eq!(frontier.root(), tree_hash(&leaves[..=index]), "{} leaves", index + 1);
        }
    }

    #[test]
    fn an_edge_goes_on_from_its_subtrees_and_shows_the_nodes_that_become_complete() {
        let leaves: Vec<_> = (0..40_u32).map(|n| leaf_hash(&n.to_le_bytes())).collect();
        let mut frontier = Frontier::new();
        let mut eights = Vec::new();
        for leaf in &leaves {
            let size = frontier.size();
            frontier = Frontier::from_subtrees(size, frontier.subtrees().to_vec()).unwrap();
            frontier.push_with(*leaf, |level, node| {
                if level == 3 {
                    eights.push(node);
                }
            });
        }
        assert_eq!(frontier.root(), tree_hash(&leaves));
        assert_eq!(eights, leaves.chunks(8).map(tree_hash).collect::<Vec<_>>());
        assert_eq!(Frontier::from_subtrees(41, frontier.subtrees().to_vec()), None);
    }

    #[test]
    fn trees_begun_for_themselves_are_one_where_each_begins_at_a_whole_subtree() {
        let leaves: Vec<_> = (0..70_u32).map(|n| leaf_hash(&n.to_le_bytes())).collect();
        let pushed = |leaves: &[Hash], shown: &mut Vec<(u32, Hash)>| {
            let mut frontier = Frontier::new();
            for leaf in leaves {
                frontier.push_with(*leaf, |level, node| shown.push((level, node)));
            }
            frontier
        };
        for before in 0..leaves.len() {
            for end in before..leaves.len() {
                let (mut all, mut parts) = (Vec::new(), Vec::new());
                let whole = pushed(&leaves[..end], &mut all);
                let mut first = pushed(&leaves[..before], &mut parts);
                let behind = pushed(&leaves[before..end], &mut parts);
                let is_whole = end == before || before % (1 << (end - before).ilog2()) == 0;
                let unchanged = first.clone();
                let appended = first.append(&behind, |level, node| parts.push((level, node)));
                assert_eq!(appended.is_some(), is_whole, "{before} to {end}");
                if is_whole {
                    assert_eq!(first, whole, "{before} to {end}");
                    // All nodes are shown once.
                    let in_order = |mut nodes: Vec<(u32, Hash)>| {
                        nodes.sort_unstable_by_key(|(level, node)| (*level, node.0));
                        nodes
                    };
                    assert_eq!(in_order(parts), in_order(all), "{before} to {end}");
                } else {
                    assert_eq!(first, unchanged);
                }
            }
        }
    }

    /// The test vectors of the certificate-transparency project (merkle tree tests): eight leaves.
    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut frontier = Frontier::new();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(frontier.root().to_string(), empty);
        let expected = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (leaf, root) in leaves.iter().zip(expected) {
            frontier.push(leaf_hash(leaf));
            assert_eq!(frontier.root().to_string(), root);
        }
    }
}
