//! Association rules for cross-selling: who buys these products also buys those (Agrawal,
//! Imielinski & Swami, SIGMOD 1993).
//!
//! A basket is what a customer bought in one purchase occasion, each product once; occasions whose
//! purchases name no products are no baskets. Thresholds are compared in whole numbers.

use crate::fp_growth::{Itemsets, frequent_itemsets};
use crate::ratio::{count, ratio};
use crate::state::LoyaltyState;
use annals_events::{Code, PartyId, Share};
use annals_projection::{in_parallel, threads_at_once};
use serde::Serialize;
use std::collections::HashMap;

/// More itemsets than this say nothing to anybody and would fill the memory.
const ITEMSETS_MAX: usize = 200_000;

/// One thread looks into the baskets of so many customers at a time.
const CUSTOMERS_PER_PART: usize = 65_536;

/// Which rules are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssociationLimits {
    /// The share of baskets a rule's products must lie in together; at least one basket in any
    /// case.
    pub min_support: Share,
    /// The share of the baskets with the condition that must hold the consequent too.
    pub min_confidence: Share,
    /// How many products a consequent may have; any number without one.
    pub max_consequent: Option<usize>,
}

/// What is bought together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Association {
    /// Baskets looked into.
    pub baskets: u64,
    /// Sets of one or more products with the minimal support.
    pub itemsets: u64,
    /// The rules by lift, confidence and support, the highest first, then by their products.
    pub rules: Vec<AssociationRule>,
}

/// Baskets with the products of `if` hold those of `then` too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssociationRule {
    /// The condition's products, in order.
    #[serde(rename = "if")]
    pub condition: Vec<Code>,
    /// The consequent's products, in order; none of the condition's.
    pub then: Vec<Code>,
    /// P(if and then): the share of baskets with all of them.
    pub support: f64,
    /// P(then | if).
    pub confidence: f64,
    /// P(then | if) / P(then): above 1 where the condition makes the consequent likelier.
    pub lift: f64,
    /// P(if and then) - P(if) P(then).
    pub leverage: f64,
    /// (1 - P(then)) / (1 - P(then | if)); null where it is infinite, at a confidence of 1.
    pub conviction: Option<f64>,
}

/// The minimal support lets through more itemsets than anybody can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {ITEMSETS_MAX} sets of products have a support of {min_support}: give a higher \
     minimal support"
)]
pub struct TooManyItemsets {
    /// The minimal support asked for.
    pub min_support: Share,
}

/// The rules in the customers' baskets.
///
/// # Errors
/// When the minimal support lets through too many sets of products.
pub fn association(
    customers: &[&(PartyId, LoyaltyState)],
    limits: AssociationLimits,
) -> Result<Association, TooManyItemsets> {
    let parts: Vec<_> = customers.chunks(CUSTOMERS_PER_PART).collect();
    let counted = in_parallel(parts.clone(), threads_at_once(), |part| {
        let (mut total, mut products) = (0, HashMap::<&Code, u64>::new());
        for basket in baskets(part) {
            total += 1;
            for product in basket {
                *products.entry(product).or_default() += 1;
            }
        }
        (total, products)
    });
    let total: u64 = counted.iter().map(|(total, _)| total).sum();
    let least = (u128::from(limits.min_support.get().millionths().unsigned_abs())
        * u128::from(total))
    .div_ceil(1_000_000);
    let least = u64::try_from(least).unwrap_or(u64::MAX);
    let products = frequent(counted.into_iter().map(|(_, products)| products), least);
    let number: HashMap<&Code, u32> = products.iter().copied().zip(0..).collect();
    let numbered = in_parallel(parts, threads_at_once(), |part| {
        let numbers = |basket: &[Code]| -> Vec<u32> {
            basket.iter().filter_map(|product| number.get(product).copied()).collect()
        };
        baskets(part).map(numbers).filter(|basket| !basket.is_empty()).collect::<Vec<_>>()
    });
    let itemsets = frequent_itemsets(numbered.into_iter().flatten(), least, ITEMSETS_MAX)
        .ok_or(TooManyItemsets { min_support: limits.min_support })?;
    let name = |item: &u32| {
        let product = products.get(usize::try_from(*item).ok()?)?;
        Some((*product).clone())
    };
    let mut rules = Vec::new();
    for (itemset, together) in &itemsets {
        for (condition, then) in splits(itemset, limits.max_consequent) {
            let counts = Counts::of(&itemsets, &condition, &then, *together, total);
            let Some(counts) = counts.filter(|counts| counts.reach(limits.min_confidence)) else {
                continue;
            };
            let names = |items: &[u32]| items.iter().filter_map(name).collect();
            rules.push(counts.rule(names(&condition), names(&then)));
        }
    }
    rules.sort_by(|one, other| {
        let rank = |rule: &AssociationRule| (rule.lift, rule.confidence, rule.support);
        let (one_rank, other_rank) = (rank(one), rank(other));
        other_rank
            .0
            .total_cmp(&one_rank.0)
            .then(other_rank.1.total_cmp(&one_rank.1))
            .then(other_rank.2.total_cmp(&one_rank.2))
            .then_with(|| (&one.condition, &one.then).cmp(&(&other.condition, &other.then)))
    });
    Ok(Association { baskets: total, itemsets: count(itemsets.len()), rules })
}

