//! The ruleset: reporting currency, tiles, concentration shares, lifetime value's assumptions.
//!
//! Shares are written as plain numbers in the text and read as exact decimals of six places.

use crate::conduct_rules::{
    AttitudeRules, CurrentRules, EconomicsRules, LadderRules, RelationshipRules,
};
use annals_events::{Currency, Decimal, Period, Share};
use annals_projection::RulesetError;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// What loyalty is measured by. See `rules/loyalty.toml`, which comes with the projection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoyaltyRules {
    /// Always `loyalty`.
    #[serde(deserialize_with = "own_name")]
    pub name: String,
    /// The version of the ruleset, from 1.
    #[serde(deserialize_with = "version")]
    pub version: u32,
    /// The currency money is shown in; without one, the only currency there is.
    pub reporting_currency: Option<Currency>,
    /// How RFM scores are made.
    pub rfm: RfmRules,
    /// Which shares concentration is shown by.
    pub concentration: ConcentrationRules,
    /// What closed-form lifetime value assumes; without it the value is withheld.
    pub clv: Option<ClvRules>,
    /// The current period.
    #[serde(default)]
    pub current: CurrentRules,
    /// The rungs of the ladder.
    #[serde(default)]
    pub ladder: LadderRules,
    /// When behaviour and attitude are high.
    #[serde(default)]
    pub attitude: AttitudeRules,
    /// The checklist of relationship levels.
    #[serde(default)]
    pub relationship: RelationshipRules,
    /// The retention economics.
    #[serde(default)]
    pub economics: EconomicsRules,
}

/// How RFM scores are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RfmRules {
    /// How many tiles each ranking is cut into, 2 to 9.
    #[serde(deserialize_with = "tiles")]
    pub tiles: u8,
}

/// Which shares concentration is shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcentrationRules {
    /// How many of a hundred customers are the top ones, 1 to 100.
    #[serde(deserialize_with = "percent")]
    pub top_customers_percent: u8,
    /// The part of revenue whose customers are counted, 1 to 100 percent.
    #[serde(deserialize_with = "percent")]
    pub revenue_percent: u8,
}

/// What closed-form lifetime value assumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClvRules {
    /// The period retention and discount are given for.
    pub period: Period,
    /// r: the share of customers still there a period later.
    #[serde(deserialize_with = "share")]
    pub retention: Share,
    /// i: the discount rate per period, 0 to 10.
    #[serde(deserialize_with = "discount")]
    pub discount: Decimal,
    /// The share of revenue taken for margin where none was recorded.
    #[serde(default, deserialize_with = "optional_share")]
    pub margin_share: Option<Share>,
}

impl LoyaltyRules {
    /// Reads a ruleset.
    ///
    /// # Errors
    /// With line, column and reason, when the text is no such ruleset.
    pub fn parse(text: &str) -> Result<Self, RulesetError> {
        toml::from_str(text).map_err(|error: toml::de::Error| match error.span() {
            Some(span) => RulesetError::at(text, span.start, error.message()),
            None => RulesetError::whole(error.message()),
        })
    }
}

fn own_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name == "loyalty" { Ok(name) } else { Err(refused("the name \"loyalty\"", &name)) }
}

fn version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    in_range(from, 1..=u32::MAX, "a version from 1")
}

fn tiles<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    in_range(from, 2..=9, "2 to 9 tiles")
}

pub(crate) fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    in_range(from, 1..=100, "whole percent, 1 to 100")
}

pub(crate) fn in_range<'de, D: Deserializer<'de>, N: TryFrom<i64> + PartialOrd>(
    from: D,
    range: RangeInclusive<N>,
    expected: &str,
) -> Result<N, D::Error> {
    let number = i64::deserialize(from)?;
    N::try_from(number)
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| refused(expected, number))
}

fn share<'de, D: Deserializer<'de>>(from: D) -> Result<Share, D::Error> {
    let number = f64::deserialize(from)?;
    exact(number)
        .and_then(|number| Share::new(number).ok())
        .ok_or_else(|| refused("a share from 0 to 1 with at most six places", number))
}

fn optional_share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Share>, D::Error> {
    share(from).map(Some)
}

fn discount<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let number = f64::deserialize(from)?;
    let ten = Decimal::from_millionths(10_000_000);
    exact(number)
        .filter(|number| (Decimal::ZERO..=ten).contains(number))
        .ok_or_else(|| refused("a discount rate from 0 to 10 with at most six places", number))
}

/// The decimal that was written: the shortest one that reads back as the same binary number.
fn exact(number: f64) -> Option<Decimal> {
    number.to_string().parse().ok()
}

fn refused<E: Error>(expected: &str, came: impl Display) -> E {
    E::custom(format!("expected {expected}, came {came}"))
}
