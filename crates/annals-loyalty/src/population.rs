//! What is shown of all customers together.

use crate::behaviour_matrix::{BehaviourMatrix, BehaviourSegment, occasions};
use crate::concentration::Concentration;
use crate::customer_segment::{CustomerSegment, segments_of};
use crate::customer_value::ValueMatrix;
use crate::placed::Placed;
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
use annals_projection::{Groups, ViewContext, both, in_parallel, threads_at_once};
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

/// Customers with their states.
type Customers<'c> = [&'c (PartyId, LoyaltyState)];

impl LoyaltyPopulation {
    pub(crate) fn new(customers: &Customers<'_>, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        Self::with_groups(customers, &Groups::default(), context).0
    }

    /// The figures of all customers, and of each group of them. What is worked out customer by
    /// customer is worked out once; what ranks them or adds up their purchases is made of each
    /// group alone.
    pub(crate) fn with_groups(
        customers: &Customers<'_>,
        groups: &Groups,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> (Self, Vec<Self>) {
        let parted = groups.part(customers);
        let cuts: Vec<&Customers<'_>> =
            std::iter::once(customers).chain(parted.iter().map(Vec::as_slice)).collect();
        let placed = Placed::in_order(customers, groups.places());
        let counted = || Counted::of_all_and_groups(&placed, groups.count(), context);
        let values = || ValueMatrix::of_all_and_groups(&placed, groups.count(), context);
        let ranked = || {
            in_parallel(cuts.clone(), threads_at_once(), |customers| {
                both(|| Ranked::new(customers, context), || Referred::new(customers, context))
            })
        };
        let ((counted, values), ranked) = both(|| both(counted, values), ranked);
        let parts = cuts.iter().zip(counted).zip(values).zip(ranked).collect();
        let mut all =
            in_parallel(parts, threads_at_once(), |(((customers, counted), values), ranked)| {
                Self::of(customers, counted, values, ranked, context)
            })
            .into_iter();
        (all.next().expect("all customers are the first cut"), all.collect())
    }

    fn of(
        customers: &Customers<'_>,
        counted: Counted,
        value_matrix: ValueMatrix,
        (ranked, referred): (Ranked<'_>, Referred),
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let Ranked { purchasers, rfm, behaviour_matrix, concentration } = ranked;
        let Referred { won, word_of_mouth_value, referrals } = referred;
        let Counted { tally, ladder, loyalty_types } = counted;
        let rows = &purchasers.rows;
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

/// What is made of the purchases of all who bought, and of their ranks.
struct Ranked<'a> {
    purchasers: Purchasers<'a>,
    rfm: Option<BTreeMap<String, u64>>,
    behaviour_matrix: BehaviourMatrix,
    concentration: Concentration,
}

impl<'a> Ranked<'a> {
    fn new(customers: &Customers<'a>, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        let purchasers = Purchasers::new(customers, context);
        let scored = segments_of(&purchasers, context);
        let behaviour: Option<Vec<BehaviourSegment>> =
            scored.iter().map(|row| row.segment).collect();
        let behaviour = behaviour.filter(|_| purchasers.monetary.is_ok());
        Self {
            rfm: purchasers.monetary.is_ok().then(|| rfm(&scored)),
            behaviour_matrix: BehaviourMatrix::new(&purchasers, behaviour.as_deref()),
            concentration: Concentration::new(&purchasers, context.rules.concentration),
            purchasers,
        }
    }
}

/// What depends on who referred whom.
struct Referred {
    won: Won,
    word_of_mouth_value: WordOfMouthValue,
    referrals: ReferralCounts,
}

impl Referred {
    fn new(customers: &Customers<'_>, context: &ViewContext<'_, LoyaltyRules>) -> Self {
        Self {
            won: Won::new(customers, context),
            word_of_mouth_value: WordOfMouthValue::new(customers, context),
            referrals: referrals(customers),
        }
    }
}

/// What is counted customer by customer, in the order of their ids.
#[derive(Clone, Default)]
struct Counted {
    tally: Tally,
    ladder: BTreeMap<Rung, u64>,
    loyalty_types: LoyaltyTypeCounts,
}

impl Counted {
    /// The counts of all customers, and those of each of so many groups behind them.
    fn of_all_and_groups(
        customers: &[Placed<'_>],
        groups: usize,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Vec<Self> {
        let mut counted = vec![Self::default(); groups + 1];
        for placed in customers {
            let state = placed.state;
            let tally = Tally::of(state, context);
            let rung = standing::rung(state, context.rules);
            let has_bought = !state.purchases.is_empty();
            let loyalty_type =
                has_bought.then(|| LoyaltyStanding::new(state, context).loyalty_type);
            placed.for_all_and_group(&mut counted, |counted| {
                counted.tally.add(&tally);
                *counted.ladder.entry(rung).or_default() += 1;
                if let Some(loyalty_type) = loyalty_type {
                    counted.loyalty_types.count(loyalty_type);
                }
            });
        }
        counted
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
