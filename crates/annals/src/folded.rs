//! States on their way from the fold to where they are kept.
//!
//! A state is written in its stored form right behind the one before it, a buffer for each bucket
//! and projection: millions of states cost no allocation each, and are not moved to be brought into
//! the order of customers. What is sorted are places, by the first bytes of the ids, which are
//! looked at whole only where these are the same.

use crate::entry::FoldKey;
use crate::parked::Parked;
use annals_events::PartyId;

/// Entries of one projection in their stored form, one behind the other.
#[derive(Default)]
struct Entries {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Entries {
    fn get(&self, number: usize) -> Option<&[u8]> {
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..*self.ends.get(number)?)
    }
}

/// What the customers of a bucket came to, in the order of their ids.
pub(crate) struct Folded {
    customers: Vec<PartyId>,
    /// By projection: the entries of these customers, and what it could not read.
    projections: Vec<(Entries, Vec<Parked>)>,
}

impl Folded {
    pub(crate) fn of(projections: usize) -> Self {
        let nothing = || (Entries::default(), Vec::new());
        let projections = std::iter::repeat_with(nothing).take(projections).collect();
        Self { customers: Vec::new(), projections }
    }

    /// Takes the next customer, whose id is greater than those before. `write` appends its state in
    /// each projection.
    pub(crate) fn push<E>(
        &mut self,
        customer: PartyId,
        last: FoldKey,
        mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (number, (entries, _)) in self.projections.iter_mut().enumerate() {
            last.write(&mut entries.bytes);
            write(number, &mut entries.bytes)?;
            entries.ends.push(entries.bytes.len());
        }
        self.customers.push(customer);
        Ok(())
    }

    /// What each projection could not read.
    pub(crate) fn parked(&mut self) -> impl Iterator<Item = &mut Vec<Parked>> {
        self.projections.iter_mut().map(|(_, parked)| parked)
    }
}

/// A customer among the buckets.
struct Place {
    /// The first bytes of its id, zeros behind a shorter one.
    head: u128,
    bucket: usize,
    number: usize,
}

/// The states of some projections over the whole log.
pub(crate) struct Built {
    buckets: Vec<Folded>,
    /// All customers in the order of their ids.
    order: Vec<Place>,
    /// What each projection could not read.
    parked: Vec<Vec<Parked>>,
}

impl Built {
    /// Brings buckets together. `unreadable` is what no projection could read.
    pub(crate) fn together(
        mut buckets: Vec<Folded>,
        projections: usize,
        unreadable: &[Parked],
    ) -> Self {
        let mut parked = vec![unreadable.to_vec(); projections];
        let mut order = Vec::with_capacity(buckets.iter().map(|all| all.customers.len()).sum());
        for (bucket, folded) in buckets.iter_mut().enumerate() {
            for (all, of_bucket) in parked.iter_mut().zip(folded.parked()) {
                all.append(of_bucket);
            }
            let customers = folded.customers.iter().enumerate();
            order.extend(customers.map(|(number, id)| Place { head: head(id), bucket, number }));
        }
        for parked in &mut parked {
            parked.sort();
        }
        let mut built = Self { buckets, order: Vec::new(), parked };
        // What is sorted in stretches is sorted faster by an algorithm that sees them.
        order.sort_by(|one, other| {
            one.head.cmp(&other.head).then_with(|| built.customer(one).cmp(&built.customer(other)))
        });
        built.order = order;
        built
    }

    fn customer(&self, place: &Place) -> Option<&PartyId> {
        self.buckets.get(place.bucket)?.customers.get(place.number)
    }

    /// The entries of a projection in their stored form, in the order of customer ids.
    pub(crate) fn rows(&self, projection: usize) -> impl Iterator<Item = (&PartyId, &[u8])> {
        self.order.iter().filter_map(move |place| {
            let folded = self.buckets.get(place.bucket)?;
            let (entries, _) = folded.projections.get(projection)?;
            Some((folded.customers.get(place.number)?, entries.get(place.number)?))
        })
    }

    /// What a projection could not read.
    pub(crate) fn parked(&self, projection: usize) -> &[Parked] {
        self.parked.get(projection).map_or(&[], Vec::as_slice)
    }
}

/// The first bytes of an id as a number of the same order.
fn head(id: &PartyId) -> u128 {
    let mut head = [0; 16];
    head.iter_mut().zip(id.as_str().as_bytes()).for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use annals_events::{Instant, Position};

    #[test]
    fn rows_come_in_the_order_of_ids_also_where_their_first_bytes_are_the_same() {
        let mut ids = vec!["a", "b", "ba", "the-same-sixteen", "é"];
        let long: Vec<String> = (0..40).map(|n| format!("the-same-sixteen-bytes-{n}")).collect();
        ids.extend(long.iter().map(String::as_str));
        ids.sort_unstable();
        let mut buckets: Vec<Folded> = (0..3).map(|_| Folded::of(2)).collect();
        for (number, id) in ids.iter().enumerate() {
            let at = Position::new(number as u64);
            let last = FoldKey { occurred_at: Instant::MIN, position: at };
            let write = |projection: usize, to: &mut Vec<u8>| {
                to.extend_from_slice(format!("{projection} {id}").as_bytes());
                Ok::<_, ()>(())
            };
            buckets[number * 7 % 3].push(PartyId::new(id).unwrap(), last, write).unwrap();
        }
        let built = Built::together(buckets, 2, &[]);
        for projection in 0..2 {
            let rows: Vec<_> = built.rows(projection).collect();
            let found: Vec<_> = rows.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(found, ids);
            for (number, (id, row)) in rows.into_iter().enumerate() {
                let entry = crate::entry::Entry::from_bytes(row).unwrap();
                assert_eq!(entry.last.position, Position::new(number as u64));
                assert_eq!(entry.state, format!("{projection} {id}").into_bytes());
            }
        }
        assert_eq!(built.rows(2).count(), 0);
    }
}
