//! The rulesets of a ledger: which are registered, registering another, asking under one that is
//! not in force.

use crate::asking::Shown;
use crate::error::AnnalsError;
use crate::ledger::{Annals, ruleset_event};
use crate::options::Options;
use crate::people::Customer;
use crate::reference::Reference;
use crate::registry::{AnyProjection, find};
use annals_events::{Instant, Position, Zone};
use annals_log::Placed;
use annals_projection::{AsOf, Ruleset, RulesetError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use toml::Spanned;

/// A ruleset as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisteredRuleset {
    /// Its name: that of the projection.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, hexadecimal.
    pub hash: String,
    /// Where it was registered.
    pub position: Position,
    /// When the ledger learned it.
    pub recorded_at: Instant,
    /// Its text, TOML.
    pub text: String,
}

impl Annals {
    /// All rulesets ever registered, in the order of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn rulesets(&self) -> Result<Vec<RegisteredRuleset>, AnnalsError> {
        Ok(Reference::read(self.log(), None).await?.registered)
    }

    /// Checks a ruleset's text and gives it with the name and version it gives itself.
    ///
    /// # Errors
    /// When it names no projection, has no version, or is not one of that projection: with line,
    /// column and reason.
    pub fn check_ruleset(&self, text: &str) -> Result<Ruleset, AnnalsError> {
        check(text, |name| self.projection(name))
    }

    /// Registers a ruleset: it is in force from now on. Registering the same one again changes
    /// nothing.
    ///
    /// # Errors
    /// When the text is no ruleset, or its version is not above the last one registered under its
    /// name.
    pub async fn register_ruleset(&self, text: &str) -> Result<Placed, AnnalsError> {
        let ruleset = self.check_ruleset(text)?;
        let registered = self.rulesets().await?;
        let last = registered.iter().rev().find(|known| known.name == ruleset.name);
        if let Some(last) = last
            && last.version >= ruleset.version
            && (last.version, &*last.text) != (ruleset.version, &*ruleset.text)
        {
            let what = format!(
                "expected a version above {}, the last registered, got {}: a registered ruleset never changes",
                last.version, ruleset.version
            );
            let place = head(text).ok().and_then(|head| head.version);
            let byte = place.map_or(0, |version| version.span().start);
            let source = RulesetError::at(text, byte, what);
            return Err(AnnalsError::Ruleset { name: ruleset.name, source });
        }
        let same = last.filter(|last| last.version == ruleset.version);
        let at = same.map_or_else(|| self.now(), |last| last.recorded_at);
        let event = match self.event(crate::ledger::ruleset_id(&ruleset)).await? {
            Some(known) if same.is_some() => known,
            _ => ruleset_event(&ruleset, at)?,
        };
        self.record(event).await
    }

    /// The ruleset of a name and version that was registered.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ruleset(&self, name: &str, version: u32) -> Result<Ruleset, AnnalsError> {
        let registered = self.rulesets().await?;
        let found = registered.iter().find(|known| known.name == name && known.version == version);
        let found = found.ok_or_else(|| AnnalsError::NoRuleset {
            wanted: format!("{name} version {version}"),
            known: registered
                .iter()
                .map(|known| format!("{} {}", known.name, known.version))
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        Ok(Ruleset { name: found.name.clone(), version: found.version, text: found.text.clone() })
    }

    /// What a projection would show of a customer under a ruleset that need not be in force.
    ///
    /// # Errors
    /// When there is no such projection, or the log or the ruleset cannot be read.
    pub async fn view_json_under(
        &self,
        ruleset: &Ruleset,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Shown<Value>, AnnalsError> {
        let projection = self.projection(&ruleset.name)?;
        let state = self.state(&projection, customer, as_of).await?;
        self.shown_under(&*projection, as_of, Some(ruleset), |question| {
            projection.view(&state, question)
        })
        .await
    }
}

/// Checks a ruleset's text without a ledger, as [`Annals::check_ruleset`] does, where it is one of
/// satisfaction, loyalty or lifecycle.
///
/// # Errors
/// As there.
pub fn check_ruleset(text: &str) -> Result<Ruleset, AnnalsError> {
    let built_in = Options::projections(Vec::new(), &Zone::utc());
    check(text, |name| find(&built_in, name))
}

/// What every ruleset says of itself, whatever else it holds.
#[derive(Deserialize)]
struct Head {
    name: Option<Spanned<toml::Value>>,
    version: Option<Spanned<toml::Value>>,
}

/// An error at a key of the head, or at the beginning where it is missing.
fn at_key(text: &str, key: Option<&Spanned<toml::Value>>, expected: &str) -> RulesetError {
    let (byte, got) = match key {
        Some(key) => (key.span().start, key.get_ref().to_string()),
        None => (0, "none".to_owned()),
    };
    RulesetError::at(text, byte, format!("{expected}, got {got}"))
}

fn head(text: &str) -> Result<Head, RulesetError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let byte = error.span().map_or(0, |span| span.start);
        RulesetError::at(text, byte, error.message())
    })
}

fn check(
    text: &str,
    projection: impl FnOnce(&str) -> Result<Arc<dyn AnyProjection>, AnnalsError>,
) -> Result<Ruleset, AnnalsError> {
    let refused = |name: &str| {
        let name = name.to_owned();
        |source| AnnalsError::Ruleset { name, source }
    };
    let Head { name: named, version } = head(text).map_err(refused("without a name"))?;
    let name = named.as_ref().and_then(|name| name.get_ref().as_str()).ok_or_else(|| {
        let error = at_key(text, named.as_ref(), "expected name = \"...\" at the top");
        refused("without a name")(error)
    })?;
    let number = version.as_ref().and_then(|version| version.get_ref().as_integer());
    let number = number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
    let Some(version) = number else {
        let expected = "expected version = a whole number from 1 at the top";
        return Err(refused(name)(at_key(text, version.as_ref(), expected)));
    };
    let projection = projection(name).map_err(|error| {
        let expected = match &error {
            AnnalsError::NoProjection { known, .. } => format!("expected name = one of {known}"),
            _ => return error,
        };
        refused(name)(at_key(text, named.as_ref(), &expected))
    })?;
    projection.check_rules(text).map_err(refused(name))?;
    Ok(Ruleset { name: name.to_owned(), version, text: text.to_owned() })
}
