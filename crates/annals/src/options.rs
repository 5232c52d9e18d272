//! How a ledger is opened: its projections, its clock, where its master key is.

use crate::registry::{AnyProjection, Registered};
use annals_events::Zone;
use annals_lifecycle::Lifecycle;
use annals_log::{Clock, RECORD_BYTES_MAX, SKEW_SECONDS_DEFAULT, SystemClock};
use annals_loyalty::Loyalty;
use annals_projection::{Projection, threads_at_once};
use annals_satisfaction::Satisfaction;
use annals_vault::KeyEncryptionKey;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the key is that the subjects' keys are wrapped under.
#[derive(Clone, Default)]
pub enum MasterKey {
    /// The file `vault/master.key` of the ledger, which `init` makes; locked where it is not there.
    #[default]
    Ledger,
    /// Another file.
    File(PathBuf),
    /// A key at hand.
    Key(KeyEncryptionKey),
    /// None: personal fields can be neither sealed nor opened.
    None,
}

type MakeProjection = Box<dyn FnOnce(&Zone) -> Arc<dyn AnyProjection> + Send>;

/// How a ledger is opened.
pub struct Options {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) master_key: MasterKey,
    pub(crate) record_bytes_max: usize,
    pub(crate) skew_seconds: i64,
    pub(crate) open_volume_events_max: Option<u64>,
    pub(crate) threads: usize,
    pub(crate) live: bool,
    pub(crate) own: Vec<MakeProjection>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            master_key: MasterKey::default(),
            record_bytes_max: RECORD_BYTES_MAX,
            skew_seconds: SKEW_SECONDS_DEFAULT,
            open_volume_events_max: None,
            threads: threads_at_once(),
            live: false,
            own: Vec::new(),
        }
    }
}

impl Options {
    /// The three projections, the machine's clock, the ledger's own key file; projections are
    /// brought up to the head when asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another place for the master key than the ledger's own file.
    #[must_use]
    pub fn master_key(mut self, master_key: MasterKey) -> Self {
        self.master_key = master_key;
        self
    }

    /// A smaller limit for one event than 64 KiB.
    #[must_use]
    pub fn record_bytes_max(mut self, bytes: usize) -> Self {
        self.record_bytes_max = bytes.min(RECORD_BYTES_MAX);
        self
    }

    /// How far ahead of the clock an event may have occurred; 300 seconds unless said otherwise.
    #[must_use]
    pub fn skew_seconds(mut self, seconds: i64) -> Self {
        self.skew_seconds = seconds;
        self
    }

    /// With how many events the open volume is full and becomes a sealed file; a million unless
    /// said otherwise.
    #[must_use]
    pub fn open_volume_events_max(mut self, events: u64) -> Self {
        self.open_volume_events_max = Some(events.max(1));
        self
    }

    /// How many threads a rebuild folds on, and saved states are read on; the machine's cores
    /// unless said otherwise.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Follows the log in the background, so that states are at the head before anybody asks.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Adds a projection of the service's own, made once the ledger's time zone is known.
    #[must_use]
    pub fn projection<P: Projection>(
        mut self,
        make: impl FnOnce(&Zone) -> P + Send + 'static,
    ) -> Self {
        self.own.push(Box::new(|zone| Arc::new(Registered(make(zone)))));
        self
    }

    pub(crate) fn projections(
        own: Vec<MakeProjection>,
        zone: &Zone,
    ) -> Vec<Arc<dyn AnyProjection>> {
        let mut projections: Vec<Arc<dyn AnyProjection>> = vec![
            Arc::new(Registered(Satisfaction::new(zone.clone()))),
            Arc::new(Registered(Loyalty::new(zone.clone()))),
            Arc::new(Registered(Lifecycle::new(zone.clone()))),
        ];
        projections.extend(own.into_iter().map(|make| make(zone)));
        projections
    }
}
