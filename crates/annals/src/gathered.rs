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

/// Shows each customer of a bucket with its records, in the order of positions. `customer_of` tells
/// whose a record is.
pub(crate) fn for_each_customer<'b, E>(
    bucket: &'b [Bucket],
    customer_of: impl Fn(&'b [u8]) -> Option<&'b str>,
    mut show: impl FnMut(&str, &mut dyn Iterator<Item = Kept<'b>>) -> Result<(), E>,
) -> Result<(), E> {
    let mut records: Vec<Kept<'_>> = bucket.iter().flat_map(Bucket::records).collect();
    records.sort_unstable_by_key(|kept| (kept.hash, kept.position));
    for same_hash in records.chunk_by(|one, other| one.hash == other.hash) {
        let mut customers: Vec<&str> = Vec::with_capacity(1);
        for customer in same_hash.iter().filter_map(|kept| customer_of(kept.record)) {
            if !customers.contains(&customer) {
                customers.push(customer);
            }
        }
        // Nearly always one; two have the same hash once in many worlds.
        let is_one = customers.len() == 1;
        for customer in customers {
            let is_own = |kept: &Kept<'b>| is_one || customer_of(kept.record) == Some(customer);
            show(customer, &mut same_hash.iter().copied().filter(is_own))?;
        }
    }
    Ok(())
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

    fn customer_of(record: &[u8]) -> Option<&str> {
        str::from_utf8(Record::parse(record).ok()?.caller_bytes()).ok()
    }

    type Shown = BTreeMap<String, Vec<u64>>;

    fn shown(buckets: &[Vec<Bucket>]) -> Shown {
        let mut shown = Shown::new();
        for bucket in buckets {
            for_each_customer(bucket, customer_of, |customer, records| {
                let positions = records.map(|kept| kept.position.get()).collect();
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
                // Ten customers at a time have the same hash.
                let hash = (position % 10) * (u64::MAX / 10);
                let record = Record::parse(&record).unwrap();
                gathered.push(hash, Position::new(position), &record);
                expected.entry(customer).or_default().push(position);
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
            let hash = whole.hash_of(&customer).unwrap();
            gathered.push(hash, Position::new(position), &Record::parse(&record).unwrap());
            if position == 2500 {
                let before = gathered.size_bytes();
                gathered.keep(BUCKETS / 2);
                assert!(gathered.size_bytes() < before);
            }
            if whole.upper(BUCKETS / 2).unwrap().hash_of(&customer).is_none() {
                expected.entry(customer).or_default().push(position);
            }
        }
        assert!(expected.len() > 100);
        assert_eq!(shown(&Gathered::across(vec![gathered])), expected);
    }
}
