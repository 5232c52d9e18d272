//! Two answers side by side: who changed, from what to what, because of which events or which rule.

use crate::asking::Citation;
use crate::customer_history::recorded_events;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::registry::AnyProjection;
use annals_events::{EventId, PartyId, RecordedEvent};
use annals_projection::{AsOf, Change, Ruleset, changes, is_book_keeping};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The place in time.
    pub as_of: AsOf,
    /// The ruleset; `None`: the one in force.
    pub ruleset: Option<Ruleset>,
}

/// Two answers side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What changed in the figures of all customers together.
    pub population: Vec<Change>,
    /// The customers that changed, in the order of their ids.
    pub customers: Vec<CustomerComparison>,
    /// What the first answer rests on.
    pub before: Citation,
    /// What the second answer rests on.
    pub after: Citation,
}

/// What changed of one customer, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerComparison {
    /// The customer.
    pub customer: PartyId,
    /// What changed.
    pub changes: Vec<Change>,
    /// The events only one of the answers rests on: occurred, or learned, in between.
    pub because_of_events: Vec<EventId>,
    /// Whether the answers were read under different rules.
    pub because_of_rules: bool,
}

impl Annals {
    /// Compares what a projection shows at two places in time, or under two rulesets. The same on
    /// both sides gives no difference.
    ///
    /// # Errors
    /// When there is no such projection, or the log or a ruleset cannot be read.
    pub async fn compare(
        &self,
        projection: &str,
        before: &Side,
        after: &Side,
    ) -> Result<Comparison, AnnalsError> {
        let projection = self.projection(projection)?;
        let (old_views, old_all, old_cites) = self.side(&projection, before).await?;
        let (new_views, new_all, new_cites) = self.side(&projection, after).await?;
        let because_of_rules = old_cites.ruleset != new_cites.ruleset;
        let mut customers = Vec::new();
        let ids: std::collections::BTreeSet<_> =
            old_views.keys().chain(new_views.keys()).cloned().collect();
        for id in ids {
            let null = Value::Null;
            let changed =
                changes(old_views.get(&id).unwrap_or(&null), new_views.get(&id).unwrap_or(&null));
            if changed.is_empty() {
                continue;
            }
            let because_of_events = self.between(&id, before.as_of, after.as_of).await?;
            customers.push(CustomerComparison {
                customer: id,
                changes: changed,
                because_of_events,
                because_of_rules,
            });
        }
        Ok(Comparison {
            population: changes(&old_all, &new_all),
            customers,
            before: old_cites,
            after: new_cites,
        })
    }

    async fn side(
        &self,
        projection: &Arc<dyn AnyProjection>,
        side: &Side,
    ) -> Result<(BTreeMap<PartyId, Value>, Value, Citation), AnnalsError> {
        let states = self.states(projection, side.as_of).await?;
        let ruleset = side.ruleset.as_ref();
        let shown = self
            .shown_under(&**projection, side.as_of, ruleset, |question| {
                let views = states.customers().into_iter().zip(states.views(question)?);
                Ok((views.collect(), states.population(question)?))
            })
            .await?;
        let (views, all) = shown.value;
        Ok((views, all, shown.cites))
    }

    /// The events of a customer that only one of two places in time includes.
    async fn between(
        &self,
        customer: &PartyId,
        one: AsOf,
        other: AsOf,
    ) -> Result<Vec<EventId>, AnnalsError> {
        let customer = self.customer(customer.as_str(), other).await?;
        let recorded = recorded_events(self.log(), &customer, None).await?;
        // What mends or links counts from when it was learned, whenever it says it occurred.
        let includes = |as_of: AsOf, event: &RecordedEvent| {
            (is_book_keeping(&event.event) || event.event.occurred_at() < as_of.occurred_before)
                && as_of.recorded_before.is_none_or(|bound| event.recorded_at < bound)
        };
        let only_one =
            recorded.iter().filter(|event| includes(one, event) != includes(other, event));
        Ok(only_one.map(|event| event.event.id()).collect())
    }
}
