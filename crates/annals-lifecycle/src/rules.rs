//! Schemes: how a customer's stage follows from facts.

use crate::activity::Activity;
use crate::alert_rules::AlertRule;
use crate::condition::Condition;
use crate::rules_text;
use annals_events::{Currency, Decimal};
use annals_projection::RulesetError;

/// A lifecycle ruleset: several schemes, all in force at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRules {
    /// The ruleset's version, from 1.
    pub version: u32,
    /// The schemes in the order written; ids are distinct.
    pub schemes: Vec<Scheme>,
    /// How many days without an occasion are a lapse, several at once, ascending.
    pub lapse_days: Vec<i32>,
    /// What a customer-month is worth and how the future is discounted.
    pub markov: Option<MarkovRules>,
    /// How the effect of actions is compared.
    pub action_effect: Option<ActionEffectRules>,
    /// What gives warning, in the order written; ids are distinct.
    pub alerts: Vec<AlertRule>,
}

/// What the value of a customer by Markov states is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkovRules {
    /// Discount rate a month, above 0; 0.01 is 1 %.
    pub discount_rate_monthly: Decimal,
    /// The margin of a customer-month in the states N, A, R and D, in whole units of the currency;
    /// where the ruleset gives them.
    pub reward: Option<[Decimal; 4]>,
    /// Their currency.
    pub currency: Option<Currency>,
}

/// How customers after an action are compared with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionEffectRules {
    /// An occasion within so many days after the action is a return.
    pub returned_within_days: i32,
    /// The last days of the recency bands, ascending; a last band takes what is longer.
    pub recency_bands_days: Vec<i32>,
    /// The last counts of the frequency bands, ascending; a last band takes what is more.
    pub frequency_bands: Vec<u32>,
    /// With fewer customers on either side no effect is shown.
    pub customers_min: u64,
}

impl LifecycleRules {
    /// Reads a ruleset from TOML; see `docs/projections/lifecycle.md`.
    ///
    /// # Errors
    /// With line, column and reason.
    pub fn parse(text: &str) -> Result<Self, RulesetError> {
        rules_text::parse(text)
    }
}

/// One way of cutting a customer's life into stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Its id, such as `lifecycle-5`.
    pub id: String,
    /// How it decides.
    pub kind: SchemeKind,
    /// The stages in the order of a life, where the scheme says it: what goes against it is a step
    /// back. Stages outside a life (gone, lost) may be left out.
    pub life_order: Vec<String>,
}

/// How a scheme decides a customer's stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// By conditions: the first stage whose rule holds. The last one always does.
    Stages(Vec<Stage>),
    /// By the calendar months with a purchase occasion; [`Activity`] says how.
    CalendarMonthActivity {
        /// The name of those who are neither new, returning, resurrecting nor dormant.
        none: String,
    },
}

/// A stage and its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its id, distinct within the scheme.
    pub id: String,
    /// What the organisation does with customers in it, where the scheme says it.
    pub lever: Option<String>,
    /// The stage is entered when all conditions of one of these hold; a list with an empty list
    /// always holds.
    pub when: Vec<Vec<Condition>>,
}

impl Scheme {
    /// The ids of all stages, in the order written.
    pub fn stage_ids(&self) -> Vec<&str> {
        match &self.kind {
            SchemeKind::Stages(stages) => stages.iter().map(|stage| stage.id.as_str()).collect(),
            SchemeKind::CalendarMonthActivity { none } => {
                Activity::TOLD.iter().map(|told| told.name()).chain([none.as_str()]).collect()
            }
        }
    }
}
