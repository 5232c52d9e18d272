//! The projection: fold, views and rules put together.

use crate::cut::{Cut, population_and_cut};
use crate::formulas::FORMULAS;
use crate::population::SatisfactionPopulation;
use crate::relevance::relevant;
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use crate::view::SatisfactionView;
use annals_events::{Code, Date, Event, PartyId, RecordedEvent, Zone};
use annals_projection::{Formula, Groups, Projection, RulesetError, ViewContext};

/// Satisfaction of customers: asked in surveys, said in complaints, felt at touchpoints.
#[derive(Clone, Debug)]
pub struct Satisfaction {
    zone: Zone,
}

impl Satisfaction {
    /// The projection of a ledger whose days are counted in this zone.
    pub fn new(zone: Zone) -> Self {
        Self { zone }
    }

    /// The measures of all customers, and those of each group of a cut in the order of the groups'
    /// names; what does not say which group it belongs to is in `not_stated`.
    pub fn population_and_cut(
        &self,
        customers: &[&(PartyId, SatisfactionState)],
        context: &ViewContext<'_, SatisfactionRules>,
        cut: &Cut,
    ) -> (SatisfactionPopulation, Vec<(String, SatisfactionPopulation)>) {
        population_and_cut(customers, context, cut)
    }

    /// A customer's class of a scheme on the day of the question; `None` where there is none.
    pub fn class(&self, state: &SatisfactionState, scheme: &Code, today: Date) -> Option<Code> {
        state.classes.class(scheme, today).cloned()
    }
}

impl Projection for Satisfaction {
    type State = SatisfactionState;
    type View = SatisfactionView;
    type Population = SatisfactionPopulation;
    type Rules = SatisfactionRules;

    const ID: &'static str = "satisfaction";
    const VERSION: u32 = 6;
    const BUILT_IN_RULES: &'static str = include_str!("../rules/satisfaction.toml");

    fn parse_rules(text: &str) -> Result<Self::Rules, RulesetError> {
        SatisfactionRules::parse(text, Self::ID)
    }

    fn apply(&self, state: &mut Self::State, event: &RecordedEvent) {
        state.apply(&event.event, &self.zone);
    }

    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]> {
        Some(relevant(event))
    }

    fn formulas(&self) -> &'static [Formula] {
        FORMULAS
    }

    fn view(&self, state: &Self::State, context: &ViewContext<'_, Self::Rules>) -> Self::View {
        SatisfactionView::of(state, context)
    }

    fn population(
        &self,
        customers: &[&(PartyId, Self::State)],
        context: &ViewContext<'_, Self::Rules>,
    ) -> Self::Population {
        SatisfactionPopulation::of(customers, context)
    }
    fn population_and_groups(
        &self,
        customers: &[&(PartyId, Self::State)],
        groups: &Groups,
        context: &ViewContext<'_, Self::Rules>,
    ) -> (Self::Population, Vec<Self::Population>) {
        SatisfactionPopulation::of_groups(customers, groups, context)
    }
}
