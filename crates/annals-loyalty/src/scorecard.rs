//! The twelve metrics of loyalty, of one customer or of all, each with unit, window, n and
//! interval.
//!
//! One tally serves both: that of all customers is the sum of those of each. So a mean over one
//! customer is the customer's own number, without an interval. Retention and churn are parts of the
//! same base: customers who bought in the period before the current one.

use crate::conduct_rules::AnswerRules;
use crate::moments::{Cases, Moments};
use crate::particulars::{Particulars, PriceObservation, Selections};
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{CompetitorStance, OfferResponse, OfferType, Polarity};
use annals_projection::ViewContext;
use serde::Serialize;
use std::sync::LazyLock;

/// One of the twelve metrics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its number, 1 to 12.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// The number; null with `why`.
    pub value: Option<f64>,
    /// The unit of `value` and `interval`.
    pub unit: &'static str,
    /// Days up to the day asked about that are looked at; null where all days since the first event
    /// are.
    pub window_days: Option<i32>,
    /// Of how many observations: customers, offers, measurements, as `unit` says.
    pub n: u64,
    /// 95 %: Wilson's for shares, normal for means of two or more; null otherwise.
    pub interval: Option<[f64; 2]>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// What the metrics are made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    repeats: Moments,
    cross_sells: Moments,
    up_sells: Moments,
    selection_seconds: Moments,
    competitors: Moments,
    elasticity: Moments,
    defects: Cases,
    relationship_days: Moments,
    satisfaction: Moments,
    recommendations: Moments,
    retained: Cases,
    window_days: i32,
}

static NONE: LazyLock<Particulars> = LazyLock::new(Particulars::default);

