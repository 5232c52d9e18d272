//! Keeping the ledger: rebuilds, status, verification, parked events, cursors, subscriptions.

use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::parked::Parked;
use annals_events::Position;
use annals_log::{EventLog as _, EventStream};
use annals_sled::VerifyReport;
use serde::Serialize;

/// A disk with less free space is short, whatever the size of the ledger.
const BYTES_FREE_MIN: u64 = 1 << 30;

/// How the ledger stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// How many events there are.
    pub events: u64,
    /// How many streams have events, the ledger's own included.
    pub streams: u64,
    /// The RFC 6962 root over all events, hexadecimal.
    pub head: String,
    /// How many volumes hold them.
    pub volumes: u64,
    /// What the whole directory takes on disk.
    pub bytes_on_disk: u64,
    /// How many bytes are free on the ledger's disk, for this user.
    pub bytes_free: u64,
    /// With fewer the disk is short: twice what is not sealed yet or, where that is more, twice all
    /// views, since either is written anew beside what is there; and never less than a GiB.
    pub bytes_wanted_free: u64,
    /// How the projections stand.
    pub projections: Vec<ProjectionStatus>,
}

impl Status {
    /// Whether there is less free space than sealing or a rebuild may need.
    pub fn is_disk_short(&self) -> bool {
        self.bytes_free < self.bytes_wanted_free
    }
}

/// How a projection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectionStatus {
    /// Its name.
    pub id: String,
    /// The position its states stand at.
    pub position: u64,
    /// How many events it is behind.
    pub lag: u64,
    /// How many events it could not read.
    pub parked: u64,
    /// Which generation of states serves; 0 where there is none yet.
    pub generation: u64,
}

impl Annals {
    /// How the ledger stands. Moves nothing.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn status(&self) -> Result<Status, AnnalsError> {
        let head = self.inner.log.head().await?;
        let events = head.next.get();
        let mut projections = Vec::new();
        for projection in &self.inner.projections {
            let status = self.inner.views.status(&**projection)?;
            let position = status.map_or(0, |status| status.position.get());
            projections.push(ProjectionStatus {
                id: projection.id().to_owned(),
                position,
                lag: events.saturating_sub(position),
                parked: self.inner.views.parked(&**projection)?.len() as u64,
                generation: status.map_or(0, |status| status.generation),
            });
        }
        let log = self.inner.log.status().await?;
        let directory = &self.inner.directory;
        let written_anew = log.bytes_unsealed.max(bytes_below(&directory.join("views")));
        Ok(Status {
            events,
            streams: log.streams,
            head: head.root.to_string(),
            volumes: log.volumes,
            bytes_on_disk: bytes_below(directory),
            bytes_free: bytes_free(directory)?,
            bytes_wanted_free: (2 * written_anew).max(BYTES_FREE_MIN),
            projections,
        })
    }

    /// Brings the projections up to the head; gives the position reached.
    ///
    /// # Errors
    /// When the log cannot be read or the states cannot be kept.
    pub async fn catch_up(&self) -> Result<Position, AnnalsError> {
        self.inner.projector.lock().await.catch_up(&|_| {}).await
    }

    /// Folds the whole log anew for one projection, or for all, and swaps the new states in whole.
    /// `progress` is told positions as they are passed.
    ///
    /// # Errors
    /// When there is no such projection, the log cannot be read or the states cannot be kept; the
    /// old ones then serve on.
    pub async fn rebuild(
        &self,
        projection: Option<&str>,
        progress: &(dyn Fn(Position) + Sync),
    ) -> Result<Position, AnnalsError> {
        self.check_writable()?;
        let chosen = match projection {
            Some(id) => vec![self.projection(id)?],
            None => self.inner.projections.clone(),
        };
        self.inner.projector.lock().await.rebuild(&chosen, progress).await
    }

    /// The events a projection could not read.
    ///
    /// # Errors
    /// When there is no such projection or the view store cannot be read.
    pub fn parked(&self, projection: &str) -> Result<Vec<Parked>, AnnalsError> {
        self.inner.views.parked(&*self.projection(projection)?)
    }

    /// Tries all parked events again; gives how many are still parked.
    ///
    /// # Errors
    /// When the log cannot be read or the states cannot be kept.
    pub async fn retry_parked(&self) -> Result<usize, AnnalsError> {
        self.check_writable()?;
        self.inner.projector.lock().await.retry_parked().await
    }

    /// Ends the open volume and waits until every full volume is a sealed file. Happens by itself
    /// about every million events; appends and reads go on meanwhile.
    ///
    /// # Errors
    /// When the log is closed, or a volume could not be sealed; nothing is lost then.
    pub async fn seal(&self) -> Result<(), AnnalsError> {
        self.check_writable()?;
        Ok(self.inner.log.seal().await?)
    }

    /// Reads everything again and checks every checksum, hash, chain and root.
    ///
    /// # Errors
    /// When the check itself could not be made; damage is part of the report.
    pub async fn verify(&self) -> Result<VerifyReport, AnnalsError> {
        Ok(self.inner.log.verify().await?)
    }

    /// Events from a position on: first those recorded, then new ones as they come, without gap or
    /// repeat.
    pub fn subscribe(&self, from: Position) -> EventStream {
        self.inner.log.subscribe(from)
    }

    /// Where a consumer of the service's own stands; [`Position::START`] for one that has not
    /// begun.
    ///
    /// # Errors
    /// When the name is not one, or the cursor cannot be read.
    pub fn cursor(&self, consumer: &str) -> Result<Position, AnnalsError> {
        Ok(self.inner.cursors.load(consumer)?.unwrap_or(Position::START))
    }

    /// Notes, durably, that a consumer has dealt with everything before a position.
    ///
    /// # Errors
    /// When the name is not one, or the cursor cannot be kept.
    pub fn move_cursor(&self, consumer: &str, to: Position) -> Result<(), AnnalsError> {
        self.check_writable()?;
        Ok(self.inner.cursors.save(consumer, to)?)
    }
}

/// How many bytes are free on the disk of a directory, for this user.
fn bytes_free(directory: &std::path::Path) -> Result<u64, AnnalsError> {
    let disk = rustix::fs::statvfs(directory).map_err(|error| {
        AnnalsError::io("asking for the free space of", directory)(error.into())
    })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What a directory and all below it take; what vanishes meanwhile counts nothing.
fn bytes_below(directory: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
