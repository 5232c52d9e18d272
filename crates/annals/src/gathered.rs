//! Records of some customers, gathered from a pass over the log until they are folded.
//!
//! They are kept as the bytes they have in the log, a third of the size of decoded events, in
//! buckets by a hash of their customers: what is gathered is written one behind the other, and a
//! bucket that is folded lies in the processor's caches. Memory is bounded: where the customers of
//! a part have more records than it may have, the upper buckets are let go and left for another
//! pass.

use annals_events::Position;
use annals_log::Record;
use foldhash::quality::FixedState;
use std::hash::BuildHasher as _;

/// How many buckets the customers of a part lie in.
pub(crate) const BUCKETS: usize = 256;

/// Customers whose hashes lie from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Part {
    /// All customers, in so many parts of about the same size.
    pub(crate) fn all(parts: u64) -> Vec<Self> {
        let width = u64::MAX / parts.max(1);
        let part = |number| Self {
            first: number * width + u64::from(number > 0),
            last: if number + 1 == parts.max(1) { u64::MAX } else { (number + 1) * width },
        };
        (0..parts.max(1)).map(part).collect()
    }

    /// The hash of a customer of this part.
    pub(crate) fn hash_of(&self, customer: &str) -> Option<u64> {
        let hash = FixedState::default().hash_one(customer);
        (self.first..=self.last).contains(&hash).then_some(hash)
    }

    fn bucket_of(&self, hash: u64) -> usize {
        let bucket = (hash - self.first) / self.bucket_width();
        usize::try_from(bucket).unwrap_or(BUCKETS)
    }

    /// The customers of a bucket and of those above it; `None` where there are none.
    pub(crate) fn upper(&self, bucket: usize) -> Option<Self> {
        let before = self.bucket_width().checked_mul(bucket as u64)?;
        let first = self.first.checked_add(before)?;
        (first <= self.last).then_some(Self { first, last: self.last })
    }

    fn bucket_width(&self) -> u64 {
        (self.last - self.first) / BUCKETS as u64 + 1
    }
}

/// A record that was gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept<'b> {
    /// The hash of its customer.
    pub(crate) hash: u64,
    pub(crate) position: Position,
    pub(crate) record: &'b [u8],
}

/// Records of customers whose hashes are near each other, in the order of positions.
#[derive(Default)]
pub(crate) struct Bucket(Vec<Vec<u8>>);

impl Bucket {
    /// Keeps a record; how many bytes of memory more it takes.
    fn push(&mut self, kept: Kept<'_>) -> usize {
        const CHUNK_BYTES: usize = 1 << 15;
        let length = u32::try_from(kept.record.len()).expect("records are far below 4 GiB");
        let bytes = 8 + 8 + 4 + kept.record.len();
        let has_room = |chunk: &Vec<u8>| chunk.capacity() - chunk.len() >= bytes;
        let mut more = 0;
        if !self.0.last().is_some_and(has_room) {
            more = CHUNK_BYTES.max(bytes);
            self.0.push(Vec::with_capacity(more));
        }
        let Some(chunk) = self.0.last_mut() else { return 0 };
        chunk.extend_from_slice(&kept.hash.to_le_bytes());
        chunk.extend_from_slice(&kept.position.get().to_le_bytes());
        chunk.extend_from_slice(&length.to_le_bytes());
        chunk.extend_from_slice(kept.record);
        more
    }

    fn records(&self) -> impl Iterator<Item = Kept<'_>> {
        self.0.iter().flat_map(|chunk| {
            let mut rest = chunk.as_slice();
            std::iter::from_fn(move || {
                let (hash, behind) = rest.split_first_chunk::<8>()?;
                let (position, behind) = behind.split_first_chunk::<8>()?;
                let (length, behind) = behind.split_first_chunk::<4>()?;
                let (record, behind) =
                    behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                rest = behind;
                let position = Position::new(u64::from_le_bytes(*position));
                Some(Kept { hash: u64::from_le_bytes(*hash), position, record })
            })
        })
    }
}

