//! Customers in the order of their ids, in which binary numbers are added up, each with the place
//! of its group, where groups are asked for too.
//!
//! What is worked out of one customer is then added to the sums of all and to those of the group,
//! both in that order, so that a group has the same bytes as by itself.

use crate::state::LoyaltyState;
use annals_events::PartyId;

/// A customer, and the place of its group.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) customer: &'a PartyId,
    pub(crate) state: &'a LoyaltyState,
    group: Option<usize>,
}

impl<'a> Placed<'a> {
    /// Customers with the place of each one's group in a list; where there are none, none.
    pub(crate) fn in_order(
        customers: &[&'a (PartyId, LoyaltyState)],
        places: &[usize],
    ) -> Vec<Self> {
        let groups = places.iter().copied().map(Some).chain(std::iter::repeat(None));
        let with_group = customers.iter().zip(groups);
        let mut in_order: Vec<_> =
            with_group.map(|((customer, state), group)| Self { customer, state, group }).collect();
        in_order.sort_by(|one, other| one.customer.cmp(other.customer));
        in_order
    }

    /// Does something with what is kept of all, which comes first, and with what is kept of the
    /// customer's group.
    pub(crate) fn for_all_and_group<T>(&self, kept: &mut [T], mut to: impl FnMut(&mut T)) {
        if let Some((all, groups)) = kept.split_first_mut() {
            to(all);
            if let Some(group) = self.group.and_then(|group| groups.get_mut(group)) {
                to(group);
            }
        }
    }
}
