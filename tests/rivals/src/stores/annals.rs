//! Ours: the log of `annals-sled`, with everything on.

use crate::sections::reading::decode_all;
use crate::store::{About, Store, text};
use annals_events::StreamId;
use annals_log::{Append, Direction, EventLog as _, PositionRange, VersionRange};
use annals_sled::{SledLog, SledLogOptions};
use async_trait::async_trait;
use futures::StreamExt as _;
use std::path::Path;
use std::sync::Arc;

/// The log.
pub struct Annals(pub Arc<SledLog>);

impl Annals {
    /// A log in a directory, which is made.
    pub fn open(directory: &Path, options: SledLogOptions) -> Result<Self, String> {
        std::fs::create_dir_all(directory).map_err(text)?;
        Ok(Self(Arc::new(SledLog::open(directory, options).map_err(text)?)))
    }
}

#[async_trait]
impl Store for Annals {
    fn about(&self) -> About {
        About {
            name: "annals".to_owned(),
            settings: "as it comes".to_owned(),
            is_durable: true,
            checks_ids: true,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        self.0.append(append).await.map(drop).map_err(text)
    }

    async fn replay(&self) -> Result<u64, String> {
        decode_all(&self.0, PositionRange::ALL)
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        let stream = StreamId::party(name).map_err(text)?;
        let mut events = self.0.read_stream(&stream, VersionRange::ALL, Direction::Forwards);
        let mut count = 0;
        while let Some(event) = events.next().await {
            event.map_err(text)?;
            count += 1;
        }
        Ok(count)
    }

    async fn close(&self) {
        drop(self.0.close().await);
    }
}
