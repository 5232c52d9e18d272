//! The codes of one customer's answers and moments, each kept once.
//!
//! Items, aspects and touchpoints repeat from survey to survey, so records hold a place in this
//! table instead of the code. Places are given in the order of first use, which the order of the
//! events fixes; nothing shown depends on them.

use annals_events::Code;
use serde::{Deserialize, Serialize};

/// Codes in the order they were first used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CodeTable(Vec<Code>);

/// A place in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CodeIndex(u32);

impl CodeTable {
    /// The place of a code, set aside where it is new.
    pub(crate) fn place(&mut self, code: &Code) -> CodeIndex {
        let known = self.0.iter().position(|known| known == code);
        let place = known.unwrap_or_else(|| {
            self.0.push(code.clone());
            self.0.len() - 1
        });
        CodeIndex(u32::try_from(place).expect("a customer has fewer than 2^32 codes"))
    }

    /// The code at a place this table gave.
    pub(crate) fn code(&self, place: CodeIndex) -> &Code {
        self.0.get(place.0 as usize).expect("places are given by the table they are asked of")
    }

    /// Something about each code, to be asked by place.
    pub(crate) fn map<T>(&self, of: impl FnMut(&Code) -> T) -> ByCode<T> {
        ByCode(self.0.iter().map(of).collect())
    }
}

/// Something about each code of a table.
pub(crate) struct ByCode<T>(Vec<T>);

impl<T> ByCode<T> {
    pub(crate) fn get(&self, place: CodeIndex) -> &T {
        self.0.get(place.0 as usize).expect("made from the table that gave the place")
    }
}
