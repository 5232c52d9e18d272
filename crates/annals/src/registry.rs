//! Projections of different types held together: each is wrapped so that the runtime can fold,
//! store and show without knowing its state.

use crate::entry::Entry;
use crate::error::AnnalsError;
use annals_events::codec::{DecodeError, state_from_bytes, state_to_bytes};
use annals_events::{Event, PartyId, RecordedEvent, Zone};
use annals_projection::{AsOf, Formula, Projection, Rates, Ruleset, RulesetError, ViewContext};
use serde_json::Value;
use std::any::Any;

/// A projection whose state is not known at compile time.
pub(crate) trait AnyProjection: Send + Sync {
    fn id(&self) -> &'static str;
    fn version(&self) -> u32;
    fn built_in_rules(&self) -> &'static str;
    fn check_rules(&self, text: &str) -> Result<(), RulesetError>;
    fn check(&self, event: &RecordedEvent) -> Result<(), String>;
    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]>;
    fn formulas(&self) -> &'static [Formula];
    /// Folds events that are in order onto a state in its stored form.
    fn fold(&self, state: Option<&[u8]>, events: &[RecordedEvent]) -> Result<Vec<u8>, DecodeError>;
    fn view(&self, state: &[u8], question: &Question<'_>) -> Result<Value, AnnalsError>;
    /// The views of many customers, in their order.
    fn views(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
    ) -> Result<Vec<Value>, AnnalsError>;
    fn population(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
    ) -> Result<Value, AnnalsError>;
    fn as_any(&self) -> &dyn Any;
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
    fn rules(ruleset: &Ruleset) -> Result<P::Rules, AnnalsError> {
        P::parse_rules(&ruleset.text)
            .map_err(|source| AnnalsError::Ruleset { name: ruleset.name.clone(), source })
    }

    fn state(customer: &PartyId, bytes: &[u8]) -> Result<P::State, AnnalsError> {
        state_from_bytes(bytes).map_err(|error| AnnalsError::State {
            projection: P::ID,
            customer: customer.to_string(),
            what: error.to_string(),
        })
    }

    fn states(entries: &[(PartyId, Entry)]) -> Result<Vec<(PartyId, P::State)>, AnnalsError> {
        let state = |(customer, entry): &(PartyId, Entry)| {
            Ok((customer.clone(), Self::state(customer, &entry.state)?))
        };
        entries.iter().map(state).collect()
    }

    /// The view of a state, typed.
    pub(crate) fn typed_view(
        &self,
        state: &[u8],
        question: &Question<'_>,
    ) -> Result<P::View, AnnalsError> {
        let rules = Self::rules(question.ruleset)?;
        let state = state_from_bytes(state).map_err(|error| AnnalsError::State {
            projection: P::ID,
            customer: "the customer".to_owned(),
            what: error.to_string(),
        })?;
        let context = ViewContext::new(question.as_of, question.zone, &rules, question.rates);
        Ok(self.0.view(&state, &context))
    }

    /// The report over all states, typed.
    pub(crate) fn typed_population(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
    ) -> Result<P::Population, AnnalsError> {
        self.ask(entries, question, |projection, customers, context| {
            projection.population(customers, context)
        })
    }

    /// Something of the projection's own, asked of all states.
    pub(crate) fn ask<T>(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
        answer: impl FnOnce(&P, &[(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, AnnalsError> {
        let rules = Self::rules(question.ruleset)?;
        let context = ViewContext::new(question.as_of, question.zone, &rules, question.rates);
        Ok(answer(&self.0, &Self::states(entries)?, &context))
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

    fn fold(&self, state: Option<&[u8]>, events: &[RecordedEvent]) -> Result<Vec<u8>, DecodeError> {
        let mut state: P::State = state.map(state_from_bytes).transpose()?.unwrap_or_default();
        for event in events {
            if self.0.check(event).is_ok() {
                self.0.apply(&mut state, event);
            }
        }
        state_to_bytes(&state)
    }

    fn view(&self, state: &[u8], question: &Question<'_>) -> Result<Value, AnnalsError> {
        Ok(to_json(&self.typed_view(state, question)?))
    }

    fn views(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
    ) -> Result<Vec<Value>, AnnalsError> {
        self.ask(entries, question, |projection, customers, context| {
            customers.iter().map(|(_, state)| to_json(&projection.view(state, context))).collect()
        })
    }

    fn population(
        &self,
        entries: &[(PartyId, Entry)],
        question: &Question<'_>,
    ) -> Result<Value, AnnalsError> {
        Ok(to_json(&self.typed_population(entries, question)?))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn to_json(shown: &impl serde::Serialize) -> Value {
    serde_json::to_value(shown)
        .expect("views hold numbers, texts, lists and objects with text keys")
}
