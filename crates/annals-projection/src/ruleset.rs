//! Rulesets: the versioned thresholds, weights and schemes that views are read under.

use annals_events::ContentHash;
use serde::Serialize;
use std::fmt;

/// A ruleset as it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// Its name: that of the projection.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its text, TOML.
    pub text: String,
}

impl Ruleset {
    /// SHA-256 of the text.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.text.as_bytes())
    }

    /// What a shown number cites.
    pub fn citation(&self) -> RulesetCitation {
        RulesetCitation {
            name: self.name.clone(),
            version: self.version,
            hash: self.hash().to_string(),
        }
    }
}

/// Which ruleset a number was computed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesetCitation {
    /// The ruleset's name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, hexadecimal.
    pub hash: String,
}

/// Why a text is no ruleset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RulesetError {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The column, from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong and what was expected.
    pub what: String,
}

impl RulesetError {
    /// An error at a byte of the text.
    pub fn at(text: &str, byte: usize, what: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line: Some(line), column: Some(column), what: what.into() }
    }

    /// An error of the text as a whole.
    pub fn whole(what: impl Into<String>) -> Self {
        Self { line: None, column: None, what: what.into() }
    }
}

impl fmt::Display for RulesetError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => {
                write!(out, "line {line}, column {column}: {}", self.what)
            }
            _ => out.write_str(&self.what),
        }
    }
}
