//! The states of all customers, read and decoded once for several questions.
//!
//! Decoding a million states takes longer than most questions to them, so whoever asks more than
//! one thing keeps them for as long as he asks. Nothing is kept behind anybody's back: each
//! [`CustomerStates`] holds states of its own, until it is dropped.

use crate::asking::{Shown, other_type};
use crate::classes::Classes;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::registry::AnyProjection;
use crate::states::States;
use annals_events::PartyId;
use annals_projection::{AsOf, Projection, Ruleset, ViewContext};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The states of all customers as of one place in time, to be asked any number of things. They are
/// read when something is first asked, and what is recorded later changes them no more.
pub struct CustomerStates<'a, P: Projection> {
    ledger: &'a Annals,
    as_of: AsOf,
    decoded: OnceCell<Decoded<P>>,
}

/// States with the projection they are of.
type Decoded<P> = (Arc<dyn AnyProjection>, Box<States<P>>);

/// What is shown of all customers together, and of each group of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Parted<T> {
    /// Of all.
    pub all: Arc<T>,
    /// Of each group that has customers.
    pub groups: BTreeMap<Vec<String>, Arc<T>>,
}

impl Annals {
    /// The states of all customers as of a place in time, for several questions.
    pub fn customer_states<P: Projection>(&self, as_of: AsOf) -> CustomerStates<'_, P> {
        CustomerStates { ledger: self, as_of, decoded: OnceCell::new() }
    }
}

impl<'a, P: Projection> CustomerStates<'a, P> {
    /// The ledger they are of.
    pub fn ledger(&self) -> &'a Annals {
        self.ledger
    }

    /// Their place in time.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Asks something of a projection's own of all states, under a ruleset that need not be in
    /// force; `None`: the one in force. `answer` gets the projection, the states in the order of
    /// customer ids, and all that a view may depend on.
    ///
    /// # Errors
    /// When the projection was not registered, or the log or a ruleset cannot be read.
    pub async fn ask<T>(
        &self,
        ruleset: Option<&Ruleset>,
        answer: impl FnOnce(&P, &[&(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<Shown<T>, AnnalsError> {
        let (projection, states) = self.decoded.get_or_try_init(|| self.decode()).await?;
        self.ledger
            .shown_under(&**projection, self.as_of, ruleset, |question| {
                states.ask(question, answer)
            })
            .await
    }

    /// What the projection shows of all customers together.
    ///
    /// # Errors
    /// As of [`ask`](Self::ask).
    pub async fn population(
        &self,
        ruleset: Option<&Ruleset>,
    ) -> Result<Shown<P::Population>, AnnalsError> {
        self.ask(ruleset, |projection, customers, context| {
            projection.population(customers, context)
        })
        .await
    }

    /// What the projection shows of all customers together, and of those of each class: of several
    /// schemes, of each combination of classes, one per scheme in their order.
    ///
    /// # Errors
    /// As of [`ask`](Self::ask).
    pub async fn population_by_class(
        &self,
        classes: &Classes,
        ruleset: Option<&Ruleset>,
    ) -> Result<Shown<Parted<P::Population>>, AnnalsError> {
        self.ask(ruleset, |projection, customers, context| {
            let (names, groups) = classes.groups(customers);
            // Where everybody is in one group, all are counted once.
            if names.len() == 1 {
                let all = Arc::new(projection.population(customers, context));
                let groups = names.into_iter().map(|name| (name, Arc::clone(&all))).collect();
                return Parted { all, groups };
            }
            let (all, groups) = projection.population_and_groups(customers, &groups, context);
            let groups = names.into_iter().zip(groups.into_iter().map(Arc::new)).collect();
            Parted { all: Arc::new(all), groups }
        })
        .await
    }

    async fn decode(&self) -> Result<Decoded<P>, AnnalsError> {
        let projection = self.ledger.projection(P::ID)?;
        let states = self.ledger.states(&projection, self.as_of).await?.into_any();
        Ok((projection, states.downcast().map_err(|_| other_type::<P>())?))
    }
}