impl Tally {
    pub(crate) fn of(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        let conduct = state.particulars.as_deref().unwrap_or(&NONE);
        let window_days = context.rules.current.window_days;
        let relationship = state.first_event.map(|first| context.today.days_since(first));
        Self {
            repeats: Moments::of(f64::from(state.occasions().saturating_sub(1))),
            cross_sells: Moments::of(accepted(conduct, OfferType::CrossSell)),
            up_sells: Moments::of(accepted(conduct, OfferType::UpSell)),
            selection_seconds: seconds(conduct.selections),
            competitors: attitude_to_competitors(conduct),
            elasticity: elasticities(&conduct.price_responses),
            defects: Cases {
                hits: conduct.defects_without_complaint.into(),
                n: conduct.defects_met.into(),
            },
            relationship_days: relationship
                .map(|days| Moments::of(days.into()))
                .unwrap_or_default(),
            satisfaction: latest_answer(conduct, &context.rules.attitude.satisfaction)
                .map(|value| Moments::of(value.into()))
                .unwrap_or_default(),
            recommendations: Moments::of(recommendations(state).into()),
            retained: retained(state, context),
            window_days,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.repeats.add(other.repeats);
        self.cross_sells.add(other.cross_sells);
        self.up_sells.add(other.up_sells);
        self.selection_seconds.add(other.selection_seconds);
        self.competitors.add(other.competitors);
        self.elasticity.add(other.elasticity);
        self.defects.add(other.defects);
        self.relationship_days.add(other.relationship_days);
        self.satisfaction.add(other.satisfaction);
        self.recommendations.add(other.recommendations);
        self.retained.add(other.retained);
        self.window_days = other.window_days;
    }

    /// The cases of retention.
    pub(crate) const fn retained(&self) -> Cases {
        self.retained
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let nobody = "there are no customers";
        let base = "nobody of the base: no purchase in the period before the current one";
        let window = Some(self.window_days);
        vec![
            mean(1, "repeat_purchases", "occasions per customer", self.repeats, nobody),
            mean(2, "cross_sells_accepted", "offers per customer", self.cross_sells, nobody),
            mean(3, "up_sells_accepted", "offers per customer", self.up_sells, nobody),
            mean(
                4,
                "selection_time",
                "seconds per timed choice",
                self.selection_seconds,
                "no choice was timed",
            ),
            mean(
                5,
                "competitor_attitude",
                "-1 (prefers, uses or considers them) to 1 (rejects them), per mention",
                self.competitors,
                "no competitor was mentioned",
            ),
            mean(
                6,
                "price_elasticity",
                "arc elasticity per observation",
                self.elasticity,
                "no price response with both quantities and two different prices",
            ),
            share(7, "defect_tolerance", "share of defects without complaint", None, self.defects)
                .or_why("no defect was met"),
            mean(8, "relationship_length", "days per customer", self.relationship_days, nobody),
            mean(
                9,
                "satisfaction",
                "latest answer, on the scale of the ruleset",
                self.satisfaction,
                "no satisfaction item was answered on the ruleset's scale",
            ),
            mean(
                10,
                "recommendations",
                "referrals made and favourable words, per customer",
                self.recommendations,
                nobody,
            ),
            share(11, "retention_rate", "share of the base", window, self.retained).or_why(base),
            share(12, "churn_rate", "share of the base", window, self.retained.others())
                .or_why(base),
        ]
    }
}

impl Metric {
    fn or_why(self, why: &'static str) -> Self {
        let why = self.value.is_none().then_some(why);
        Self { why, ..self }
    }
}

fn mean(
    number: u8,
    name: &'static str,
    unit: &'static str,
    of: Moments,
    why: &'static str,
) -> Metric {
    let (value, interval) = (of.mean(), of.interval());
    Metric { number, name, value, unit, window_days: None, n: of.n, interval, why: None }
        .or_why(why)
}

fn share(
    number: u8,
    name: &'static str,
    unit: &'static str,
    window_days: Option<i32>,
    of: Cases,
) -> Metric {
    let (value, interval) = (of.share(), of.interval());
    Metric { number, name, value, unit, window_days, n: of.n, interval, why: None }
}

fn accepted(conduct: &Particulars, sort: OfferType) -> f64 {
    let of_type = conduct.offers.values().filter(|offer| {
        offer.sort == Some(sort) && offer.response == Some(OfferResponse::Accepted)
    });
    crate::ratio::float(of_type.count())
}

#[expect(clippy::cast_precision_loss, reason = "sums of seconds, for an interval")]
fn seconds(selections: Selections) -> Moments {
    Moments {
        n: selections.count.into(),
        sum: selections.seconds as f64,
        squares: selections.squares as f64,
    }
}

fn attitude_to_competitors(conduct: &Particulars) -> Moments {
    let mut moments = Moments::default();
    for (stance, mentions) in &conduct.competitor_stances {
        let value = match stance {
            CompetitorStance::Rejects => 1.0,
            CompetitorStance::Compares => 0.0,
            CompetitorStance::Considering | CompetitorStance::Uses | CompetitorStance::Prefers => {
                -1.0
            }
        };
        let n = f64::from(*mentions);
        moments.add(Moments {
            n: u64::from(*mentions),
            sum: value * n,
            squares: value * value * n,
        });
    }
    moments
}

pub(crate) fn elasticities(observations: &[PriceObservation]) -> Moments {
    let mut moments = Moments::default();
    for elasticity in observations.iter().filter_map(arc_elasticity) {
        moments.add(Moments::of(elasticity));
    }
    moments
}

/// ((q2 - q1) / mid q) / ((p2 - p1) / mid p), mid = half the sum (Allen, Review of Economic
/// Studies 1(3), 1934). `None`
/// without both quantities, where the price did not change, or where all is 0.
#[expect(clippy::cast_precision_loss, reason = "the last step of a formula")]
fn arc_elasticity(seen: &PriceObservation) -> Option<f64> {
    let (before, after) = (seen.quantity_before?.to_f64(), seen.quantity_after?.to_f64());
    let (old, new) = (seen.price_old as f64, seen.price_new as f64);
    // The halves of both means cancel out.
    let elasticity = ((after - before) / (after + before)) / ((new - old) / (new + old));
    elasticity.is_finite().then_some(elasticity)
}

/// The latest answer to one of the items on their scale; of several on one day, that of the item
/// first by code.
pub(crate) fn latest_answer(conduct: &Particulars, rules: &AnswerRules) -> Option<i16> {
    let counts = |item: &&annals_events::Code| {
        let answer = conduct.answers.get(*item)?;
        let on_scale = (answer.min, answer.max) == (rules.scale_min, rules.scale_max);
        on_scale.then_some((answer.day, std::cmp::Reverse((*item).clone()), answer.value))
    };
    rules.items.iter().filter_map(|item| counts(&item)).max().map(|(_, _, value)| value)
}

/// Referrals made and favourable words heard.
pub(crate) fn recommendations(state: &LoyaltyState) -> u32 {
    let words = state
        .particulars
        .as_ref()
        .and_then(|conduct| conduct.word_of_mouth.get(&Polarity::Positive).copied());
    state.referrals_made().saturating_add(words.unwrap_or_default())
}

/// Whether a customer belongs to the base of retention, and is retained.
fn retained(state: &LoyaltyState, context: &ViewContext<'_, LoyaltyRules>) -> Cases {
    let window = context.rules.current.window_days;
    let start = context.today.plus_days(1 - window);
    let base = state.occasions_between(start.plus_days(-window), start.plus_days(-1)) > 0;
    let bought = state.occasions_between(start, context.today) > 0;
    Cases { hits: u64::from(base && bought), n: u64::from(base) }
}
