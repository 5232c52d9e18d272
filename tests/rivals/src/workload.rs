//! The events that are written: ~155-byte records over so many streams, each with one sealed field.
//!
//! A contact that a shop's till tells of. Everything in event n follows from n, so that events can
//! be asked for again after they were written. Sealing is the vault's own, under one key for each
//! stream; its keys are made before any clock runs.

use annals_events::{
    Channel, ContactOccurred, Direction, Envelope, Event, EventId, Instant, OccurredAt, PartyId,
    Personal, Source, StreamId,
};
use annals_log::Append;
use annals_vault::{KeyEncryptionKey, Vault};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// How many events a batch has.
pub const BATCH: u64 = 512;

/// Makes events of so many streams.
#[derive(Clone)]
pub struct Workload {
    vault: Arc<Vault>,
    streams: u64,
}

/// A number that looks random, the same for the same number for ever.
pub fn mixed(number: u64) -> u64 {
    let value = (number ^ 0x5bf0_3635).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (value ^ (value >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (value >> 32)
}

/// The stream with a number.
pub fn stream(number: u64) -> StreamId {
    StreamId::Party(party(number))
}

fn party(number: u64) -> PartyId {
    PartyId::new(&format!("C-{number:07}")).expect("letters and digits are a party id")
}

/// The id of an event.
pub fn id(number: u64) -> EventId {
    let id = (u128::from(1_700_000_000_000 + number) << 80)
        | 0x7000_8000_0000_0000_0000
        | u128::from(mixed(number) >> 2);
    EventId::new(Uuid::from_u128(id)).expect("a version 7 UUID is an event id")
}

impl Workload {
    /// A workload over so many streams, its keys in a directory.
    pub fn new(directory: &Path, streams: u64) -> Self {
        drop(std::fs::remove_dir_all(directory));
        let key = KeyEncryptionKey::from_env_value(&"5a".repeat(32)).expect("32 bytes are a key");
        let vault = Vault::create(directory, &key).expect("the directory can be written");
        let parties: Vec<_> = (0..streams).map(party).collect();
        vault.prepare(&parties).expect("the directory can be written");
        Self { vault: Arc::new(vault), streams }
    }

    /// Which stream an event goes to when nothing says otherwise.
    pub fn stream_of(&self, number: u64) -> u64 {
        mixed(number) % self.streams
    }

    /// How many streams there are.
    pub fn streams(&self) -> u64 {
        self.streams
    }

    /// An event for a stream, its summary clear.
    pub fn clear(&self, number: u64, to: u64) -> Event {
        let seconds = 1_600_000_000 + i64::try_from(number / 100).unwrap_or(0);
        let at = OccurredAt::utc(Instant::from_unix_seconds(seconds));
        let mut envelope = Envelope::new(id(number), stream(to), at);
        envelope.source = Some(Source::new("shop/till-7").expect("a source"));
        envelope.channel = Some(Channel::Web);
        let summary = format!("asked about {:08x}..", mixed(number) >> 32);
        let contact = ContactOccurred {
            direction: Direction::In,
            reason: "delivery.late".parse().expect("a code"),
            duration: None,
            agent: None,
            queue: None,
            phase: None,
            outcome: None,
            summary: Some(Personal::new(&summary).expect("a short text")),
            sentiment: None,
            first_contact_resolution: None,
        };
        Event::new(envelope, contact).expect("a contact belongs to a party")
    }

    /// An event for a stream, sealed.
    pub fn sealed(&self, number: u64, to: u64) -> Event {
        let mut event = self.clear(number, to);
        self.vault.seal(&mut event).expect("every stream has its key");
        event
    }

    /// One event for a stream, sealed and encoded.
    pub fn one(&self, number: u64, to: u64) -> Append {
        Append::new(&[self.sealed(number, to)]).expect("one event is an append")
    }

    /// A batch of events from a number on, sealed and encoded, each to its own stream.
    pub fn batch(&self, first: u64, count: u64) -> Append {
        let events: Vec<_> = (first..first + count)
            .map(|number| self.sealed(number, self.stream_of(number)))
            .collect();
        Append::new(&events).expect("a batch is an append")
    }

    /// Bytes of a record, what the ledger assigns included: the mean of some.
    pub fn record_bytes(&self) -> f64 {
        let bytes: usize = (0..1000)
            .flat_map(|number| self.batch(number, 1).entries().to_vec())
            .map(|entry| annals_log::ASSIGNED_BYTES + entry.bytes.len())
            .sum();
        bytes as f64 / 1000.0
    }
}
