//! What the writer and the readers of an open log share.

use crate::chain::ChainEnd;
use crate::index::Index;
use crate::open_volume::OpenVolume;
use annals_events::Position;
use annals_log::ReadError;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;

/// What is durable: readers see this and nothing later.
pub(crate) struct State {
    pub(crate) index: Index,
    pub(crate) end: ChainEnd,
}

/// Shared by the log, its writer and every stream of events read from it.
pub(crate) struct Shared {
    state: RwLock<State>,
    volume: RwLock<Option<OpenVolume>>,
    /// Where readers are told that the log ends; `None` once it is closed.
    pub(crate) head: watch::Sender<Option<Position>>,
}

impl Shared {
    pub(crate) fn new(index: Index, end: ChainEnd, volume: OpenVolume) -> Self {
        let (head, _) = watch::channel(Some(end.next()));
        Self { state: RwLock::new(State { index, end }), volume: RwLock::new(Some(volume)), head }
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is durable: the writer alone does.
    pub(crate) fn change_state(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Uses the volume, which stays open for so long.
    pub(crate) fn with_volume<T>(
        &self,
        run: impl FnOnce(&OpenVolume) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let volume = self.volume.read().unwrap_or_else(PoisonError::into_inner);
        volume.as_ref().map_or(Err(ReadError::Closed), run)
    }

    /// Waits for those who use the volume and takes it away from all others.
    pub(crate) fn take_volume(&self) -> Option<OpenVolume> {
        self.volume.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}
