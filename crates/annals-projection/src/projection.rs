//! What a projection is.

use crate::as_of::AsOf;
use crate::formula::Formula;
use crate::groups::Groups;
use crate::parallel::{both, in_parallel, threads_at_once};
use crate::rates::Rates;
use crate::ruleset::RulesetError;
use annals_events::{Date, Event, PartyId, RecordedEvent, Zone};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The code of a fold from a customer's events to a state, and of what is shown of states.
///
/// A customer's events arrive in the order they occurred, ties in the order they were recorded,
/// with corrections applied and retracted events left out; corrections, retractions and links
/// themselves do not arrive. All methods are pure: no clock, no IO, no randomness, no dependence on
/// the order of hash maps. Whatever depends on "today", on thresholds or on rates belongs in `view`
/// and `population`.
pub trait Projection: Send + Sync + 'static {
    /// What the fold keeps for one customer. Stored with bincode through serde: no
    /// `skip_serializing_if`, `untagged`, `tag`, `flatten` or `serde_json::Value` in it.
    type State: Default + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What is shown of one customer.
    type View: Serialize + Send + 'static;
    /// What is shown of all customers together.
    type Population: Serialize + Send + 'static;
    /// Thresholds, weights and schemes, read from a ruleset's text. `()` where there are none.
    type Rules: Send + Sync + 'static;

    /// The name: lower-case letters, digits and `_`; also the name of its ruleset.
    const ID: &'static str;
    /// The version of the fold; another version is another generation of states.
    const VERSION: u32;
    /// The ruleset that comes with the projection, as TOML; empty where it needs none.
    const BUILT_IN_RULES: &'static str;

    /// Reads a ruleset.
    ///
    /// # Errors
    /// With line, column and reason, when the text is no ruleset of this projection.
    fn parse_rules(text: &str) -> Result<Self::Rules, RulesetError>;

    /// Whether the fold can read an event, asked once when the event is met. An event refused here
    /// is parked with the reason and left out. Only projections over kinds of a service's own need
    /// it.
    ///
    /// # Errors
    /// With the reason, for `annals status`.
    fn check(&self, event: &RecordedEvent) -> Result<(), String> {
        let _ = event;
        Ok(())
    }

    /// Folds one event into a customer's state. Total, deterministic, infallible; clear fields
    /// only.
    fn apply(&self, state: &mut Self::State, event: &RecordedEvent);

    /// The measures, by their first keys in the view, that an event can change: what "the events
    /// behind a number" are. Never too few: folding only the events that concern a measure gives
    /// the same measure. `None`: it may change any.
    fn concerns(&self, event: &Event) -> Option<&'static [&'static str]> {
        let _ = event;
        None
    }

    /// How the measures of the view are computed.
    fn formulas(&self) -> &'static [Formula] {
        &[]
    }

    /// What is shown of one customer.
    fn view(&self, state: &Self::State, context: &ViewContext<'_, Self::Rules>) -> Self::View;

    /// What is shown of all customers, who come in the order of their ids. Reduced in that order,
    /// so that the same states give the same bytes on any number of threads.
    fn population(
        &self,
        customers: &[&(PartyId, Self::State)],
        context: &ViewContext<'_, Self::Rules>,
    ) -> Self::Population;

    /// What is shown of all customers, and of each group of them: `groups` says which one of so
    /// many each customer is in. The same as asking for each by itself, side by side; a projection
    /// may work out once instead what is the same of a customer in both.
    fn population_and_groups(
        &self,
        customers: &[&(PartyId, Self::State)],
        groups: &Groups,
        context: &ViewContext<'_, Self::Rules>,
    ) -> (Self::Population, Vec<Self::Population>) {
        let population =
            |customers: &[&(PartyId, Self::State)]| self.population(customers, context);
        both(
            || population(customers),
            || {
                let parted = groups.part(customers);
                in_parallel(parted, threads_at_once(), |customers| population(&customers))
            },
        )
    }
}

/// All a view may depend on beside the state.
pub struct ViewContext<'a, Rules> {
    /// The question's place in time.
    pub as_of: AsOf,
    /// The local day the question is asked on.
    pub today: Date,
    /// The ledger's time zone.
    pub zone: &'a Zone,
    /// The rules in force.
    pub rules: &'a Rules,
    /// Rates between currencies, as known.
    pub rates: &'a Rates,
}

impl<'a, Rules> ViewContext<'a, Rules> {
    /// A context for a question.
    pub fn new(as_of: AsOf, zone: &'a Zone, rules: &'a Rules, rates: &'a Rates) -> Self {
        Self { as_of, today: as_of.day(zone), zone, rules, rates }
    }
}
