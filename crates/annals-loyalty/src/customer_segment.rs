//! The scores of each customer among all: RFM and the behaviour matrix, row by row.

use crate::behaviour_matrix::{BehaviourSegment, behaviour_segments};
use crate::ntile::ntile_scores;
use crate::purchasers::Purchasers;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Money, PartyId};
use annals_projection::ViewContext;
use serde::Serialize;

/// One customer who has bought, among all who have. What needs money is null where money is
/// withheld; the population's `why` says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomerSegment<'a> {
    /// The customer.
    pub customer: &'a PartyId,
    /// Days from the last purchase to the day asked about.
    pub recency_days: i32,
    /// Purchase occasions.
    pub frequency: u32,
    /// All purchases together.
    pub monetary: Option<Money>,
    /// Recency score, from 1 (longest ago).
    pub r: u8,
    /// Frequency score, from 1 (most seldom).
    pub f: u8,
    /// Monetary score, from 1 (least).
    pub m: Option<u8>,
    /// The place in the behaviour matrix.
    pub segment: Option<BehaviourSegment>,
}

/// The customers who have bought, in the order of their ids, each with its scores.
pub fn customer_segments<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
    context: &ViewContext<'_, LoyaltyRules>,
) -> Vec<CustomerSegment<'a>> {
    segments_of(&Purchasers::new(customers, context), context)
}

pub(crate) fn segments_of<'a>(
    purchasers: &Purchasers<'a>,
    context: &ViewContext<'_, LoyaltyRules>,
) -> Vec<CustomerSegment<'a>> {
    let tiles = context.rules.rfm.tiles;
    let rows = &purchasers.rows;
    // Ascending by the last day is ascending by minus recency.
    let days: Vec<_> = rows.iter().map(|row| row.last_purchase).collect();
    let frequencies: Vec<_> = rows.iter().map(|row| row.frequency).collect();
    let r = ntile_scores(&days, tiles);
    let f = ntile_scores(&frequencies, tiles);
    let monetary = purchasers.monetary.as_deref().ok();
    let m = monetary.map(|units| ntile_scores(units, tiles));
    let segments = behaviour_segments(purchasers);
    let money = |row: usize| Some(Money::new(*monetary?.get(row)?, purchasers.currency?));
    let scored = rows.iter().zip(r).zip(f).enumerate();
    let segment =
        |(index, ((row, r), f)): (usize, ((&crate::purchasers::Purchaser<'a>, u8), u8))| {
            CustomerSegment {
                customer: row.customer,
                recency_days: context.today.days_since(row.last_purchase),
                frequency: row.frequency,
                monetary: money(index),
                r,
                f,
                m: m.as_ref().and_then(|scores| scores.get(index).copied()),
                segment: segments.as_ref().and_then(|all| all.get(index).copied()),
            }
        };
    scored.map(segment).collect()
}
