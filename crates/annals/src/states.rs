//! All states that answer a question, decoded, whatever projection they are of.
//!
//! They come in parts, one behind the other in the order of customer ids, and each part is read and
//! decoded on a thread of its own; put together they are the same on any number of threads.

use crate::entry::Entry;
use crate::error::AnnalsError;
use crate::registry::{Question, Registered};
use annals_events::codec::state_from_bytes;
use annals_events::{Instant, PartyId};
use annals_projection::{Projection, ViewContext, in_parallel, threads_at_once};
use serde_json::Value;
use std::any::Any;

/// Views are made in parts of so many customers.
const VIEWS_PER_PART: usize = 1024;

/// Fewer states are not worth a thread to let go of them.
const CUSTOMERS_PER_THREAD_MIN: usize = 4096;

/// Some of the states, in the order of customer ids.
pub(crate) type Part = Box<dyn Iterator<Item = Result<(PartyId, Entry), Unfit>> + Send>;

/// Why states do not answer a question.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// One of them cannot be read.
    Unreadable,
    /// One of them has folded what occurred at the bound of the question or later.
    Later,
    /// One of them is no state of the projection.
    Undecodable(AnnalsError),
}

/// States of a projection that is not known at compile time.
pub(crate) trait AnyStates: Send {
    /// The customers, in the order of their ids.
    fn customers(&self) -> Vec<PartyId>;
    /// The view of each, in that order.
    fn views(&self, question: &Question<'_>) -> Result<Vec<Value>, AnnalsError>;
    /// What is shown of all together.
    fn population(&self, question: &Question<'_>) -> Result<Value, AnnalsError>;
    /// The states as those of the projection they are of.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// States of one projection, in the order of customer ids.
pub(crate) struct States<P: Projection> {
    projection: std::sync::Arc<Registered<P>>,
    customers: Vec<(PartyId, P::State)>,
}

impl<P: Projection> States<P> {
    /// Reads and decodes the parts; every entry must stand before a bound.
    pub(crate) fn decode(
        projection: std::sync::Arc<Registered<P>>,
        parts: Vec<Part>,
        threads: usize,
        occurred_before: Instant,
    ) -> Result<Self, Unfit> {
        let decode = |part: Part| {
            part.map(|entry| {
                let (customer, entry) = entry?;
                if entry.last.occurred_at >= occurred_before {
                    return Err(Unfit::Later);
                }
                let state = state_from_bytes(&entry.state).map_err(|error| {
                    Unfit::Undecodable(AnnalsError::State {
                        projection: P::ID,
                        customer: customer.to_string(),
                        what: error.to_string(),
                    })
                })?;
                Ok((customer, state))
            })
            .collect::<Result<Vec<_>, Unfit>>()
        };
        let decoded: Vec<_> =
            in_parallel(parts, threads, decode).into_iter().collect::<Result<_, _>>()?;
        let mut customers = Vec::with_capacity(decoded.iter().map(Vec::len).sum());
        for mut part in decoded {
            customers.append(&mut part);
        }
        Ok(Self { projection, customers })
    }

    /// Takes the states out, each with its customer.
    pub(crate) fn take(&mut self) -> Vec<(PartyId, P::State)> {
        std::mem::take(&mut self.customers)
    }

    /// Something of the projection's own, asked of all states.
    pub(crate) fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&P, &[(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, AnnalsError> {
        let rules = Registered::<P>::rules(question.ruleset)?;
        let context = ViewContext::new(question.as_of, question.zone, &rules, question.rates);
        Ok(answer(&self.projection.0, &self.customers, &context))
    }
}

/// Letting go of a million states takes as long as some reports over them: all threads do it.
impl<P: Projection> Drop for States<P> {
    fn drop(&mut self) {
        let threads = threads_at_once();
        let part_size = self.customers.len().div_ceil(threads).max(CUSTOMERS_PER_THREAD_MIN);
        in_parallel(self.customers.chunks_mut(part_size).collect(), threads, |part| {
            for (_, state) in part {
                drop(std::mem::take(state));
            }
        });
    }
}

impl<P: Projection> AnyStates for States<P> {
    fn customers(&self) -> Vec<PartyId> {
        self.customers.iter().map(|(customer, _)| customer.clone()).collect()
    }

    fn views(&self, question: &Question<'_>) -> Result<Vec<Value>, AnnalsError> {
        self.ask(question, |projection, customers, context| {
            let views = |part: &[(PartyId, P::State)]| {
                let view = |(_, state): &_| to_json(&projection.view(state, context));
                part.iter().map(view).collect::<Vec<_>>()
            };
            let parts = customers.chunks(VIEWS_PER_PART).collect();
            in_parallel(parts, threads_at_once(), views).into_iter().flatten().collect()
        })
    }

    fn population(&self, question: &Question<'_>) -> Result<Value, AnnalsError> {
        self.ask(question, |projection, customers, context| {
            to_json(&projection.population(customers, context))
        })
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A view or report as JSON.
pub(crate) fn to_json(shown: &impl serde::Serialize) -> Value {
    serde_json::to_value(shown)
        .expect("views hold numbers, texts, lists and objects with text keys")
}
