//! fjall: an LSM tree with three key spaces, written in one batch that is synced at its commit.

use crate::store::{About, Store, expected_version, text};
use crate::stores::grouped::{Answers, Grouped, WritesGroups};
use annals_log::Append;
use async_trait::async_trait;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The database.
pub struct Fjall {
    spaces: Spaces,
    writer: Grouped,
}

#[derive(Clone)]
struct Spaces {
    database: Database,
    /// Position to event.
    events: Keyspace,
    /// Id to position.
    ids: Keyspace,
    /// Stream, zero byte and version to position.
    streams: Keyspace,
}

impl Fjall {
    /// A database in a directory, which is made.
    pub fn open(directory: &Path) -> Result<Self, String> {
        let database = Database::builder(directory).open().map_err(text)?;
        let space = |name| database.keyspace(name, KeyspaceCreateOptions::default).map_err(text);
        let (events, ids, streams) = (space("events")?, space("ids")?, space("streams")?);
        let spaces = Spaces { database, events, ids, streams };
        let writer = Grouped::start(Writer { spaces: spaces.clone(), next: 0 });
        Ok(Self { spaces, writer })
    }
}

struct Writer {
    spaces: Spaces,
    next: u64,
}

/// What stands in the group so far.
#[derive(Default)]
struct Pending {
    ids: HashSet<[u8; 16]>,
    versions: HashMap<String, u64>,
}

impl Spaces {
    fn version(&self, stream: &str, pending: &Pending) -> Result<u64, String> {
        if let Some(version) = pending.versions.get(stream) {
            return Ok(*version);
        }
        let Some(last) = self.streams.prefix(prefix(stream)).next_back() else { return Ok(0) };
        let key = last.key().map_err(text)?;
        let version = key.last_chunk::<8>().ok_or("a key is too short")?;
        Ok(u64::from_be_bytes(*version))
    }

    fn has(&self, id: &[u8; 16], pending: &Pending) -> Result<bool, String> {
        Ok(pending.ids.contains(id) || self.ids.contains_key(id).map_err(text)?)
    }
}

fn prefix(stream: &str) -> Vec<u8> {
    [stream.as_bytes(), &[0]].concat()
}

impl Writer {
    fn group(&mut self, appends: &[Append]) -> Result<Answers, String> {
        let mut batch = self.spaces.database.batch().durability(Some(PersistMode::SyncData));
        let (mut pending, mut answers) = (Pending::default(), Vec::new());
        for append in appends {
            let answer = self.decide(append, &pending)?;
            answers.push(answer.clone());
            if answer.is_err() {
                continue;
            }
            for entry in append.entries() {
                let stream = entry.stream.to_string();
                let version = self.spaces.version(&stream, &pending)? + 1;
                let position = self.next.to_be_bytes();
                let key = [&prefix(&stream)[..], &version.to_be_bytes()].concat();
                batch.insert(&self.spaces.events, position, &*entry.bytes);
                batch.insert(&self.spaces.ids, *entry.id.as_bytes(), position);
                batch.insert(&self.spaces.streams, key, position);
                pending.ids.insert(*entry.id.as_bytes());
                pending.versions.insert(stream, version);
                self.next += 1;
            }
        }
        batch.commit().map_err(text)?;
        Ok(answers)
    }

    fn decide(&self, append: &Append, pending: &Pending) -> Result<Result<(), String>, String> {
        for entry in append.entries() {
            if self.spaces.has(entry.id.as_bytes(), pending)? {
                return Ok(Err("the id is there".to_owned()));
            }
        }
        if let (Some(expected), [entry]) = (expected_version(append), append.entries())
            && self.spaces.version(&entry.stream.to_string(), pending)? != expected
        {
            return Ok(Err("the stream is at another version".to_owned()));
        }
        Ok(Ok(()))
    }
}

impl WritesGroups for Writer {
    fn write(&mut self, appends: &[Append]) -> Answers {
        self.group(appends).unwrap_or_else(|error| vec![Err(error); appends.len()])
    }
}

#[async_trait]
impl Store for Fjall {
    fn about(&self) -> About {
        About {
            name: "fjall 3.1".to_owned(),
            settings: "defaults, three key spaces (events, ids, streams), batches committed with \
                       SyncData (fdatasync), one writing thread that commits what waits together"
                .to_owned(),
            is_durable: true,
            checks_ids: true,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        self.writer.append(append).await
    }

    async fn replay(&self) -> Result<u64, String> {
        let mut count = 0;
        for event in self.spaces.events.iter() {
            annals_events::Event::decode(&event.value().map_err(text)?).map_err(text)?;
            count += 1;
        }
        Ok(count)
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        let mut count = 0;
        for position in self.spaces.streams.prefix(prefix(name)) {
            let position = position.value().map_err(text)?;
            let event = self.spaces.events.get(position).map_err(text)?.ok_or("no event")?;
            annals_events::Event::decode(&event).map_err(text)?;
            count += 1;
        }
        Ok(count)
    }

    async fn close(&self) {
        self.writer.close();
    }
}
