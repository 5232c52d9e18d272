//! The ledger: a directory opened, with its log, vault, views and projections wired together.

use crate::description::Description;
use crate::error::AnnalsError;
use crate::options::{MasterKey, Options};
use crate::projector::{Projector, Witness};
use crate::reference::version_in;
use crate::registry::AnyProjection;
use crate::views::Views;
use annals_events::{
    Code, ContentHash, Envelope, Event, EventId, Instant, OccurredAt, Payload, Personal,
    PersonalContent, RecordedEvent, RulesetRegistered, Source, StreamId, VersionNumber, Zone,
};
use annals_log::{Append, Clock, EventLog};
use annals_projection::Ruleset;
use annals_sled::{CursorStore, Damage, SledLog, SledLogOptions, ViewStore};
use annals_vault::{KeyEncryptionKey, Opened, Vault, VaultError};
use futures::StreamExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The name the ledger's own events carry as their source.
pub const OWN_SOURCE: &str = "annals";

/// A ledger that is open. One process at a time may have it open, or several for reading only.
///
/// Cloning is cheap and gives the same ledger.
#[derive(Clone)]
pub struct Annals {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) directory: PathBuf,
    pub(crate) description: Description,
    pub(crate) log: Arc<SledLog>,
    pub(crate) views: Arc<Views>,
    pub(crate) cursors: CursorStore,
    pub(crate) vault: Arc<Vault>,
    pub(crate) projections: Vec<Arc<dyn AnyProjection>>,
    pub(crate) projector: Arc<tokio::sync::Mutex<Projector>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) record_bytes_max: usize,
    pub(crate) threads: usize,
    follower: Mutex<Option<JoinHandle<()>>>,
}

/// Keeps the vault in step with the log: aliases declared, keys erased.
struct VaultWitness(Arc<Vault>);

impl Witness for VaultWitness {
    fn is_able(&self) -> bool {
        !self.0.is_locked() && !self.0.is_read_only()
    }

