//! What is shown of all customers together.

use crate::behaviour_matrix::{BehaviourMatrix, BehaviourSegment, occasions};
use crate::concentration::Concentration;
use crate::customer_segment::{CustomerSegment, segments_of};
use crate::customer_value::ValueMatrix;
use crate::purchasers::Purchasers;
use crate::ratio::count;
use crate::reporting::Why;
use crate::retention_economics::{RetentionEconomics, Won};
use crate::rules::LoyaltyRules;
use crate::scorecard::{Metric, Tally};
use crate::standing::{self, LoyaltyStanding, LoyaltyType, Rung};
use crate::state::LoyaltyState;
use crate::word_of_mouth_value::WordOfMouthValue;
use annals_events::{Currency, PartyId};
use annals_projection::{ViewContext, both};
use serde::Serialize;
use std::collections::BTreeMap;

/// Loyalty of all customers together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoyaltyPopulation {
    /// Customers with at least one purchase occasion: the base of all that follows but `referrals`.
    pub customers: u64,
    /// Customers who are known and have not bought: on the ladder they are suspects and prospects.
    pub never_bought: u64,
    /// Customers by their scores for recency, frequency and monetary, such as `555`; only scores
    /// somebody has. Null with `why`.
    pub rfm: Option<BTreeMap<String, u64>>,
    /// How often against how much.
    pub behaviour_matrix: BehaviourMatrix,
    /// How unevenly revenue is spread.
    pub concentration: Concentration,
    /// The currency of all money here; null where there is none or none can be named.
    pub currency: Option<Currency>,
    /// Purchase occasions: distinct days per customer.
    pub occasions: u64,
    /// Orders.
    pub orders: u64,
    /// Customers with at least two occasions.
    pub repeat_customers: u64,
    /// Referrals of all customers, those who never bought included.
    pub referrals: ReferralCounts,
    /// The twelve metrics over all customers, in the order of their numbers. Counts per customer
    /// and lengths include those who never bought.
    pub scorecard: Vec<Metric>,
    /// Customers by rung of the ladder, those who never bought included.
    pub ladder: BTreeMap<Rung, u64>,
    /// Customers who bought, by behavioural x attitudinal loyalty.
    pub loyalty_types: LoyaltyTypeCounts,
    /// Current against potential value.
    pub value_matrix: ValueMatrix,
    /// What customers' words are worth.
    pub word_of_mouth_value: WordOfMouthValue,
    /// The firm's own four numbers.
    pub retention_economics: RetentionEconomics,
    /// Why `rfm` is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Referrals, counted by their numbers within each customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReferralCounts {
    /// Referrals made.
    pub made: u64,
    /// Referrals that became a purchase.
    pub converted: u64,
}

/// Customers by behavioural x attitudinal loyalty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct LoyaltyTypeCounts {
    /// Buy and mean it.
    pub r#true: u64,
    /// Mean it and seldom buy.
    pub latent: u64,
    /// Buy without meaning it.
    pub spurious: u64,
    /// Neither.
    pub none: u64,
    /// Nobody asked them.
    pub attitude_unknown: u64,
}

impl LoyaltyPopulation {
    pub(crate) fn new(
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let ranked = || {
            let purchasers = Purchasers::new(customers, context);
            let scored = segments_of(&purchasers, context);
            let behaviour: Option<Vec<BehaviourSegment>> =
                scored.iter().map(|row| row.segment).collect();
            let behaviour = behaviour.filter(|_| purchasers.monetary.is_ok());
            let rfm = purchasers.monetary.is_ok().then(|| rfm(&scored));
            let matrix = BehaviourMatrix::new(&purchasers, behaviour.as_deref());
            let concentration = Concentration::new(&purchasers, context.rules.concentration);
            (purchasers, rfm, matrix, concentration)
        };
        let words = || (WordOfMouthValue::new(customers, context), referrals(customers));
        let values = || (ValueMatrix::new(customers, context), Won::new(customers, context));
        let counted = || Counted::new(customers, context);
        let (
            ((purchasers, rfm, behaviour_matrix, concentration), counted),
            ((value_matrix, won), (word_of_mouth_value, referrals)),
        ) = both(|| both(ranked, counted), || both(values, words));
        let rows = &purchasers.rows;
        let Counted { tally, ladder, loyalty_types } = counted;
        Self {
            customers: count(rows.len()),
            never_bought: count(customers.len() - rows.len()),
            rfm,
            behaviour_matrix,
            concentration,
            currency: purchasers.currency,
            occasions: occasions(&purchasers),
            orders: rows.iter().map(|row| row.orders).sum(),
            repeat_customers: count(rows.iter().filter(|row| row.frequency > 1).count()),
            referrals,
            value_matrix,
            word_of_mouth_value,
            retention_economics: RetentionEconomics::new(customers, &won, &tally, context),
            scorecard: tally.metrics(),
            ladder,
            loyalty_types,
            why: purchasers.monetary.as_ref().err().cloned(),
        }
    }
}

/// What is counted customer by customer, in the order of their ids.
struct Counted {
    tally: Tally,
    ladder: BTreeMap<Rung, u64>,
    loyalty_types: LoyaltyTypeCounts,
}

impl Counted {
    fn new(
        customers: &[&(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let mut tally = Tally::default();
        let mut ladder: BTreeMap<Rung, u64> = BTreeMap::new();
        let mut loyalty_types = LoyaltyTypeCounts::default();
        for (_, state) in in_order(customers) {
            tally.add(&Tally::of(state, context));
            *ladder.entry(standing::rung(state, context.rules)).or_default() += 1;
            if !state.purchases.is_empty() {
                loyalty_types.count(LoyaltyStanding::new(state, context).loyalty_type);
            }
        }
        Self { tally, ladder, loyalty_types }
    }
}

impl LoyaltyTypeCounts {
    fn count(&mut self, loyalty_type: Option<LoyaltyType>) {
        *match loyalty_type {
            Some(LoyaltyType::True) => &mut self.r#true,
            Some(LoyaltyType::Latent) => &mut self.latent,
            Some(LoyaltyType::Spurious) => &mut self.spurious,
            Some(LoyaltyType::None) => &mut self.none,
            None => &mut self.attitude_unknown,
        } += 1;
    }
}

/// The customers in the order of their ids, in which binary numbers are added up.
pub(crate) fn in_order<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
) -> Vec<&'a (PartyId, LoyaltyState)> {
    let mut customers = customers.to_vec();
    customers.sort_by(|(one, _), (other, _)| one.cmp(other));
    customers
}

fn rfm(scored: &[CustomerSegment<'_>]) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<(u8, u8, u8), u64> = BTreeMap::new();
    for row in scored {
        if let Some(m) = row.m {
            *counts.entry((row.r, row.f, m)).or_default() += 1;
        }
    }
    counts.into_iter().map(|((r, f, m), customers)| (format!("{r}{f}{m}"), customers)).collect()
}

fn referrals(customers: &[&(PartyId, LoyaltyState)]) -> ReferralCounts {
    customers.iter().fold(ReferralCounts::default(), |sum, (_, state)| ReferralCounts {
        made: sum.made + u64::from(state.referrals_made()),
        converted: sum.converted + u64::from(state.referrals_converted()),
    })
}
