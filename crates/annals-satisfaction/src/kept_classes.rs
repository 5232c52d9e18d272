//! The classes of a customer, as the fold keeps them, and read from a stored state without making
//! the state.
//!
//! Reports by class need nothing else of a million states, and making a state only to drop it again
//! takes many times as long. So they come first in it, and what lies behind them is not looked at.
//! The two kinds of reading are held together by a test over random events.

use crate::sorted_map::SortedMap;
use annals_events::codec::{DecodeError, state_beginning_from_bytes};
use annals_events::{Code, Date, PartyClassified};
use serde::{Deserialize, Serialize};

/// A customer's classes, by scheme: of each the one given last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeptClasses(SortedMap<Code, Class>);

/// A class of a scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Class {
    code: Option<Code>,
    /// The last day it holds.
    until: Option<Date>,
}

impl KeptClasses {
    /// Those of a stored state of this version of the fold.
    ///
    /// # Errors
    /// When the bytes are no such state as far as its classes.
    pub fn from_state_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        state_beginning_from_bytes(bytes)
    }

    pub(crate) fn give(&mut self, fact: &PartyClassified) {
        let class = Class { code: Some(fact.code.clone()), until: fact.until };
        *self.0.entry(fact.scheme.clone()) = class;
    }

    /// The class of a scheme on a day; `None` where there is none.
    pub fn class(&self, scheme: &Code, today: Date) -> Option<&Code> {
        let class = self.0.iter().find(|(known, _)| *known == scheme);
        let holds = class.filter(|(_, class)| class.until.is_none_or(|until| today <= until));
        holds.and_then(|(_, class)| class.code.as_ref())
    }
}