    fn see(&self, event: &RecordedEvent) -> Result<(), AnnalsError> {
        let event = &event.event;
        let Some(party) = event.stream().as_party() else { return Ok(()) };
        match event.payload() {
            Payload::IdentityDeclared(declared) => {
                for (_, opened) in self.0.open_event(event) {
                    if let Opened::Text(value) = opened {
                        match self.0.declare_alias(declared.id_type, &value, party) {
                            // Nothing to find the party by: the fact stands, the alias does not.
                            Err(VaultError::EmptyAlias { .. }) | Ok(()) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
            }
            Payload::ErasureExecuted(_) => {
                self.0.erase(party)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Annals {
    /// Makes a ledger in an empty or new directory and opens it. Its days and months are counted in
    /// `zone`, for ever.
    ///
    /// # Errors
    /// When something is there already or the disk refuses.
    pub async fn create(
        directory: impl AsRef<Path>,
        zone: Zone,
        options: Options,
    ) -> Result<Self, AnnalsError> {
        let directory = directory.as_ref();
        let created = options.clock.now();
        Description::make_room(directory)?;
        let vault = directory.join("vault");
        std::fs::create_dir(&vault).map_err(AnnalsError::io("making", &vault))?;
        let key = match &options.master_key {
            MasterKey::Ledger => KeyEncryptionKey::create_file(&master_key_file(directory))?,
            MasterKey::File(file) if file.exists() => KeyEncryptionKey::from_file(file)?,
            MasterKey::File(file) => KeyEncryptionKey::create_file(file)?,
            MasterKey::Key(key) => key.clone(),
            MasterKey::None => return Err(VaultError::Locked.into()),
        };
        Vault::create(&vault, &key)?;
        Description { ledger_id: Uuid::now_v7(), zone, created }.write(directory)?;
        let ledger = Self::open(directory, options).await?;
        ledger.register_built_in_rules(created).await?;
        Ok(ledger)
    }

    /// Opens a ledger.
    ///
    /// # Errors
    /// When there is none, it is in use, damaged or newer, or its master key is not its own.
    pub async fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, AnnalsError> {
        let directory = directory.as_ref().to_owned();
        let description = Description::read(&directory)?;
        let usual = SledLogOptions::default();
        let log_options = SledLogOptions {
            clock: Arc::clone(&options.clock),
            record_bytes_max: options.record_bytes_max,
            skew_seconds: options.skew_seconds,
            open_volume_events_max: options
                .open_volume_events_max
                .unwrap_or(usual.open_volume_events_max),
            ..usual
        };
        let log = {
            let directory = directory.clone();
            let opened =
                tokio::task::spawn_blocking(move || SledLog::open(&directory, log_options));
            Arc::new(opened.await.map_err(|error| AnnalsError::Background(error.to_string()))??)
        };
        // The log's lock is the ledger's: nothing else is touched before it is held.
        let key = find_key(&directory, &options.master_key)?;
        let vault = Vault::open(&directory.join("vault"), key.as_ref())?;
        let views = ViewStore::open(&directory.join("views"))?;
        Self::wire(directory, description, log, vault, views, options).await
    }

    /// Opens a ledger for reading only: nothing of it is written, so that it may be on read-only
    /// media, and several processes may do so at a time, while none writes. States that are not
    /// at the head are folded in a temporary directory.
    ///
    /// Where the log is damaged, everything before the damage can be read and
    /// [`Self::damage`] says what it is. Where the vault is damaged, it counts as locked.
    ///
    /// # Errors
    /// When there is none, another process writes to it, it is newer, its master key is not its
    /// own, or the operating system refuses.
    pub async fn open_read_only(
        directory: impl AsRef<Path>,
        options: Options,
    ) -> Result<Self, AnnalsError> {
        let directory = directory.as_ref().to_owned();
        let description = Description::read(&directory)?;
        let log = {
            let directory = directory.clone();
            let opened = tokio::task::spawn_blocking(move || SledLog::open_read_only(&directory));
            Arc::new(opened.await.map_err(|error| AnnalsError::Background(error.to_string()))??)
        };
        let key = find_key(&directory, &options.master_key)?;
        let vault_directory = directory.join("vault");
        let vault = match Vault::open_read_only(&vault_directory, key.as_ref()) {
            Err(
                error @ (VaultError::Missing { .. }
                | VaultError::DamagedHeader { .. }
                | VaultError::DamagedSlot { .. }),
            ) => {
                tracing::warn!(%error, "personal fields cannot be read");
                Vault::without_keys(&vault_directory)
            }
            opened => opened?,
        };
        let views = ViewStore::open_copy(&directory.join("views"))?;
        Self::wire(directory, description, log, vault, views, options).await
    }

    async fn wire(
        directory: PathBuf,
        description: Description,
        log: Arc<SledLog>,
        vault: Vault,
        views: ViewStore,
        options: Options,
    ) -> Result<Self, AnnalsError> {
        let (vault, views) = (Arc::new(vault), Arc::new(Views::new(views)));
        let projections = Options::projections(options.own, &description.zone);
        let mut projector = Projector::new(
            Arc::clone(&log) as Arc<dyn EventLog>,
            Arc::clone(&views),
            projections.clone(),
            Arc::new(VaultWitness(Arc::clone(&vault))),
            options.threads,
        )?;
        projector.forget_what_is_ahead().await?;
        let projector = Arc::new(tokio::sync::Mutex::new(projector));
        let follower = options.live.then(|| follow(&log, &projector));
        let inner = Inner {
            cursors: CursorStore::new(&directory.join("cursors")),
            directory,
            description,
            log,
            views,
            vault,
            projections,
            projector,
            clock: options.clock,
            record_bytes_max: options.record_bytes_max,
            threads: options.threads,
            follower: Mutex::new(follower),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Finishes what was accepted and lets go of the directory, so that another process can open
    /// it.
    ///
    /// # Errors
    /// When the last of it could not be made durable.
    pub async fn close(&self) -> Result<(), AnnalsError> {
        self.inner.log.close().await?;
        let follower = self.inner.follower.lock().expect("held only to take the handle").take();
        if let Some(follower) = follower {
            // It ends with the log's subscription.
            follower.await.map_err(|error| AnnalsError::Background(error.to_string()))?;
        }
        self.inner.views.close()?;
        Ok(())
    }

    /// What is wrong with the log of a ledger that was opened for reading only: the log ends before
    /// it.
    pub fn damage(&self) -> Option<&Damage> {
        self.inner.log.damage()
    }

    /// Nothing, unless the ledger was opened for reading only.
    pub(crate) fn check_writable(&self) -> Result<(), AnnalsError> {
        if self.inner.log.is_read_only() { Err(AnnalsError::ReadOnly) } else { Ok(()) }
    }

    /// The ledger's time zone.
    pub fn zone(&self) -> &Zone {
        &self.inner.description.zone
    }

    /// The ledger's directory.
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// What the ledger says of itself.
    pub fn description(&self) -> &Description {
        &self.inner.description
    }

    /// The ledger's clock.
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// The log itself, for appends under conditions over several streams and for reading page by
    /// page. Events given to it must be sealed: [`Annals::append`] does that.
    pub fn log(&self) -> &dyn EventLog {
        &*self.inner.log
    }

    pub(crate) fn shared_log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.inner.log) as Arc<dyn EventLog>
    }

    async fn register_built_in_rules(&self, at: Instant) -> Result<(), AnnalsError> {
        let mut events = Vec::new();
        for projection in &self.inner.projections {
            if projection.built_in_rules().is_empty() {
                continue;
            }
            let text = projection.built_in_rules().to_owned();
            let (name, version) = (projection.id().to_owned(), version_in(&text));
            let ruleset = Ruleset { name, version, text };
            projection
                .check_rules(&ruleset.text)
                .map_err(|source| AnnalsError::Ruleset { name: ruleset.name.clone(), source })?;
            events.push(ruleset_event(&ruleset, at)?);
        }
        if !events.is_empty() {
            self.inner.log.append(Append::new(&events)?).await?;
        }
        Ok(())
    }
}

/// The event that registers a ruleset; its id follows from the name and version, so that
/// registering twice is one fact.
pub(crate) fn ruleset_event(ruleset: &Ruleset, at: Instant) -> Result<Event, AnnalsError> {
    let foreign = ruleset_foreign_id(ruleset);
    let mut envelope = Envelope::new(ruleset_id(ruleset), StreamId::Ledger, OccurredAt::utc(at));
    let bad = |error: annals_events::InvalidValue| {
        annals_events::FieldError::rule("data", error.expected, error.came)
    };
    envelope.source = Some(Source::new(OWN_SOURCE).map_err(bad)?);
    envelope.foreign_id = Some(Code::new(&foreign).map_err(bad)?);
    let registered = RulesetRegistered {
        name: Code::new(&ruleset.name).map_err(bad)?,
        version: VersionNumber::new(i64::from(ruleset.version)).map_err(bad)?,
        hash: ContentHash::of(ruleset.text.as_bytes()),
        text: annals_events::ClearText::new(&ruleset.text).map_err(bad)?,
    };
    Ok(Event::new(envelope, registered)?)
}

fn ruleset_foreign_id(ruleset: &Ruleset) -> String {
    format!("ruleset/{}/{}", ruleset.name, ruleset.version)
}

/// The id of the event that registers a ruleset.
pub(crate) fn ruleset_id(ruleset: &Ruleset) -> EventId {
    EventId::from_foreign(OWN_SOURCE, &ruleset_foreign_id(ruleset))
}

/// Where `init` puts the master key.
pub fn master_key_file(directory: &Path) -> PathBuf {
    directory.join("vault").join("master.key")
}

fn find_key(directory: &Path, place: &MasterKey) -> Result<Option<KeyEncryptionKey>, AnnalsError> {
    let file = match place {
        MasterKey::None => return Ok(None),
        MasterKey::Key(key) => return Ok(Some(key.clone())),
        MasterKey::File(file) => file.clone(),
        MasterKey::Ledger => {
            let file = master_key_file(directory);
            if !file.exists() {
                return Ok(None);
            }
            file
        }
    };
    Ok(Some(KeyEncryptionKey::from_file(&file)?))
}

/// Brings the projections up to the head whenever it moves, until the log is closed.
fn follow(log: &Arc<SledLog>, projector: &Arc<tokio::sync::Mutex<Projector>>) -> JoinHandle<()> {
    let (log, projector) = (Arc::clone(log), Arc::clone(projector));
    tokio::spawn(async move {
        let Ok(head) = log.head().await else { return };
        // Only to be told: what comes is read by the projector itself.
        let mut news = log.subscribe(head.next).ready_chunks(1024);
        loop {
            if let Err(error) = projector.lock().await.catch_up(&|_| {}).await {
                // The next question catches up itself and gets the error.
                tracing::warn!(%error, "the projections could not follow the log");
            }
            if news.next().await.is_none() {
                return;
            }
        }
    })
}

/// Whether a personal field is still clear.
pub(crate) fn is_clear(personal: &Personal) -> bool {
    matches!(personal.content(), PersonalContent::Clear(_))
}
