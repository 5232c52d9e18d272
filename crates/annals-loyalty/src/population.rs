//! What is shown of all customers together.

use crate::behaviour_matrix::{BehaviourMatrix, BehaviourSegment, occasions};
use crate::concentration::Concentration;
use crate::customer_segment::{CustomerSegment, segments_of};
use crate::purchasers::Purchasers;
use crate::ratio::count;
use crate::reporting::Why;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Currency, PartyId};
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

/// Loyalty of all customers together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoyaltyPopulation {
    /// Customers with at least one purchase occasion: the base of all that follows but `referrals`.
    pub customers: u64,
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

impl LoyaltyPopulation {
    pub(crate) fn new(
        customers: &[(PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let purchasers = Purchasers::new(customers, context);
        let scored = segments_of(&purchasers, context);
        let behaviour: Option<Vec<BehaviourSegment>> =
            scored.iter().map(|row| row.segment).collect();
        let behaviour = behaviour.filter(|_| purchasers.monetary.is_ok());
        let rows = &purchasers.rows;
        Self {
            customers: count(rows.len()),
            rfm: purchasers.monetary.is_ok().then(|| rfm(&scored)),
            behaviour_matrix: BehaviourMatrix::new(&purchasers, behaviour.as_deref()),
            concentration: Concentration::new(&purchasers, context.rules.concentration),
            currency: purchasers.currency,
            occasions: occasions(&purchasers),
            orders: rows.iter().map(|row| row.orders).sum(),
            repeat_customers: count(rows.iter().filter(|row| row.frequency > 1).count()),
            referrals: referrals(customers),
            why: purchasers.monetary.as_ref().err().cloned(),
        }
    }
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

fn referrals(customers: &[(PartyId, LoyaltyState)]) -> ReferralCounts {
    customers.iter().fold(ReferralCounts::default(), |sum, (_, state)| ReferralCounts {
        made: sum.made + u64::from(state.referrals_made()),
        converted: sum.converted + u64::from(state.referrals_converted()),
    })
}
