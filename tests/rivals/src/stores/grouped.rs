//! One writing thread in front of a store that has none: what waits is written together, and is
//! answered when it is durable. Without it every caller would pay a sync of its own.

use annals_log::Append;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// What a group of appends came to, one answer each.
pub type Answers = Vec<Result<(), String>>;

/// A store for one thread.
pub trait WritesGroups: Send {
    /// Writes appends, each all or not at all; durable when this returns.
    fn write(&mut self, appends: &[Append]) -> Answers;
}

type Order = (Append, oneshot::Sender<Result<(), String>>);

/// The thread and its queue.
pub struct Grouped {
    orders: Mutex<Option<Sender<Order>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Grouped {
    /// Starts the thread.
    pub fn start(store: impl WritesGroups + 'static) -> Self {
        let (orders, queue) = channel();
        let writer = std::thread::spawn(move || run(store, &queue));
        Self { orders: Mutex::new(Some(orders)), writer: Mutex::new(Some(writer)) }
    }

    /// Appends, and waits until that is durable.
    pub async fn append(&self, append: Append) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let orders = self.orders.lock().expect("nobody panics").clone();
        orders.ok_or("closed")?.send((append, answer)).map_err(|error| error.to_string())?;
        answered.await.map_err(|error| error.to_string())?
    }

    /// Ends the thread.
    pub fn close(&self) {
        drop(self.orders.lock().expect("nobody panics").take());
        if let Some(writer) = self.writer.lock().expect("nobody panics").take() {
            writer.join().expect("the writer ends well");
        }
    }
}

fn run(mut store: impl WritesGroups, queue: &Receiver<Order>) {
    while let Ok(first) = queue.recv() {
        let waiting = std::iter::once(first).chain(queue.try_iter().take(511));
        let (appends, callers): (Vec<_>, Vec<_>) = waiting.unzip();
        for (caller, answer) in callers.into_iter().zip(store.write(&appends)) {
            drop(caller.send(answer));
        }
    }
}
