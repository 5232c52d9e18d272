//! **Annals**: an event-sourced ledger of everything that happens between an organisation and its
//! customers.
//!
//! Open a directory, record facts, ask what they come to:
//!
//! ```
//! # async fn shown() -> Result<(), Box<dyn std::error::Error>> {
//! use annals::events::{Envelope, Event, EventId, Money, PurchaseCompleted, StreamId, Zone};
//! use annals::{Annals, Options, loyalty::Loyalty};
//!
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path().join("ledger");
//! let ledger = Annals::create(&directory, Zone::named("Europe/Berlin")?, Options::new()).await?;
//! let envelope = Envelope::new(
//!     EventId::new(uuid::Uuid::now_v7())?,
//!     StreamId::party("C-7")?,
//!     "2026-03-03T09:30:00+01:00".parse()?,
//! );
//! let total = Money::parse("24.90", "EUR".parse()?)?;
//! let purchase = PurchaseCompleted { order: None, lines: vec![], total, margin: None };
//! ledger.record(Event::new(envelope, purchase)?).await?;
//!
//! let as_of = ledger.as_of_now();
//! let customer = ledger.customer("C-7", as_of).await?;
//! let shown = ledger.view::<Loyalty>(&customer, as_of).await?;
//! assert_eq!(shown.value.occasions, 1);
//! ledger.close().await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(shown()).unwrap();
//! ```
//!
//! An acknowledged event is on the disk. Nothing is edited: corrections and retractions are events
//! too. Every figure can be asked as of any day, as known on any day, and cites the projection,
//! ruleset and position it rests on.
//!
//! Deliberately absent: a server. One process owns a ledger; what others need goes through it.

mod asking;
mod backup;
mod backup_error;
mod backup_manifest;
mod build;
mod bulk;
mod classes;
mod comparing;
mod customer_history;
mod customer_states;
mod description;
mod entry;
mod error;
mod explaining;
mod folded;
mod gathered;
mod importing;
mod keeping;
mod ledger;
mod options;
mod parked;
mod people;
mod projector;
mod reference;
mod registry;
mod restore;
mod rulebook;
mod salvage;
mod states;
mod timeline;
mod views;
mod writing;

pub use annals_events as events;
pub use annals_import as import;
pub use annals_lifecycle as lifecycle;
pub use annals_log as log;
pub use annals_loyalty as loyalty;
pub use annals_projection as projection;
pub use annals_satisfaction as satisfaction;
pub use annals_sled::{CopyError, Damage, VerifyReport, verify_directory};
pub use annals_vault as vault;
pub use asking::{Citation, Shown};
pub use backup::Backup;
pub use backup_error::BackupError;
pub use bulk::Each;
pub use classes::Classes;
pub use comparing::{Comparison, CustomerComparison, Side};
pub use customer_states::{CustomerStates, Parted};
pub use description::{Description, LEDGER_FORMAT};
pub use error::{AnnalsError, ErrorKind};
pub use explaining::{ExplainedFormula, Explanation, RuleLine};
pub use importing::{ImportName, ImportReport, Rejected};
pub use keeping::{ProjectionStatus, Status};
pub use ledger::{Annals, OWN_SOURCE, master_key_file};
pub use options::{MasterKey, Options};
pub use parked::Parked;
pub use people::Customer;
pub use restore::{Restored, restore};
pub use rulebook::{RegisteredRuleset, check_ruleset};
pub use salvage::{LostEvents, SalvageDamage, SalvageReport, SalvageState, salvage};
pub use timeline::{Step, TimelineEntry};
