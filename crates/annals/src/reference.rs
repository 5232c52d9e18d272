//! Reference data of the ledger's own stream: rulesets and rates, as known at a time.

use crate::error::AnnalsError;
use crate::rulebook::RegisteredRuleset;
use annals_events::{Instant, Payload, RecordedEvent, StreamId};
use annals_log::{Direction, EventLog, ReadError, VersionRange};
use annals_projection::{Rates, Ruleset};
use futures::StreamExt as _;

/// Rulesets and rates as known at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    /// In the order of the log.
    pub(crate) registered: Vec<RegisteredRuleset>,
    pub(crate) rates: Rates,
}

impl Reference {
    /// Reads the ledger's own stream, as known before an instant.
    pub(crate) async fn read(
        log: &dyn EventLog,
        recorded_before: Option<Instant>,
    ) -> Result<Self, AnnalsError> {
        let mut reference = Self::default();
        let mut events = log.read_stream(&StreamId::Ledger, VersionRange::ALL, Direction::Forwards);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) if recorded_before.is_some_and(|bound| event.recorded_at >= bound) => {
                    break;
                }
                Ok(event) => reference.learn(&event),
                // A kind of a later version: nothing this build reads its rules or rates from.
                Err(ReadError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(reference)
    }

    fn learn(&mut self, event: &RecordedEvent) {
        match event.event.payload() {
            Payload::RulesetRegistered(registered) => {
                self.registered.push(RegisteredRuleset {
                    name: registered.name.to_string(),
                    version: registered.version.get(),
                    hash: registered.hash.to_string(),
                    position: event.position,
                    recorded_at: event.recorded_at,
                    text: registered.text.to_string(),
                });
            }
            Payload::FxRateRecorded(rate) => self.rates.learn(rate),
            _ => {}
        }
    }

    /// The ruleset in force for a projection: the last registered, or the built-in one where none
    /// was.
    pub(crate) fn ruleset(&self, name: &str, built_in: &str) -> Ruleset {
        let last = self.registered.iter().rev().find(|registered| registered.name == name);
        let (version, text) = match last {
            Some(registered) => (registered.version, registered.text.clone()),
            None => (version_in(built_in), built_in.to_owned()),
        };
        Ruleset { name: name.to_owned(), version, text }
    }
}

/// The version a ruleset's text gives itself; 1 where it gives none.
pub(crate) fn version_in(text: &str) -> u32 {
    let table: Option<toml::Table> = text.parse().ok();
    let version = table.and_then(|table| table.get("version")?.as_integer());
    version.and_then(|version| u32::try_from(version).ok()).unwrap_or(1)
}
