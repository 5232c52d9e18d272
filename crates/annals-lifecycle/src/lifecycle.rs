//! The projection: how the fold, the views and the figures hang together.

use crate::alert::{Alert, Watch};
use crate::alert_counts::{AlertCounts, AlertRow};
use crate::apply::apply;
use crate::formulas::FORMULAS;
use crate::population::LifecyclePopulation;
use crate::relevant::relevant;
use crate::rules::LifecycleRules;
use crate::standing::Standing;
use crate::state::LifecycleState;
use crate::view::LifecycleView;
use annals_events::{Decimal, Event, PartyId, RecordedEvent, Zone};
use annals_projection::{Formula, Groups, Projection, RulesetError, ViewContext, threads_at_once};
use std::collections::BTreeMap;

/// Fewer customers than this are not worth a thread.
const CUSTOMERS_A_PART_MIN: usize = 4096;
const PARTS_MAX: usize = 16;

/// The lifecycle projection of a ledger whose days are counted in a zone.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    zone: Zone,
}

impl Lifecycle {
    /// The projection for a ledger's zone.
    pub const fn new(zone: Zone) -> Self {
        Self { zone }
    }
}

impl Lifecycle {
    /// What is shown of all customers together, counted in so many parts, a thread for each. The
    /// number of parts changes nothing that is shown.
    pub fn population_in_parts(
        &self,
        customers: &[&(PartyId, LifecycleState)],
        context: &ViewContext<'_, LifecycleRules>,
        parts: usize,
    ) -> LifecyclePopulation {
        LifecyclePopulation::new(customers, context.rules, context.today, parts)
    }

    /// The warnings about a customer, given a model's probability that the customer is still one.
    /// Rules that read `p_alive` are silent where none is passed in.
    pub fn alerts(
        &self,
        state: &LifecycleState,
        context: &ViewContext<'_, LifecycleRules>,
        p_alive: Option<Decimal>,
    ) -> Vec<Alert> {
        let today = context.today;
        let standing = Standing::on(state, today);
        Watch { state, standing: &standing, today, p_alive }.alerts(&context.rules.alerts)
    }

    /// How many customers each rule warns of, given a model's probabilities that they are still
    /// customers. Those of the population report know none.
    pub fn alert_counts(
        &self,
        customers: &[&(PartyId, LifecycleState)],
        context: &ViewContext<'_, LifecycleRules>,
        p_alive: &BTreeMap<PartyId, Decimal>,
    ) -> Vec<AlertRow> {
        let (rules, today) = (context.rules, context.today);
        let mut counts = AlertCounts::new(&rules.alerts);
        for (customer, state) in customers {
            if state.first_event.is_some_and(|day| day <= today) {
                let standing = Standing::on(state, today);
                let p_alive = p_alive.get(customer).copied();
                counts.add(&Watch { state, standing: &standing, today, p_alive });
            }
        }
        counts.rows()
    }
}

/// A part too small is counted before a thread has begun.
fn parts(customers: usize) -> usize {
    threads_at_once().min(customers / CUSTOMERS_A_PART_MIN).clamp(1, PARTS_MAX)
}

impl Projection for Lifecycle {
    type State = LifecycleState;
    type View = LifecycleView;
    type Population = LifecyclePopulation;
    type Rules = LifecycleRules;

    const ID: &'static str = "lifecycle";
    const VERSION: u32 = 2;
    const BUILT_IN_RULES: &'static str = include_str!("../rules/lifecycle.toml");

    fn parse_rules(text: &str) -> Result<LifecycleRules, RulesetError> {
        LifecycleRules::parse(text)
    }

    fn apply(&self, state: &mut LifecycleState, event: &RecordedEvent) {
        apply(state, self.zone.date_of(event.event.occurred_at()), event);
    }

    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]> {
        Some(relevant(event.payload()))
    }

    fn formulas(&self) -> &'static [Formula] {
        FORMULAS
    }

    fn view(
        &self,
        state: &LifecycleState,
        context: &ViewContext<'_, LifecycleRules>,
    ) -> LifecycleView {
        LifecycleView::new(state, context.rules, context.today)
    }

    fn population(
        &self,
        customers: &[&(PartyId, LifecycleState)],
        context: &ViewContext<'_, LifecycleRules>,
    ) -> LifecyclePopulation {
        self.population_in_parts(customers, context, parts(customers.len()))
    }

    fn population_and_groups(
        &self,
        customers: &[&(PartyId, LifecycleState)],
        groups: &Groups,
        context: &ViewContext<'_, LifecycleRules>,
    ) -> (LifecyclePopulation, Vec<LifecyclePopulation>) {
        let groups = groups.part(customers);
        let groups: Vec<_> = groups.iter().map(Vec::as_slice).collect();
        let (rules, today) = (context.rules, context.today);
        LifecyclePopulation::with_groups(&groups, rules, today, parts(customers.len()))
    }
}
