//! The part of the ruleset for conduct: current period, ladder, attitude, relationship, economics.
//!
//! A ruleset of an earlier version has none of these sections; the values that come with the
//! projection hold for it then.

use crate::rules::{in_range, percent};
use annals_events::Code;
use serde::Deserialize;
use serde::de::Deserializer;

/// The current period: the last days up to the day asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrentRules {
    /// How many days, 1 to 36500.
    #[serde(deserialize_with = "window")]
    pub window_days: i32,
}

/// From how many purchase occasions (recommendations) a customer stands on a rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderRules {
    /// Occasions of a client.
    #[serde(deserialize_with = "from_one")]
    pub client_occasions: u32,
    /// Occasions of a follower.
    #[serde(deserialize_with = "from_one")]
    pub follower_occasions: u32,
    /// Referrals made and favourable words of an advocate.
    #[serde(deserialize_with = "from_one")]
    pub advocate_recommendations: u32,
}

/// When behaviour and attitude are high.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttitudeRules {
    /// Occasions in the current period from which behaviour is high.
    #[serde(deserialize_with = "from_one")]
    pub occasions_min: u32,
    /// The answers that say whether the customer would recommend.
    pub recommendation: AnswerRules,
    /// The answers that say whether the customer is satisfied.
    pub satisfaction: AnswerRules,
}

/// Which survey answers count for what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRules {
    /// The items, by their codes.
    pub items: Vec<Code>,
    /// The low end of the scale; answers on another scale do not count.
    pub scale_min: i16,
    /// The high end.
    pub scale_max: i16,
    /// The value from which an answer is high.
    pub high_min: i16,
}

/// The checklist of relationship levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipRules {
    /// Days since the first purchase from which trade is long-standing.
    #[serde(deserialize_with = "from_one")]
    pub partner_days_min: u32,
    /// Key contacts, buyers and owners known.
    #[serde(deserialize_with = "from_one")]
    pub partner_contacts_min: u32,
}

/// The retention economics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EconomicsRules {
    /// Percentage points of churn whose effect on value is shown, 1 to 100.
    #[serde(deserialize_with = "percent")]
    pub churn_points: u8,
}

impl Default for CurrentRules {
    fn default() -> Self {
        Self { window_days: 365 }
    }
}

impl Default for LadderRules {
    fn default() -> Self {
        Self { client_occasions: 2, follower_occasions: 4, advocate_recommendations: 1 }
    }
}

impl Default for AttitudeRules {
    fn default() -> Self {
        let answers = |item, (scale_min, scale_max), high_min| AnswerRules {
            items: vec![Code::new(item).expect("a code")],
            scale_min,
            scale_max,
            high_min,
        };
        Self {
            occasions_min: 2,
            recommendation: answers("nps", (0, 10), 9),
            satisfaction: answers("csat", (1, 5), 4),
        }
    }
}

impl Default for RelationshipRules {
    fn default() -> Self {
        Self { partner_days_min: 1095, partner_contacts_min: 2 }
    }
}

impl Default for EconomicsRules {
    fn default() -> Self {
        Self { churn_points: 5 }
    }
}

fn window<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    in_range(from, 1..=36_500, "1 to 36500 days")
}

fn from_one<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    in_range(from, 1..=u32::MAX, "a whole number from 1")
}