fn baskets<'s>(customers: &'s [&(PartyId, LoyaltyState)]) -> impl Iterator<Item = &'s [Code]> {
    customers.iter().flat_map(|(_, state)| state.baskets())
}

/// The products that at least so many baskets hold, in their order. No other is part of a frequent
/// itemset, and most products are bought rarely.
fn frequent<'s>(
    counted: impl Iterator<Item = HashMap<&'s Code, u64>>,
    least: u64,
) -> Vec<&'s Code> {
    let add = |mut all: HashMap<&'s Code, u64>, part| {
        for (product, count) in part {
            *all.entry(product).or_default() += count;
        }
        all
    };
    let all = counted.reduce(add).unwrap_or_default();
    let frequent = all.into_iter().filter(|(_, count)| *count >= least);
    let mut products: Vec<_> = frequent.map(|(product, _)| product).collect();
    products.sort_unstable();
    products
}

/// Every way to part an itemset into a condition and a consequent, neither of them empty.
fn splits(itemset: &[u32], max_consequent: Option<usize>) -> Vec<(Vec<u32>, Vec<u32>)> {
    let most = max_consequent.unwrap_or(usize::MAX).min(itemset.len().saturating_sub(1));
    let mut splits = vec![(Vec::new(), Vec::new())];
    for item in itemset {
        let mut more = Vec::new();
        for (condition, then) in &mut splits {
            if then.len() < most {
                let mut longer = then.clone();
                longer.push(*item);
                more.push((condition.clone(), longer));
            }
            condition.push(*item);
        }
        splits.append(&mut more);
    }
    splits.retain(|(condition, then)| !condition.is_empty() && !then.is_empty());
    splits
}

/// How many baskets hold what of a rule.
struct Counts {
    together: u64,
    condition: u64,
    then: u64,
    total: u64,
}

impl Counts {
    fn of(
        itemsets: &Itemsets,
        condition: &[u32],
        then: &[u32],
        together: u64,
        total: u64,
    ) -> Option<Self> {
        let (condition, then) = (*itemsets.get(condition)?, *itemsets.get(then)?);
        Some(Self { together, condition, then, total })
    }

    fn reach(&self, min_confidence: Share) -> bool {
        let wanted = u128::from(min_confidence.get().millionths().unsigned_abs());
        u128::from(self.together) * 1_000_000 >= wanted * u128::from(self.condition)
    }

    fn rule(&self, condition: Vec<Code>, then: Vec<Code>) -> AssociationRule {
        let [together, of_condition, of_then, total] =
            [self.together, self.condition, self.then, self.total].map(i128::from);
        let without = of_condition - together;
        AssociationRule {
            condition,
            then,
            support: ratio(together, total),
            confidence: ratio(together, of_condition),
            lift: ratio(together * total, of_condition * of_then),
            leverage: ratio(together * total - of_condition * of_then, total * total),
            conviction: (without > 0)
                .then(|| ratio((total - of_then) * of_condition, total * without)),
        }
    }
}