/// The records of the customers of a part in some range of the log.
pub(crate) struct Gathered {
    part: Part,
    buckets: Vec<Bucket>,
    size_bytes: usize,
}

impl Gathered {
    pub(crate) fn of(part: Part) -> Self {
        let buckets = std::iter::repeat_with(Bucket::default).take(BUCKETS).collect();
        Self { part, buckets, size_bytes: 0 }
    }

    /// How many of its buckets are gathered: the lower ones.
    pub(crate) fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// What it takes of memory, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Keeps a record of a customer with a hash, unless it lies in a bucket that was let go.
    pub(crate) fn push(&mut self, hash: u64, position: Position, record: &Record<'_>) {
        let kept = Kept { hash, position, record: record.bytes() };
        if let Some(bucket) = self.buckets.get_mut(self.part.bucket_of(hash)) {
            self.size_bytes += bucket.push(kept);
        }
    }

    /// Lets go of all buckets but so many of the lower ones.
    pub(crate) fn keep(&mut self, buckets: usize) {
        if buckets < self.buckets.len() {
            self.buckets.truncate(buckets);
            let chunks = self.buckets.iter().flat_map(|bucket| &bucket.0);
            self.size_bytes = chunks.map(Vec::capacity).sum();
        }
    }

    /// The buckets, each with what every range of the log has of it, in the order of the ranges.
    pub(crate) fn across(ranges: Vec<Self>) -> Vec<Vec<Bucket>> {
        let mut across: Vec<Vec<Bucket>> = Vec::new();
        for gathered in ranges {
            across.resize_with(gathered.buckets.len().max(across.len()), Vec::new);
            for (all, bucket) in across.iter_mut().zip(gathered.buckets) {
                all.push(bucket);
            }
        }
        across
    }
}

