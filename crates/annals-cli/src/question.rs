//! What is asked of all customers: of which states, and under which rules.
//!
//! The two go together wherever a report computes more than its population's figures, so that no
//! part of it reads other rules than it cites, and all of it the same states, decoded once.

use crate::failure::Failure;
use annals::events::{Date, PartyId};
use annals::projection::{AsOf, Projection, Ruleset, ViewContext};
use annals::{Annals, CustomerStates};

/// A question to all customers.
pub(crate) struct Question<'q, P: Projection> {
    pub(crate) states: &'q CustomerStates<'q, P>,
    /// `None`: the rules in force.
    pub(crate) ruleset: Option<&'q Ruleset>,
}

impl<P: Projection> Clone for Question<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Projection> Copy for Question<'_, P> {}

impl<'q, P: Projection> Question<'q, P> {
    /// A question under the rules in force.
    pub(crate) fn in_force(states: &'q CustomerStates<'q, P>) -> Self {
        Self { states, ruleset: None }
    }

    pub(crate) fn ledger(&self) -> &'q Annals {
        self.states.ledger()
    }

    pub(crate) fn as_of(&self) -> AsOf {
        self.states.as_of()
    }

    /// The local day it is asked on.
    pub(crate) fn today(&self) -> Date {
        self.as_of().day(self.ledger().zone())
    }

    /// Asks something of a projection's own.
    pub(crate) async fn ask<T>(
        &self,
        answer: impl FnOnce(&P, &[&(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, Failure> {
        Ok(self.states.ask(self.ruleset, answer).await?.value)
    }
}
