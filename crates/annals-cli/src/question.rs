//! What is asked of all customers: of which ledger, as of when, and under which rules.
//!
//! The three go together wherever a report computes more than its population's figures, so that no
//! part of it reads other rules than it cites.

use crate::failure::Failure;
use annals::Annals;
use annals::events::PartyId;
use annals::projection::{AsOf, Projection, Ruleset, ViewContext};

/// A question to all customers.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) ledger: &'q Annals,
    pub(crate) as_of: AsOf,
    /// `None`: the rules in force.
    pub(crate) ruleset: Option<&'q Ruleset>,
}

impl<'q> Question<'q> {
    /// A question under the rules in force.
    pub(crate) fn in_force(ledger: &'q Annals, as_of: AsOf) -> Self {
        Self { ledger, as_of, ruleset: None }
    }

    /// Asks something of a projection's own.
    pub(crate) async fn ask<P: Projection, T>(
        &self,
        answer: impl FnOnce(&P, &[(PartyId, P::State)], &ViewContext<'_, P::Rules>) -> T,
    ) -> Result<T, Failure> {
        Ok(self.ledger.ask_under::<P, _>(self.ruleset, self.as_of, answer).await?.value)
    }
}
