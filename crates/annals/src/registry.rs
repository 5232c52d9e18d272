//! Projections of different types held together: each is wrapped so that the runtime can fold,
//! store and show without knowing its state.

use crate::error::AnnalsError;
use crate::states::{AnyStates, Part, States, Unfit, to_json};
use annals_events::codec::{DecodeError, state_from_bytes, write_state};
use annals_events::{Event, Instant, RecordedEvent, Zone};
use annals_projection::{AsOf, Formula, Projection, Rates, Ruleset, RulesetError, ViewContext};
use serde_json::Value;
use std::any::Any;
use std::sync::Arc;

/// A projection whose state is not known at compile time.
pub(crate) trait AnyProjection: Send + Sync {
    fn id(&self) -> &'static str;
    fn version(&self) -> u32;
    fn built_in_rules(&self) -> &'static str;
    fn check_rules(&self, text: &str) -> Result<(), RulesetError>;
    fn check(&self, event: &RecordedEvent) -> Result<(), String>;
    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]>;
    fn formulas(&self) -> &'static [Formula];
    /// Folds events that are in order onto a state in its stored form, and appends that of the new
    /// one.
    fn fold_into(
        &self,
        state: Option<&[u8]>,
        events: &[RecordedEvent],
        to: &mut Vec<u8>,
    ) -> Result<(), DecodeError>;
    /// The same as bytes of its own.
    fn fold(&self, state: Option<&[u8]>, events: &[RecordedEvent]) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        self.fold_into(state, events, &mut bytes)?;
        Ok(bytes)
    }
    fn view(&self, state: &[u8], question: &Question<'_>) -> Result<Value, AnnalsError>;
    /// Decodes states, all of which must have been folded from what occurred before a bound.
    fn states(
        self: Arc<Self>,
        parts: Vec<Part>,
        threads: usize,
        occurred_before: Instant,
    ) -> Result<Box<dyn AnyStates>, Unfit>;
    fn as_any(&self) -> &dyn Any;
}

/// The projection with a name.
pub(crate) fn find(
    projections: &[Arc<dyn AnyProjection>],
    id: &str,
) -> Result<Arc<dyn AnyProjection>, AnnalsError> {
    let found = projections.iter().find(|projection| projection.id() == id);
    found.cloned().ok_or_else(|| AnnalsError::NoProjection {
        wanted: id.to_owned(),
        known: projections.iter().map(|known| known.id()).collect::<Vec<_>>().join(", "),
    })
}

/// All that a view or report depends on beside the states.
pub(crate) struct Question<'a> {
    pub(crate) as_of: AsOf,
    pub(crate) zone: &'a Zone,
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) rates: &'a Rates,
}

pub(crate) struct Registered<P>(pub(crate) P);

impl<P: Projection> Registered<P> {
    pub(crate) fn rules(ruleset: &Ruleset) -> Result<P::Rules, AnnalsError> {
        P::parse_rules(&ruleset.text)
            .map_err(|source| AnnalsError::Ruleset { name: ruleset.name.clone(), source })
    }

    /// Something of the projection's own, asked of one state.
    pub(crate) fn ask<T>(
        &self,
        state: &[u8],
        question: &Question<'_>,
        answer: impl FnOnce(&P, &P::State, &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, AnnalsError> {
        let rules = Self::rules(question.ruleset)?;
        let state = state_from_bytes(state).map_err(|error| AnnalsError::State {
            projection: P::ID,
            customer: "the customer".to_owned(),
            what: error.to_string(),
        })?;
        let context = ViewContext::new(question.as_of, question.zone, &rules, question.rates);
        Ok(answer(&self.0, &state, &context))
    }
}

impl<P: Projection> AnyProjection for Registered<P> {
    fn id(&self) -> &'static str {
        P::ID
    }

    fn version(&self) -> u32 {
        P::VERSION
    }

    fn built_in_rules(&self) -> &'static str {
        P::BUILT_IN_RULES
    }

    fn check_rules(&self, text: &str) -> Result<(), RulesetError> {
        P::parse_rules(text).map(drop)
    }

    fn check(&self, event: &RecordedEvent) -> Result<(), String> {
        self.0.check(event)
    }

    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]> {
        self.0.concerns(event)
    }

    fn formulas(&self) -> &'static [Formula] {
        self.0.formulas()
    }

    fn fold_into(
        &self,
        state: Option<&[u8]>,
        events: &[RecordedEvent],
        to: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let mut state: P::State = state.map(state_from_bytes).transpose()?.unwrap_or_default();
        for event in events {
            if self.0.check(event).is_ok() {
                self.0.apply(&mut state, event);
            }
        }
        write_state(&state, to)
    }

    fn view(&self, state: &[u8], question: &Question<'_>) -> Result<Value, AnnalsError> {
        self.ask(state, question, |projection, state, context| {
            to_json(&projection.view(state, context))
        })
    }

    fn states(
        self: Arc<Self>,
        parts: Vec<Part>,
        threads: usize,
        occurred_before: Instant,
    ) -> Result<Box<dyn AnyStates>, Unfit> {
        let states = States::decode(self, parts, threads, occurred_before)?;
        Ok(Box::new(states))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
