//! Groups that part customers: every customer is in one.
//!
//! A group is a place in a list: what its name is, and why a customer is in it, whoever asks knows.

/// The group of each of some customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    places: Vec<usize>,
    count: usize,
}

impl Groups {
    /// The place of each customer's group, in the order of the customers, among so many groups;
    /// `None` where one is beyond.
    pub fn new(places: Vec<usize>, count: usize) -> Option<Self> {
        places.iter().all(|place| *place < count).then_some(Self { places, count })
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The group of each customer, in their order.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// The customers of each group, in the order in which they come.
    pub fn part<T: Copy>(&self, customers: &[T]) -> Vec<Vec<T>> {
        let mut parted = vec![Vec::new(); self.count];
        for (customer, place) in customers.iter().zip(&self.places) {
            if let Some(group) = parted.get_mut(*place) {
                group.push(*customer);
            }
        }
        parted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_its_group_in_the_order_in_which_all_come() {
        let groups = Groups::new(vec![1, 0, 1, 1], 3).expect("three places");
        assert_eq!(groups.part(&["a", "b", "c", "d"]), [vec!["b"], vec!["a", "c", "d"], vec![]]);
        assert_eq!(Groups::new(vec![0, 3], 3), None);
    }
}
