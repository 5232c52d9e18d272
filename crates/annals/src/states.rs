//! All states that answer a question, decoded, whatever projection they are of.
//!
//! They come in parts, one behind the other in the order of customer ids, and each part is read and
//! decoded on a thread of its own; put together they are the same on any number of threads.

use crate::entry::Entry;
use crate::error::AnnalsError;
use crate::registry::{Question, Registered};
use annals_events::codec::{DecodeError, state_from_bytes};
use annals_events::{Instant, PartyId};
use annals_projection::{Projection, ViewContext, in_parallel, threads_at_once};
use serde_json::Value;
use std::any::Any;

/// Views are made in parts of so many customers.
const VIEWS_PER_PART: usize = 1024;

/// States are kept so many together: a list that grew to hold them all would be moved again and
/// again into fresh memory, which costs more than decoding.
const CUSTOMERS_PER_CHUNK: usize = 4096;

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
    chunks: Vec<Vec<(PartyId, P::State)>>,
}

impl<P: Projection> States<P> {
    /// Reads and decodes the parts; every entry must stand before a bound.
    pub(crate) fn decode(
        projection: std::sync::Arc<Registered<P>>,
        parts: Vec<Part>,
        threads: usize,
        occurred_before: Instant,
    ) -> Result<Self, Unfit> {
        let decode = |customer, bytes: &[u8]| Ok((customer, state_from_bytes(bytes)?));
        let chunks = read_each(P::ID, parts, threads, occurred_before, decode)?;
        Ok(Self { projection, chunks })
    }

    /// Something of the projection's own, asked of all states.
    pub(crate) fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&P, &[&(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, AnnalsError> {
        let customers: Vec<_> = self.chunks.iter().flatten().collect();
        let rules = Registered::<P>::rules(question.ruleset)?;
        let context = ViewContext::new(question.as_of, question.zone, &rules, question.rates);
        Ok(answer(&self.projection.0, &customers, &context))
    }
}

/// Reads the parts and makes something of each stored state, which alone is kept, in the order of
/// customer ids. Every entry must stand before a bound.
pub(crate) fn read_each<T: Send>(
    projection: &'static str,
    parts: Vec<Part>,
    threads: usize,
    occurred_before: Instant,
    make: impl Fn(PartyId, &[u8]) -> Result<T, DecodeError> + Sync,
) -> Result<Vec<Vec<T>>, Unfit> {
    let read = |part: Part| {
        let mut chunks: Vec<Vec<T>> = Vec::new();
        for entry in part {
            let (customer, entry) = entry?;
            if entry.last.occurred_at >= occurred_before {
                return Err(Unfit::Later);
            }
            let result = make(customer.clone(), &entry.state).map_err(|error| {
                Unfit::Undecodable(AnnalsError::State {
                    projection,
                    customer: customer.to_string(),
                    what: error.to_string(),
                })
            })?;
            if chunks.last().is_none_or(|chunk| chunk.len() == CUSTOMERS_PER_CHUNK) {
                chunks.push(Vec::with_capacity(CUSTOMERS_PER_CHUNK));
            }
            chunks.last_mut().expect("it was pushed where there was none").push(result);
        }
        Ok(chunks)
    };
    let read = in_parallel(parts, threads, read);
    Ok(read.into_iter().collect::<Result<Vec<_>, Unfit>>()?.into_iter().flatten().collect())
}

/// Letting go of a million states takes as long as some reports over them: all threads do it.
impl<P: Projection> Drop for States<P> {
    fn drop(&mut self) {
        in_parallel(std::mem::take(&mut self.chunks), threads_at_once(), drop);
    }
}

impl<P: Projection> AnyStates for States<P> {
    fn customers(&self) -> Vec<PartyId> {
        self.chunks.iter().flatten().map(|(customer, _)| customer.clone()).collect()
    }

    fn views(&self, question: &Question<'_>) -> Result<Vec<Value>, AnnalsError> {
        self.ask(question, |projection, customers, context| {
            let views = |part: &[&(PartyId, P::State)]| {
                let view = |(_, state): &&_| to_json(&projection.view(state, context));
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