/// Shows each customer of a bucket with its records, in the order of positions; the customers in
/// the order of their ids. `party_of` tells whose a record is, `standing_for` which party stands
/// for all members of the customer that one belongs to. The customer's id is that of the member
/// whose record comes first.
pub(crate) fn for_each_customer<'b, E>(
    bucket: &'b [Bucket],
    party_of: impl Fn(&'b [u8]) -> Option<&'b str>,
    standing_for: impl Fn(&'b str) -> &'b str,
    mut show: impl FnMut(&str, &[Kept<'b>]) -> Result<(), E>,
) -> Result<(), E> {
    let mut records: Vec<Kept<'b>> = bucket.iter().flat_map(Bucket::records).collect();
    records.sort_unstable_by_key(|kept| (kept.hash, kept.position));
    let mut customers: Vec<(&'b str, &[Kept<'b>])> = Vec::new();
    for same_hash in records.chunk_by_mut(|one, other| one.hash == other.hash) {
        let first = same_hash.first().and_then(|kept| party_of(kept.record));
        let customer_of = |kept: &Kept<'b>| party_of(kept.record).map(&standing_for);
        let customer = first.map(&standing_for);
        let is_one = same_hash.iter().all(|kept| {
            let party = party_of(kept.record);
            party == first || party.map(&standing_for) == customer
        });
        if !is_one {
            // Two have the same hash once in many worlds.
            same_hash.sort_by_key(customer_of);
        }
        let groups =
            same_hash.chunk_by(|one, other| is_one || customer_of(one) == customer_of(other));
        customers.extend(groups.filter_map(|own| Some((party_of(own.first()?.record)?, own))));
    }
    customers.sort_unstable_by_key(|(customer, _)| *customer);
    customers.into_iter().try_for_each(|(customer, records)| show(customer, records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use annals_events::{Instant, StreamVersion};
    use annals_log::write_record;
    use std::collections::BTreeMap;

    #[test]
    fn parts_hold_every_hash_once_and_so_do_their_buckets() {
        for parts in 1..20 {
            let all = Part::all(parts);
            assert_eq!(all.first().map(|part| part.first), Some(0));
            assert_eq!(all.last().map(|part| part.last), Some(u64::MAX));
            for pair in all.windows(2) {
                assert_eq!(pair[0].last + 1, pair[1].first);
            }
            for part in all {
                assert_eq!((part.bucket_of(part.first), part.upper(0)), (0, Some(part)));
                for bucket in 1..BUCKETS {
                    let first = part.upper(bucket).unwrap().first;
                    assert_eq!(part.bucket_of(first - 1), bucket - 1);
                    assert_eq!(part.bucket_of(first), bucket);
                }
                assert_eq!(part.bucket_of(part.last), BUCKETS - 1);
            }
        }
        let small = Part { first: 7, last: 8 };
        assert_eq!(small.upper(1), Some(Part { first: 8, last: 8 }));
        assert_eq!(small.upper(2), None);
    }

    /// A record that says nothing but whose it is.
    fn record_of(customer: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (version, at) = (StreamVersion::new(1), Instant::MIN);
        write_record(&mut bytes, version, at, customer.as_bytes());
        bytes
    }

    fn party_of(record: &[u8]) -> Option<&str> {
        str::from_utf8(Record::parse(record).ok()?.caller_bytes()).ok()
    }

    /// The thirties are one customer, whom `c35` stands for.
    fn standing_for(party: &str) -> &str {
        if party.len() == 3 && party.starts_with("c3") { "c35" } else { party }
    }

    /// The first of them to come gives them its name.
    fn name_of(party: &str) -> &str {
        if standing_for(party) == "c35" { "c30" } else { party }
    }

    type Shown = BTreeMap<String, Vec<u64>>;

    fn shown(buckets: &[Vec<Bucket>]) -> Shown {
        let mut shown = Shown::new();
        for bucket in buckets {
            let mut before = String::new();
            for_each_customer(bucket, party_of, standing_for, |customer, records| {
                assert!(*before < *customer, "{before} and {customer} are out of order");
                customer.clone_into(&mut before);
                let positions = records.iter().map(|kept| kept.position.get()).collect();
                assert_eq!(shown.insert(customer.to_owned(), positions), None, "once each");
                Ok::<_, ()>(())
            })
            .unwrap();
        }
        shown
    }

    #[test]
    fn every_customer_is_shown_once_in_order_also_where_hashes_are_the_same() {
        let [whole] = Part::all(1)[..] else { panic!("one part") };
        let mut expected = Shown::new();
        let mut ranges = Vec::new();
        for range in 0..3_u64 {
            let mut gathered = Gathered::of(whole);
            for position in range * 1000..(range + 1) * 1000 {
                let customer = format!("c{}", position % 100);
                let record = record_of(&customer);
                // Twenty parties at a time have the same hash.
                let hash = (position / 20 % 5) * (u64::MAX / 5);
                let record = Record::parse(&record).unwrap();
                gathered.push(hash, Position::new(position), &record);
                expected.entry(name_of(&customer).to_owned()).or_default().push(position);
            }
            ranges.push(gathered);
        }
        assert_eq!(shown(&Gathered::across(ranges)), expected);
    }

    #[test]
    fn what_is_let_go_are_the_upper_buckets_and_nothing_else() {
        let [whole] = Part::all(1)[..] else { panic!("one part") };
        let mut gathered = Gathered::of(whole);
        let mut expected = Shown::new();
        for position in 0..5000_u64 {
            let customer = format!("c{}", position % 500);
            let record = record_of(&customer);
            let standing = standing_for(&customer);
            let hash = whole.hash_of(standing).unwrap();
            gathered.push(hash, Position::new(position), &Record::parse(&record).unwrap());
            if position == 2500 {
                let before = gathered.size_bytes();
                gathered.keep(BUCKETS / 2);
                assert!(gathered.size_bytes() < before);
            }
            if whole.upper(BUCKETS / 2).unwrap().hash_of(standing).is_none() {
                expected.entry(name_of(&customer).to_owned()).or_default().push(position);
            }
        }
        assert!(expected.len() > 100);
        assert_eq!(shown(&Gathered::across(vec![gathered])), expected);
    }
}
