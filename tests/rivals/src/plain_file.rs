//! The measure of all the rest: a plain file that takes the same encoded events, puts the same
//! records together, hashes them into the same Merkle tree, sums them, writes them and calls
//! `fdatasync` where the log passes its barrier. It checks nothing and finds nothing.
//!
//! A file that grows must have its new length and blocks made durable with each sync, in the file
//! system's journal; one whose bytes were all written beforehand must not. A log whose end is not
//! known beforehand grows, so that this is the measure; the other is shown beside it.

use crate::store::{About, Store, text};
use annals_audit::{Frontier, leaf_hash};
use annals_events::{Instant as Time, StreamVersion};
use annals_log::{Append, write_record};
use async_trait::async_trait;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

type Order = (Append, oneshot::Sender<()>);

/// Whether a file has its bytes before they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// It grows with what is written.
    Grows,
    /// It has so many mebibytes, all written and synced before, and goes over them.
    Preallocated(u64),
}

/// A file with one writer that gathers what waits.
pub struct PlainFile {
    space: Space,
    orders: Mutex<Option<Sender<Order>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl PlainFile {
    /// A file of its own.
    pub fn create(path: &Path, space: Space) -> std::io::Result<Self> {
        let mut file = File::create(path)?;
        if let Space::Preallocated(mebibytes) = space {
            let mebibyte = vec![0; 1 << 20];
            for _ in 0..mebibytes {
                file.write_all(&mebibyte)?;
            }
        }
        file.sync_all()?;
        file.rewind()?;
        let (orders, queue) = channel();
        let written = Written { file, frontier: Frontier::new(), buffer: Vec::new() };
        let writer = std::thread::spawn(move || written.run(&queue));
        let (orders, writer) = (Mutex::new(Some(orders)), Mutex::new(Some(writer)));
        Ok(Self { space, orders, writer })
    }
}

struct Written {
    file: File,
    frontier: Frontier,
    buffer: Vec<u8>,
}

impl Written {
    fn run(mut self, queue: &Receiver<Order>) {
        while let Ok(first) = queue.recv() {
            let mut events = first.0.entries().len();
            let mut group = vec![first];
            while events < annals_log::APPEND_EVENTS_MAX
                && let Ok(order) = queue.try_recv()
            {
                events += order.0.entries().len();
                group.push(order);
            }
            group.iter().for_each(|(append, _)| self.put(append));
            self.sync();
            for (_, answer) in group {
                // Nobody waits where a run was given up.
                answer.send(()).ok();
            }
        }
    }

    fn put(&mut self, append: &Append) {
        for entry in append.entries() {
            let start = self.buffer.len();
            write_record(&mut self.buffer, StreamVersion::new(1), Time::MIN, &entry.bytes);
            self.frontier.push(leaf_hash(&self.buffer[start..]));
        }
    }

    fn sync(&mut self) {
        let sum = crc32c::crc32c(&self.buffer);
        self.buffer.extend_from_slice(&sum.to_le_bytes());
        self.buffer.extend_from_slice(&self.frontier.root().0);
        self.file.write_all(&self.buffer).expect("the file can be written");
        self.file.sync_data().expect("the file can be synced");
        self.buffer.clear();
    }
}

#[async_trait]
impl Store for PlainFile {
    fn about(&self) -> About {
        let space = match self.space {
            Space::Grows => "grows".to_owned(),
            Space::Preallocated(mebibytes) => format!("{mebibytes} MiB preallocated"),
        };
        About {
            name: "plain file".to_owned(),
            settings: format!("{space}, one fdatasync a group, the log's own gathering"),
            is_durable: true,
            checks_ids: false,
            checks_versions: false,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let orders = self.orders.lock().expect("nobody panics").clone();
        orders.ok_or("closed")?.send((append, answer)).map_err(text)?;
        answered.await.map_err(text)
    }

    async fn replay(&self) -> Result<u64, String> {
        Err("it finds nothing".to_owned())
    }

    async fn read_stream(&self, _: &str) -> Result<u64, String> {
        Err("it finds nothing".to_owned())
    }

    async fn close(&self) {
        drop(self.orders.lock().expect("nobody panics").take());
        if let Some(writer) = self.writer.lock().expect("nobody panics").take() {
            writer.join().expect("the writer ends well");
        }
    }
}
