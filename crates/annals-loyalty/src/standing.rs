//! Where a customer stands: the rung of the ladder, and behavioural x attitudinal loyalty.

use crate::particulars::Particulars;
use crate::rules::LoyaltyRules;
use crate::scorecard::{latest_answer, recommendations};
use crate::state::LoyaltyState;
use annals_projection::ViewContext;
use serde::Serialize;

/// The rungs of the ladder, from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Known, and nothing more.
    Suspect,
    /// Showed interest.
    Prospect,
    /// Bought.
    Customer,
    /// Came back.
    Client,
    /// Comes back again and again, and keeps it to himself.
    Follower,
    /// Buys and recommends.
    Advocate,
}

/// Behaviour against attitude (Dick & Basu, Journal of the Academy of Marketing Science 22(2),
/// 1994).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoyaltyType {
    /// Buys and means it.
    True,
    /// Means it and seldom buys.
    Latent,
    /// Buys without meaning it: habit, or nowhere else to go.
    Spurious,
    /// Neither.
    None,
}

/// Behavioural x attitudinal loyalty of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoyaltyStanding {
    /// The cell; null with `why` where attitude is unknown.
    #[serde(rename = "type")]
    pub loyalty_type: Option<LoyaltyType>,
    /// Occasions in the current period.
    pub occasions: u32,
    /// Whether they are enough for behaviour to be high.
    pub behaviour_high: bool,
    /// Whether attitude is high; null where it is unknown.
    pub attitude_high: Option<bool>,
    /// Days of the current period.
    pub window_days: i32,
    /// Why there is no cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// The highest rung a customer stands on.
pub(crate) fn rung(state: &LoyaltyState, rules: &LoyaltyRules) -> Rung {
    let occasions = state.occasions();
    let interested = state.particulars.as_ref().is_some_and(|conduct| conduct.interested);
    if occasions == 0 {
        return if interested { Rung::Prospect } else { Rung::Suspect };
    }
    if recommendations(state) >= rules.ladder.advocate_recommendations {
        Rung::Advocate
    } else if occasions >= rules.ladder.follower_occasions {
        Rung::Follower
    } else if occasions >= rules.ladder.client_occasions {
        Rung::Client
    } else {
        Rung::Customer
    }
}

impl LoyaltyStanding {
    pub(crate) fn new(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        let rules = &context.rules.attitude;
        let window_days = context.rules.current.window_days;
        let start = context.today.plus_days(1 - window_days);
        let occasions = state.occasions_between(start, context.today);
        let behaviour_high = occasions >= rules.occasions_min;
        let none = Particulars::default();
        let conduct = state.particulars.as_deref().unwrap_or(&none);
        let high = |answers| latest_answer(conduct, answers).map(|value| value >= answers.high_min);
        let attitude_high = high(&rules.recommendation).or_else(|| high(&rules.satisfaction));
        let loyalty_type = attitude_high.map(|attitude| match (behaviour_high, attitude) {
            (true, true) => LoyaltyType::True,
            (false, true) => LoyaltyType::Latent,
            (true, false) => LoyaltyType::Spurious,
            (false, false) => LoyaltyType::None,
        });
        let why = loyalty_type
            .is_none()
            .then_some("attitude is unknown: no recommendation or satisfaction item was answered");
        Self { loyalty_type, occasions, behaviour_high, attitude_high, window_days, why }
    }
}
