//! Asking the ledger: who somebody is, what happened, and what the projections show, as of any
//! time.
//!
//! A question about now is answered from the saved states where they are at the head; any other is
//! answered from the log itself, so that it is exact whatever was late, corrected, retracted,
//! linked or unlinked since.

use crate::build::{Plan, build};
use crate::customer_history::history;
use crate::entry::Entry;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::people::Customer;
use crate::reference::Reference;
use crate::registry::{AnyProjection, Question, Registered, find};
use crate::states::{AnyStates, Part, Unfit, read_each};
use annals_events::codec::DecodeError;
use annals_events::{Date, Instant, PartyId, Position, StreamId, StreamVersion, Zone};
use annals_log::EventLog as _;
use annals_projection::{AsOf, Projection, Rates, Ruleset, RulesetCitation, ViewContext};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Saved states are decoded in so many parts a thread, so that no thread waits long for another.
const PARTS_PER_THREAD: usize = 4;
/// States folded for a question are decoded in parts of so many.
const CUSTOMERS_PER_PART: usize = 4096;

/// What is shown, and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown<T> {
    /// The measures.
    pub value: T,
    /// What they rest on.
    pub cites: Citation,
}

/// What a shown number rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// The projection.
    pub projection: String,
    /// The version of its fold.
    pub version: u32,
    /// The ruleset; `None` for a projection without rules.
    pub ruleset: Option<RulesetCitation>,
    /// Only events before this position were read.
    pub position: Position,
    /// The local day the question was asked on.
    pub as_of: Date,
    /// Only what occurred before this instant.
    pub occurred_before: Instant,
    /// Only what the ledger learned before this instant; `None`: all it knows.
    pub recorded_before: Option<Instant>,
}

/// A question with what it is answered under.
pub(crate) struct Asked {
    as_of: AsOf,
    ruleset: Ruleset,
    rates: Rates,
}

impl Asked {
    pub(crate) fn question<'a>(&'a self, zone: &'a Zone) -> Question<'a> {
        self.question_at(self.as_of, zone)
    }

    /// The question at another place in time, under the same rules and rates.
    pub(crate) fn question_at<'a>(&'a self, as_of: AsOf, zone: &'a Zone) -> Question<'a> {
        Question { as_of, zone, ruleset: &self.ruleset, rates: &self.rates }
    }
}

impl Annals {
    /// The question "now": everything that has occurred, as known.
    pub fn as_of_now(&self) -> AsOf {
        AsOf::instant(self.now().plus_seconds(1))
    }

    /// The customer that a party id or an alias (e-mail, telephone, member number ...) names, as
    /// known at the time of a question.
    ///
    /// # Errors
    /// When nobody goes by that name.
    pub async fn customer(&self, name: &str, as_of: AsOf) -> Result<Customer, AnnalsError> {
        let mut projector = self.inner.projector.lock().await;
        projector.learn_people().await?;
        match self.party_named(name).await? {
            Some(party) => {
                projector.people.customer_as_known(self.log(), &party, as_of.recorded_before).await
            }
            None => Err(AnnalsError::NoCustomer(name.to_owned())),
        }
    }

    async fn party_named(&self, name: &str) -> Result<Option<PartyId>, AnnalsError> {
        if let Ok(party) = PartyId::new(name) {
            let version = self.inner.log.stream_version(&StreamId::Party(party.clone())).await?;
            if version > StreamVersion::NONE {
                return Ok(Some(party));
            }
        }
        if self.inner.vault.is_locked() {
            return Ok(None);
        }
        Ok(self.inner.vault.find_alias(name)?.into_iter().next())
    }

