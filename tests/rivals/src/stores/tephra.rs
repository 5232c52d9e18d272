//! tephra: an event store with dynamic consistency boundaries, embedded. Events carry a tag for
//! their stream and one for their id; a condition names what must not be there.

use crate::store::{About, Store, expected_version, text};
use annals_log::{Append, AppendEntry};
use async_trait::async_trait;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use tephra::{
    AppendCondition, Event, EventType, Position, Query, QueryItem, SegmentConfig, SegmentSet, Tag,
    Tags, WriteCoordinator, WriterConfig,
};

/// As in its own benchmarks: no segment is full within a run.
const SEGMENT_BYTES: usize = 1 << 30;

/// The store.
pub struct Tephra {
    coordinator: Mutex<Option<WriteCoordinator>>,
    handle: tephra::writer::WriteHandle,
    /// Where each stream's last event lies, as a caller that has read it knows.
    last: Mutex<HashMap<String, Position>>,
}

impl Tephra {
    /// A store in a directory, which is made.
    pub fn open(directory: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(directory).map_err(text)?;
        let set = SegmentSet::open(directory, SegmentConfig::new(SEGMENT_BYTES)).map_err(text)?;
        let (coordinator, handle) =
            WriteCoordinator::start(set, WriterConfig::default()).map_err(text)?;
        let coordinator = Mutex::new(Some(coordinator));
        Ok(Self { coordinator, handle, last: Mutex::default() })
    }

    fn condition(&self, append: &Append) -> Result<AppendCondition, String> {
        let ids = append
            .entries()
            .iter()
            .map(|entry| Ok(QueryItem::with_tags(Tags::new([id_tag(entry)?]).map_err(text)?)));
        let ids = Query::items(ids.collect::<Result<Vec<_>, String>>()?);
        let (Some(_), [entry]) = (expected_version(append), append.entries()) else {
            return Ok(AppendCondition::exists_only(ids));
        };
        let stream = entry.stream.to_string();
        let after = self.last.lock().expect("nobody panics").get(&stream).copied();
        let after = after.unwrap_or(Position::ZERO);
        Ok(AppendCondition::new(stream_query(&stream)?).after(after).fail_if_exists(ids))
    }
}

fn id_tag(entry: &AppendEntry) -> Result<Tag, String> {
    Tag::new(format!("id:{}", entry.id)).map_err(text)
}

fn stream_query(stream: &str) -> Result<Query, String> {
    let tag = Tag::new(stream.to_owned()).map_err(text)?;
    Ok(Query::item(QueryItem::with_tags(Tags::new([tag]).map_err(text)?)))
}

fn count(mut reads: tephra::read::Reads) -> Result<u64, String> {
    let mut count = 0;
    while let Some(item) = reads.next() {
        let item = item.map_err(text)?;
        annals_events::Event::decode(item.event.data()).map_err(text)?;
        count += 1;
    }
    Ok(count)
}

#[async_trait]
impl Store for Tephra {
    fn about(&self) -> About {
        About {
            name: "tephra 0.4".to_owned(),
            settings:
                "embedded, WriterConfig::default(), 1 GiB segments as in its own benchmarks; \
                       tags for stream and id, the id by fail_if_exists, the version as \"nothing \
                       of this stream behind the position I know\""
                    .to_owned(),
            is_durable: true,
            checks_ids: true,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        let condition = self.condition(&append)?;
        let kind = EventType::new("event").map_err(text)?;
        let events = append.entries().iter().map(|entry| {
            let stream = Tag::new(entry.stream.to_string()).map_err(text)?;
            let tags = Tags::new([stream, id_tag(entry)?]).map_err(text)?;
            Event::new(&kind, &tags, &entry.bytes).map_err(text)
        });
        let events = events.collect::<Result<Vec<_>, String>>()?;
        let (reply, answered) = flume::unbounded();
        self.handle.append_submit(events, Some(condition), 0, reply).map_err(text)?;
        let (_, range) = answered.recv_async().await.map_err(text)?;
        let range = range.map_err(text)?;
        if let [entry] = append.entries() {
            let mut last = self.last.lock().expect("nobody panics");
            last.insert(entry.stream.to_string(), range.last);
        }
        Ok(())
    }

    async fn replay(&self) -> Result<u64, String> {
        count(self.handle.read(&Query::all(), Position::ZERO, None))
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        count(self.handle.read(&stream_query(name)?, Position::ZERO, None))
    }

    async fn close(&self) {
        if let Some(coordinator) = self.coordinator.lock().expect("nobody panics").take() {
            drop(coordinator.shutdown());
        }
    }
}
