//! The projection: ties the fold, the view and the population figures together.

use crate::fold;
use crate::formulas::FORMULAS;
use crate::population::LoyaltyPopulation;
use crate::relevance::relevant;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use crate::view::LoyaltyView;
use annals_events::{Event, PartyId, RecordedEvent, Zone};
use annals_projection::{Formula, Groups, Projection, RulesetError, ViewContext};

/// Loyalty of customers, by the days they bought on. The days are those of the ledger's time zone.
#[derive(Clone, Debug)]
pub struct Loyalty {
    zone: Zone,
}

impl Loyalty {
    /// The projection for a ledger in this time zone.
    pub const fn new(zone: Zone) -> Self {
        Self { zone }
    }
}

impl Projection for Loyalty {
    type State = LoyaltyState;
    type View = LoyaltyView;
    type Population = LoyaltyPopulation;
    type Rules = LoyaltyRules;

    const ID: &'static str = "loyalty";
    const VERSION: u32 = 2;
    const BUILT_IN_RULES: &'static str = include_str!("../rules/loyalty.toml");

    fn parse_rules(text: &str) -> Result<LoyaltyRules, RulesetError> {
        LoyaltyRules::parse(text)
    }

    fn apply(&self, state: &mut LoyaltyState, event: &RecordedEvent) {
        let day = self.zone.date_of(event.event.occurred_at());
        fold::apply(state, day, event.event.payload());
    }

    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]> {
        Some(relevant(event.payload()))
    }

    fn formulas(&self) -> &'static [Formula] {
        FORMULAS
    }

    fn view(&self, state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> LoyaltyView {
        LoyaltyView::new(state, context)
    }

    fn population(
        &self,
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> LoyaltyPopulation {
        LoyaltyPopulation::new(customers, context)
    }

    fn population_and_groups(
        &self,
        customers: &[&(PartyId, LoyaltyState)],
        groups: &Groups,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> (LoyaltyPopulation, Vec<LoyaltyPopulation>) {
        LoyaltyPopulation::with_groups(customers, groups, context)
    }
}