    /// What a projection shows of a customer.
    ///
    /// # Errors
    /// When the projection was not registered, or the log or a ruleset cannot be read.
    pub async fn view<P: Projection>(
        &self,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Shown<P::View>, AnnalsError> {
        self.ask_customer::<P, _>(customer, as_of, |projection, state, context| {
            projection.view(state, context)
        })
        .await
    }

    /// What a projection shows of a customer, as JSON.
    ///
    /// # Errors
    /// When there is no such projection, or the log or a ruleset cannot be read.
    pub async fn view_json(
        &self,
        projection: &str,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Shown<Value>, AnnalsError> {
        let projection = self.projection(projection)?;
        let state = self.state(&projection, customer, as_of).await?;
        self.shown(&*projection, as_of, |question| projection.view(&state, question)).await
    }

    /// What a projection shows of all customers together.
    ///
    /// # Errors
    /// When the projection was not registered, or the log or a ruleset cannot be read.
    pub async fn population<P: Projection>(
        &self,
        as_of: AsOf,
    ) -> Result<Shown<P::Population>, AnnalsError> {
        self.customer_states::<P>(as_of).population(None).await
    }

    /// What a projection shows of all customers together, as JSON.
    ///
    /// # Errors
    /// When there is no such projection, or the log or a ruleset cannot be read.
    pub async fn population_json(
        &self,
        projection: &str,
        as_of: AsOf,
    ) -> Result<Shown<Value>, AnnalsError> {
        let projection = self.projection(projection)?;
        let states = self.states(&projection, as_of).await?;
        self.shown(&*projection, as_of, |question| states.population(question)).await
    }

    /// What a projection shows of every customer, in the order of their ids, as JSON.
    ///
    /// # Errors
    /// When there is no such projection, or the log or a ruleset cannot be read.
    pub async fn views_json(
        &self,
        projection: &str,
        as_of: AsOf,
    ) -> Result<Shown<Vec<(PartyId, Value)>>, AnnalsError> {
        let projection = self.projection(projection)?;
        let states = self.states(&projection, as_of).await?;
        self.shown(&*projection, as_of, |question| {
            Ok(states.customers().into_iter().zip(states.views(question)?).collect())
        })
        .await
    }

    /// Asks something of a projection's own of all states: a cut, a fit, a table that is no part of
    /// its population. `answer` gets the projection, the states in the order of customer ids, and
    /// all that a view may depend on. Several things, or under rules that are not in force, are
    /// asked of [`Self::customer_states`].
    ///
    /// # Errors
    /// When the projection was not registered, or the log or a ruleset cannot be read.
    pub async fn ask<P: Projection, T>(
        &self,
        as_of: AsOf,
        answer: impl FnOnce(&P, &[&(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<Shown<T>, AnnalsError> {
        self.customer_states::<P>(as_of).ask(None, answer).await
    }

    /// Asks something of a projection's own of one customer's state.
    ///
    /// # Errors
    /// When the projection was not registered, or the log or a ruleset cannot be read.
    pub async fn ask_customer<P: Projection, T>(
        &self,
        customer: &Customer,
        as_of: AsOf,
        answer: impl FnOnce(&P, &P::State, &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<Shown<T>, AnnalsError> {
        let projection = self.projection(P::ID)?;
        let typed = typed::<P>(&*projection)?;
        let state = self.state(&projection, customer, as_of).await?;
        self.shown(&*projection, as_of, |question| typed.ask(&state, question, answer)).await
    }

    /// The names of the projections, in the order they were registered.
    pub fn projections(&self) -> Vec<&'static str> {
        self.inner.projections.iter().map(|projection| projection.id()).collect()
    }

    pub(crate) fn projection(&self, id: &str) -> Result<Arc<dyn AnyProjection>, AnnalsError> {
        find(&self.inner.projections, id)
    }

    pub(crate) async fn shown<T>(
        &self,
        projection: &dyn AnyProjection,
        as_of: AsOf,
        show: impl FnOnce(&Question<'_>) -> Result<T, AnnalsError>,
    ) -> Result<Shown<T>, AnnalsError> {
        self.shown_under(projection, as_of, None, show).await
    }

    /// The same under a ruleset that need not be in force.
    pub(crate) async fn shown_under<T>(
        &self,
        projection: &dyn AnyProjection,
        as_of: AsOf,
        ruleset: Option<&Ruleset>,
        show: impl FnOnce(&Question<'_>) -> Result<T, AnnalsError>,
    ) -> Result<Shown<T>, AnnalsError> {
        let mut asked = self.asked(projection, as_of).await?;
        if let Some(ruleset) = ruleset {
            asked.ruleset = ruleset.clone();
        }
        let value = show(&asked.question(self.zone()))?;
        let cites = Citation {
            projection: projection.id().to_owned(),
            version: projection.version(),
            ruleset: (!asked.ruleset.text.is_empty()).then(|| asked.ruleset.citation()),
            position: self.inner.log.head().await?.next,
            as_of: as_of.day(self.zone()),
            occurred_before: as_of.occurred_before,
            recorded_before: as_of.recorded_before,
        };
        Ok(Shown { value, cites })
    }

    /// What a question is answered under: the rules and rates as known.
    pub(crate) async fn asked(
        &self,
        projection: &dyn AnyProjection,
        as_of: AsOf,
    ) -> Result<Asked, AnnalsError> {
        let reference = Reference::read(self.log(), as_of.recorded_before).await?;
        let ruleset = reference.ruleset(projection.id(), projection.built_in_rules());
        Ok(Asked { as_of, ruleset, rates: reference.rates })
    }

    /// A customer's state: the saved one where it answers the question, else folded from the log.
    pub(crate) async fn state(
        &self,
        projection: &Arc<dyn AnyProjection>,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Vec<u8>, AnnalsError> {
        if as_of.recorded_before.is_none() {
            let head = self.inner.log.head().await?.next;
            let status = self.inner.views.status(&**projection)?;
            if status.is_some_and(|status| status.position == head)
                && let Some(entry) = self.inner.views.entry(&**projection, &customer.id)?
                && entry.last.occurred_at < as_of.occurred_before
            {
                return Ok(entry.state);
            }
        }
        let history = history(self.log(), customer, None, as_of.recorded_before).await?;
        Self::fold(projection, customer, None, history.before(as_of.occurred_before))
    }

    pub(crate) fn fold(
        projection: &Arc<dyn AnyProjection>,
        customer: &Customer,
        state: Option<&[u8]>,
        events: &[annals_events::RecordedEvent],
    ) -> Result<Vec<u8>, AnnalsError> {
        projection.fold(state, events).map_err(|error| AnnalsError::State {
            projection: projection.id(),
            customer: customer.id.to_string(),
            what: error.to_string(),
        })
    }

    /// All states that answer a question: the saved ones where they do, else folded from the log.
    pub(crate) async fn states(
        &self,
        projection: &Arc<dyn AnyProjection>,
        as_of: AsOf,
    ) -> Result<Box<dyn AnyStates>, AnnalsError> {
        let threads = self.inner.threads;
        self.decoded(projection, as_of, |parts| {
            Arc::clone(projection).states(parts, threads, as_of.occurred_before)
        })
        .await
    }

    /// What is made of each of a projection's states in its stored form, in the order of customer
    /// ids; none of them is kept.
    pub(crate) async fn each_state<T: Send>(
        &self,
        projection: &'static str,
        as_of: AsOf,
        make: impl Fn(PartyId, &[u8]) -> Result<T, DecodeError> + Sync,
    ) -> Result<Vec<Vec<T>>, AnnalsError> {
        self.decoded(&self.projection(projection)?, as_of, |parts| {
            read_each(projection, parts, self.inner.threads, as_of.occurred_before, &make)
        })
        .await
    }

    /// What decoding gives of the saved states where they answer a question, else of those folded
    /// from the log.
    async fn decoded<T>(
        &self,
        projection: &Arc<dyn AnyProjection>,
        as_of: AsOf,
        decode: impl Fn(Vec<Part>) -> Result<T, Unfit>,
    ) -> Result<T, AnnalsError> {
        let mut projector = self.inner.projector.lock().await;
        let threads = self.inner.threads;
        if as_of.recorded_before.is_none() {
            projector.catch_up(&|_| {}).await?;
            let mut decoded =
                decode(self.inner.views.parts(&**projection, PARTS_PER_THREAD * threads)?);
            if matches!(decoded, Err(Unfit::Unreadable)) {
                projector.rebuild(std::slice::from_ref(projection), &|_| {}).await?;
                decoded =
                    decode(self.inner.views.parts(&**projection, PARTS_PER_THREAD * threads)?);
            }
            match decoded {
                Ok(states) => return Ok(states),
                Err(Unfit::Undecodable(error)) => return Err(error),
                Err(Unfit::Later | Unfit::Unreadable) => {}
            }
        }
        let end = projector.learn_people().await?;
        let plan = Plan {
            log: self.shared_log(),
            projections: vec![Arc::clone(projection)],
            linked: Arc::new(projector.people.linked(as_of.recorded_before)),
            as_of,
            end,
            threads,
        };
        let built = build(plan, &|_| {}).await?;
        let mut entries = built.rows(0).peekable();
        let mut parts: Vec<Part> = Vec::new();
        while entries.peek().is_some() {
            let part = entries.by_ref().take(CUSTOMERS_PER_PART).map(|(customer, entry)| {
                let entry = Entry::from_bytes(entry).ok_or(Unfit::Unreadable)?;
                Ok((customer.clone(), entry))
            });
            parts.push(Box::new(part.collect::<Vec<_>>().into_iter()));
        }
        decode(parts).map_err(|unfit| match unfit {
            Unfit::Undecodable(error) => error,
            Unfit::Later | Unfit::Unreadable => {
                AnnalsError::Background("states folded for the question do not fit it".to_owned())
            }
        })
    }
}

fn typed<P: Projection>(projection: &dyn AnyProjection) -> Result<&Registered<P>, AnnalsError> {
    projection.as_any().downcast_ref().ok_or_else(other_type::<P>)
}

/// There is a projection with the id, but of another type.
pub(crate) fn other_type<P: Projection>() -> AnnalsError {
    AnnalsError::NoProjection {
        wanted: std::any::type_name::<P>().to_owned(),
        known: format!("another projection with the id {}", P::ID),
    }
}
