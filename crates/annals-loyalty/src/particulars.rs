//! What most customers of most ledgers have none of: refunds, referrals, offers, word of mouth and
//! the like. Kept apart from the purchases so that a customer who only buys costs no memory for it.

use crate::day_total::{DayTotal, plus};
use annals_events::{
    Code, CompetitorStance, CostType, Count, Currency, Date, Decimal, EventId, Money,
    OfferResponse, OfferType, PartyId, Polarity, PriceResponse, Relation, RelationshipLevel,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Particulars {
    /// What was bought together: the products of each purchase occasion that names some, in order
    /// and each once. In the order of the days.
    pub(crate) baskets: Vec<(Date, Vec<Code>)>,
    pub(crate) refunds: Vec<DayTotal>,
    pub(crate) returns_requested: u32,
    pub(crate) returns_received: u32,
    /// Margins of the purchases that record one, by day and currency.
    pub(crate) margins: BTreeMap<(Date, Currency), Margin>,
    pub(crate) referrals: BTreeMap<Code, Referral>,
    pub(crate) offers: BTreeMap<Code, Offer>,
    pub(crate) word_of_mouth: BTreeMap<Polarity, u32>,
    pub(crate) competitor_stances: BTreeMap<CompetitorStance, u32>,
    pub(crate) selections: Selections,
    pub(crate) defects_met: u32,
    /// Defects the customer did not complain of.
    pub(crate) defects_without_complaint: u32,
    /// Defects after which the customer bought all the same.
    pub(crate) defects_with_repurchase: u32,
    /// The latest answer to each item of a survey that was answered on a scale.
    pub(crate) answers: BTreeMap<Code, LatestAnswer>,
    pub(crate) price_responses: Vec<PriceObservation>,
    /// The latest measurement: the share of those reached who act, and how many are reached.
    pub(crate) network: Option<(Decimal, Count)>,
    /// Others the customer stands in a relation to.
    pub(crate) relations: BTreeMap<Relation, BTreeSet<PartyId>>,
    /// The latest assertion of how close the relationship is.
    pub(crate) level: Option<LevelAssertion>,
    /// Whether the customer ever showed interest: wrote, asked, answered, visited.
    pub(crate) interested: bool,
    /// Improvement ideas and suggestions given.
    pub(crate) ideas: u32,
    /// Reviews others can read.
    pub(crate) public_reviews: u32,
    /// Whether the customer was won by a referral.
    pub(crate) won_by_referral: bool,
    /// Minor units by purpose, day (rates are asked for by day) and currency.
    pub(crate) costs: BTreeMap<(CostType, Date, Currency), i64>,
}

/// What was earned on purchases that say so, and what those purchases came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Margin {
    pub(crate) minor_units: i64,
    pub(crate) revenue_minor_units: i64,
}

/// A referral by its number; the first party named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Referral {
    pub(crate) referred: Option<PartyId>,
    pub(crate) made: bool,
    pub(crate) converted: bool,
}

/// An offer by its number; the latest word counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) sort: Option<OfferType>,
    pub(crate) response: Option<OfferResponse>,
    /// The day of the latest answer.
    pub(crate) answered_on: Option<Date>,
}

/// A place on a scale, with the day it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LatestAnswer {
    pub(crate) day: Date,
    pub(crate) min: i16,
    pub(crate) max: i16,
    pub(crate) value: i16,
}

/// How a changed price was taken. Both prices are in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PriceObservation {
    pub(crate) response: PriceResponse,
    pub(crate) price_old: i64,
    pub(crate) price_new: i64,
    pub(crate) quantity_before: Option<Decimal>,
    pub(crate) quantity_after: Option<Decimal>,
}

/// How close somebody said the relationship is, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LevelAssertion {
    pub(crate) day: Date,
    pub(crate) level: RelationshipLevel,
    pub(crate) agreement: Option<Code>,
    pub(crate) evidence: Vec<EventId>,
}

/// How often choosing was timed, and how long it took together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selections {
    pub(crate) count: u32,
    pub(crate) seconds: i64,
    /// The sum of the squares, for an interval of the mean.
    pub(crate) squares: u128,
}

impl Particulars {
    pub(crate) fn add_to_basket(&mut self, day: Date, product: &Code) {
        let place = match self.baskets.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(place) => place,
            Err(place) => {
                self.baskets.insert(place, (day, Vec::new()));
                place
            }
        };
        if let Some((_, basket)) = self.baskets.get_mut(place)
            && let Err(place) = basket.binary_search(product)
        {
            basket.insert(place, product.clone());
        }
    }

    pub(crate) fn add_margin(&mut self, day: Date, margin: Money, revenue: Money) {
        let sum = self.margins.entry((day, margin.currency())).or_default();
        sum.minor_units = plus(sum.minor_units, margin.minor_units());
        sum.revenue_minor_units = plus(sum.revenue_minor_units, revenue.minor_units());
    }

    pub(crate) fn add_cost(&mut self, cost_type: CostType, day: Date, amount: Money) {
        let sum = self.costs.entry((cost_type, day, amount.currency())).or_default();
        *sum = plus(*sum, amount.minor_units());
    }

    pub(crate) fn referral(&mut self, code: &Code, referred: Option<&PartyId>) -> &mut Referral {
        let referral = self.referrals.entry(code.clone()).or_default();
        if referral.referred.is_none() {
            referral.referred = referred.cloned();
        }
        referral
    }

    pub(crate) fn offer(&mut self, code: &Code) -> &mut Offer {
        self.offers.entry(code.clone()).or_default()
    }
}
