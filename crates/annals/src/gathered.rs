//! Records of some customers, gathered from a pass over the log until they are folded.
//!
//! They are kept as the bytes they have in the log, a third of the size of decoded events. Memory
//! is bounded: where a part of the customers has more records than it may have, half of them are
//! let go and left for another pass.

use annals_events::codec::DecodeError;
use annals_events::{PartyId, Position, RecordedEvent};
use annals_log::Record;
use foldhash::quality::FixedState;
use std::collections::HashMap;
use std::hash::BuildHasher as _;

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

    pub(crate) fn holds(&self, customer: &str) -> bool {
        (self.first..=self.last).contains(&hash_of(customer))
    }

    /// The lower and the upper half; `None` where nothing can be parted.
    fn halves(&self) -> Option<[Self; 2]> {
        let middle = self.first + (self.last - self.first) / 2;
        let lower = Self { first: self.first, last: middle };
        (middle < self.last).then(|| [lower, Self { first: middle + 1, last: self.last }])
    }
}

fn hash_of(customer: &str) -> u64 {
    FixedState::default().hash_one(customer)
}

/// Where a record lies.
#[derive(Clone, Copy)]
struct Place {
    position: Position,
    customer: u32,
    chunk: u32,
    start: u32,
    length: u32,
}

/// The records of the customers of a part, so far.
pub(crate) struct Gathered {
    part: Part,
    customers: HashMap<PartyId, u32, FixedState>,
    places: Vec<Place>,
    chunks: Vec<Vec<u8>>,
    size_bytes: usize,
}

impl Gathered {
    pub(crate) fn of(part: Part) -> Self {
        let (customers, places, chunks) = (HashMap::default(), Vec::new(), Vec::new());
        Self { part, customers, places, chunks, size_bytes: 0 }
    }

    /// The customers it gathers.
    pub(crate) fn part(&self) -> &Part {
        &self.part
    }

    /// What it takes of memory, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Keeps a record of a customer whose id is this text.
    pub(crate) fn push(
        &mut self,
        customer: &str,
        position: Position,
        record: &[u8],
    ) -> Result<(), DecodeError> {
        const CUSTOMER_BYTES: usize = 48;
        if let Some(number) = self.customers.get(customer) {
            self.keep(*number, position, record);
            return Ok(());
        }
        let id = PartyId::new(customer).map_err(DecodeError::impossible)?;
        let number = narrow(self.customers.len());
        self.customers.insert(id, number);
        self.size_bytes += CUSTOMER_BYTES;
        self.keep(number, position, record);
        Ok(())
    }

    fn keep(&mut self, customer: u32, position: Position, record: &[u8]) {
        const CHUNK_BYTES: usize = 1 << 20;
        let has_room =
            |chunk: &Vec<u8>| chunk.len() + record.len() <= CHUNK_BYTES.max(chunk.capacity());
        if !self.chunks.last().is_some_and(has_room) {
            self.chunks.push(Vec::with_capacity(CHUNK_BYTES));
        }
        let chunk = narrow(self.chunks.len() - 1);
        let Some(bytes) = self.chunks.last_mut() else { return };
        let (start, length) = (narrow(bytes.len()), narrow(record.len()));
        bytes.extend_from_slice(record);
        self.places.push(Place { position, customer, chunk, start, length });
        self.size_bytes += record.len() + size_of::<Place>();
    }

    /// Lets go of the upper half of the part, which is given back to be gathered another time;
    /// `None` where there are no two halves.
    pub(crate) fn halve(&mut self) -> Option<Part> {
        let [lower, upper] = self.part.halves()?;
        let all = std::mem::replace(self, Self::of(lower));
        let mut names = vec![None; all.customers.len()];
        for (id, number) in &all.customers {
            if let Some(name) = names.get_mut(*number as usize) {
                *name = lower.holds(id.as_str()).then_some(id);
            }
        }
        for place in &all.places {
            let name = names.get(place.customer as usize).copied().flatten();
            if let (Some(id), Some(record)) = (name, all.bytes(place)) {
                self.push(id.as_str(), place.position, record)
                    .expect("the id of a customer is one");
            }
        }
        Some(upper)
    }

    fn bytes(&self, place: &Place) -> Option<&[u8]> {
        let start = place.start as usize;
        self.chunks.get(place.chunk as usize)?.get(start..start + place.length as usize)
    }

    /// Shows each customer with its events, in the order of positions, those that cannot be read
    /// among them.
    pub(crate) fn for_each_customer<E>(
        mut self,
        mut show: impl FnMut(
            PartyId,
            &mut dyn Iterator<Item = (Position, Result<RecordedEvent, DecodeError>)>,
        ) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut names = vec![None; self.customers.len()];
        for (id, number) in std::mem::take(&mut self.customers) {
            if let Some(name) = names.get_mut(number as usize) {
                *name = Some(id);
            }
        }
        self.places.sort_unstable_by_key(|place| (place.customer, place.position));
        let places = std::mem::take(&mut self.places);
        for (events, name) in places.chunk_by(|a, b| a.customer == b.customer).zip(names) {
            let Some(id) = name else { continue };
            let mut events = events.iter().map(|place| {
                let bytes = self.bytes(place).unwrap_or_default();
                let event = Record::parse(bytes).and_then(|record| record.decode(place.position));
                (place.position, event)
            });
            show(id, &mut events)?;
        }
        Ok(())
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("what is gathered stays far below four gigabytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_customer_once() {
        for parts in 1..20 {
            let all = Part::all(parts);
            assert_eq!(all.first().map(|part| part.first), Some(0));
            assert_eq!(all.last().map(|part| part.last), Some(u64::MAX));
            for pair in all.windows(2) {
                assert_eq!(pair[0].last + 1, pair[1].first);
            }
        }
        let [lower, upper] = Part { first: 7, last: 8 }.halves().unwrap();
        assert_eq!((lower.last, upper.first), (7, 8));
        assert_eq!(lower.halves(), None);
    }

    #[test]
    fn what_is_let_go_is_the_upper_half_and_nothing_else() {
        let [whole] = Part::all(1)[..] else { panic!("one part") };
        let mut gathered = Gathered::of(whole);
        for number in 0..1000_u64 {
            let record = number.to_le_bytes();
            gathered.push(&format!("c{}", number % 100), Position::new(number), &record).unwrap();
        }
        let upper = gathered.halve().unwrap();
        let lower = *gathered.part();
        let mut kept = Vec::new();
        gathered
            .for_each_customer(|id, events| {
                assert!(lower.holds(id.as_str()) && !upper.holds(id.as_str()));
                kept.push((id.as_str().to_owned(), events.map(|(at, _)| at.get()).collect()));
                Ok::<_, DecodeError>(())
            })
            .unwrap();
        let mut expected: Vec<(String, Vec<u64>)> = (0..100)
            .map(|number| (format!("c{number}"), (0..10).map(|n| n * 100 + number).collect()))
            .collect();
        expected.retain(|(id, _)| lower.holds(id));
        kept.sort();
        expected.sort();
        assert_eq!(kept, expected);
    }
}
