//! `UmaDB`: its own engine in this process, without the server and the network it is sold with, so
//! that it is measured at its best. The writing thread is the one its server starts.

use crate::store::{About, Store, expected_version, text};
use annals_log::Append;
use async_trait::async_trait;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};
use umadb_core::db::UmaDb;
use umadb_core::mvcc::{Mvcc, StorageOptions};
use umadb_core::writer_thread_blocking::writer_thread_blocking;
use umadb_core::writer_thread_request::WriterThreadRequest;
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbEventStoreSync as _, DcbQuery, DcbQueryItem};
use uuid::Uuid;

/// As many as its server lets one group have.
const EVENTS_AT_ONCE: usize = 2048;

/// The store.
pub struct Umadb {
    store: UmaDb,
    requests: mpsc::Sender<WriterThreadRequest>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Where each stream's last event lies, as a caller that has read it knows.
    last: Mutex<HashMap<String, u64>>,
}

impl Umadb {
    /// A store in a directory, which is made.
    pub fn open(directory: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(directory).map_err(text)?;
        let options = StorageOptions::default().db_path(directory);
        let mvcc = Arc::new(Mvcc::new(false, options).map_err(text)?);
        let (requests, received) = mpsc::channel(1024);
        let (head, _) = watch::channel(None);
        let for_writer = Arc::clone(&mvcc);
        let writer = std::thread::spawn(move || {
            writer_thread_blocking(for_writer, received, head, EVENTS_AT_ONCE);
        });
        let (writer, last) = (Mutex::new(Some(writer)), Mutex::default());
        Ok(Self { store: UmaDb::from_arc(mvcc), requests, writer, last })
    }

    fn count(&self, query: Option<DcbQuery>) -> Result<u64, String> {
        let mut count = 0;
        for event in self.store.read(query, None, false, None).map_err(text)? {
            annals_events::Event::decode(&event.map_err(text)?.event.data).map_err(text)?;
            count += 1;
        }
        Ok(count)
    }
}

fn of_stream(name: String) -> DcbQuery {
    DcbQuery { items: vec![DcbQueryItem { types: Vec::new(), tags: vec![name] }] }
}

#[async_trait]
impl Store for Umadb {
    fn about(&self) -> About {
        About {
            name: "UmaDB 0.7".to_owned(),
            settings: "its engine in this process (no gRPC), StorageOptions::default(), its \
                       server's writing thread; a tag for the stream, the version as \"nothing of \
                       this stream behind the position I know\"; ids are looked at only where \
                       that fails"
                .to_owned(),
            is_durable: true,
            checks_ids: false,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        let condition = match (expected_version(&append), append.entries()) {
            (Some(_), [entry]) => {
                let stream = entry.stream.to_string();
                let after = self.last.lock().expect("nobody panics").get(&stream).copied();
                Some(DcbAppendCondition { fail_if_events_match: of_stream(stream), after })
            }
            _ => None,
        };
        let events = append.entries().iter().map(|entry| DcbEvent {
            event_type: "event".to_owned(),
            tags: vec![entry.stream.to_string()],
            data: entry.bytes.to_vec(),
            uuid: Some(Uuid::from_bytes(*entry.id.as_bytes())),
            metadata: Vec::new(),
        });
        let (response_tx, answered) = oneshot::channel();
        let request = WriterThreadRequest::Append {
            events: events.collect(),
            condition,
            tracking_info: None,
            response_tx,
            cancel: None,
        };
        self.requests.send(request).await.map_err(text)?;
        let position = answered.await.map_err(text)?.map_err(text)?;
        if let [entry] = append.entries() {
            let mut last = self.last.lock().expect("nobody panics");
            last.insert(entry.stream.to_string(), position);
        }
        Ok(())
    }

    async fn replay(&self) -> Result<u64, String> {
        self.count(None)
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        self.count(Some(of_stream(name.to_owned())))
    }

    async fn close(&self) {
        drop(self.requests.send(WriterThreadRequest::Shutdown).await);
        let writer = self.writer.lock().expect("nobody panics").take();
        if let Some(writer) = writer {
            writer.join().expect("the writer ends well");
        }
    }
}
