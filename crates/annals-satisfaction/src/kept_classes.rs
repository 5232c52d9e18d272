//! The classes of a customer, read from a stored state without making the state.
//!
//! Reports by class need nothing else of a million states, and making a state only to drop it again
//! takes twice as long. What lies before the classes is read and let go of piece by piece, what
//! lies behind them is not looked at. The two kinds of reading are held together by a test over
//! random events.

use crate::complaint_case::ComplaintCase;
use crate::cut::class_of;
use crate::episode::{Episode, EpisodeKey};
use crate::kano::KanoPair;
use crate::remedies::Remedies;
use crate::rest::{Class, Expectation};
use crate::sorted_map::SortedMap;
use crate::survey::Survey;
use annals_events::codec::{DecodeError, state_beginning_from_bytes};
use annals_events::{Code, Date};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A customer's classes, by scheme.
#[derive(Clone, Debug, Default)]
pub struct KeptClasses(SortedMap<Code, Class>);

impl KeptClasses {
    /// Those of a stored state of this version of the fold.
    ///
    /// # Errors
    /// When the bytes are no such state as far as its classes.
    pub fn from_state_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let state: StateBeginning = state_beginning_from_bytes(bytes)?;
        Ok(Self(state.rest.map(|rest| rest.classes).unwrap_or_default()))
    }

    /// The class of a scheme on a day; `None` where there is none.
    pub fn class(&self, scheme: &Code, today: Date) -> Option<&Code> {
        class_of(&self.0, scheme, today)
    }
}

/// A state as far as its rarer facts, field by field as in `SatisfactionState`.
#[derive(serde::Deserialize)]
struct StateBeginning {
    _codes: Passed<Code>,
    _surveys: Passed<Survey>,
    _purchase_days: Passed<Date>,
    _complaints: Passed<(Code, ComplaintCase)>,
    _episodes: Passed<(EpisodeKey, Episode)>,
    rest: Option<RestBeginning>,
}

/// These as far as the classes, field by field as in `Rest`.
#[derive(serde::Deserialize)]
struct RestBeginning {
    _other_remedies: Remedies,
    _kano: Passed<KanoPair>,
    _expectations: Passed<Expectation>,
    _orders: Passed<(Code, Vec<Code>)>,
    classes: SortedMap<Code, Class>,
}

/// A list, or a map as the list of its pairs, of which nothing is kept.
struct Passed<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Passed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pass<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pass<T> {
            type Value = Passed<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Passed<T>, A::Error> {
                while list.next_element::<T>()?.is_some() {}
                Ok(Passed(PhantomData))
            }
        }
        from.deserialize_seq(Pass(PhantomData))
    }
}
