//! What the writer, the keeper and the readers of an open log share.

use crate::archive::Archive;
use crate::chain::ChainEnd;
use crate::index::Index;
use crate::volumes::Volumes;
use annals_events::Position;
use annals_log::ReadError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::sync::watch;

/// What is durable: readers see this and nothing later.
pub(crate) struct State {
    /// The volumes; `None` once the log is closed.
    pub(crate) volumes: Option<Arc<Volumes>>,
    /// The index of the open volume.
    pub(crate) index: Index,
    pub(crate) end: ChainEnd,
}

impl State {
    pub(crate) fn volumes(&self) -> Result<&Arc<Volumes>, ReadError> {
        self.volumes.as_ref().ok_or(ReadError::Closed)
    }
}

/// What the keeper is at.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    /// Whether it has been asked to seal and is not done.
    pub(crate) is_sealing: bool,
    /// Why it could not, the last time it was asked.
    pub(crate) failure: Option<String>,
}

/// Shared by the log, its writer, its keeper and every stream of events read from it.
pub(crate) struct Shared {
    state: RwLock<State>,
    keeping: Mutex<Keeping>,
    kept: Condvar,
    /// Where readers are told that the log ends; `None` once it is closed.
    pub(crate) head: watch::Sender<Option<Position>>,
}

impl Shared {
    pub(crate) fn new(volumes: Volumes, index: Index, end: ChainEnd) -> Self {
        let (head, _) = watch::channel(Some(end.next()));
        let state = State { volumes: Some(Arc::new(volumes)), index, end };
        let (keeping, kept) = (Mutex::default(), Condvar::new());
        Self { state: RwLock::new(state), keeping, kept, head }
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is durable: the writer does, and the keeper where events lie.
    pub(crate) fn change_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The volumes of this moment, to be let go of soon: closing and sealing wait for that.
    pub(crate) fn volumes(&self) -> Result<Arc<Volumes>, ReadError> {
        self.state().volumes().cloned()
    }

    /// Puts other volumes in the place of those there are.
    pub(crate) fn change_volumes(&self, change: impl FnOnce(&mut Volumes)) {
        self.change_state(|state| {
            if let Some(volumes) = &mut state.volumes {
                let mut changed = (**volumes).clone();
                change(&mut changed);
                *volumes = Arc::new(changed);
            }
        });
    }

    /// Puts another archive in the place of the one there is.
    pub(crate) fn change_archive(&self, change: impl FnOnce(&mut Archive)) {
        self.change_volumes(|volumes| change(Arc::make_mut(&mut volumes.archive)));
    }

    /// Lets go of the volumes once no reader is at them any more; the log is closed then.
    pub(crate) fn let_go(&self) {
        self.head.send_replace(None);
        let volumes = self.change_state(|state| state.volumes.take());
        let let_go = AssertUnwindSafe(|| {
            let Some(volumes) = volumes else { return };
            let Volumes { full, open, .. } = last_of(volumes);
            for full in full {
                drop(last_of(last_of(full).volume));
            }
            drop(last_of(open));
        });
        if catch_unwind(let_go).is_err() {
            tracing::error!("the database could not be put away in good order");
        }
    }

    pub(crate) fn keeping(&self) -> MutexGuard<'_, Keeping> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change_keeping(&self, change: impl FnOnce(&mut Keeping)) {
        change(&mut self.keeping());
        self.kept.notify_all();
    }

    /// Waits until the keeper is done with sealing; says why where it could not.
    pub(crate) fn wait_until_sealed(&self) -> Result<(), String> {
        let wait = self.kept.wait_while(self.keeping(), |keeping| keeping.is_sealing);
        let keeping = wait.unwrap_or_else(PoisonError::into_inner);
        keeping.failure.clone().map_or(Ok(()), Err)
    }
}

/// Waits until nobody else has it: readers let go after a page.
pub(crate) fn last_of<T>(mut shared: Arc<T>) -> T {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(value) => return value,
            Err(others) => shared = others,
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}
