//! The customers who bought something, with the three quantities that population figures are made
//! of: last day, frequency, monetary.

use crate::reporting::{self, Why};
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use annals_events::{Currency, Date, PartyId};
use annals_projection::ViewContext;

pub(crate) struct Purchasers<'a> {
    /// In the order of the customers' ids, by their bytes.
    pub(crate) rows: Vec<Purchaser<'a>>,
    /// The currency of `monetary`; `None` where it cannot be named.
    pub(crate) currency: Option<Currency>,
    /// What each row came to, in minor units, 0 or more; for all rows or, with the reason, none.
    pub(crate) monetary: Result<Vec<i64>, Why>,
}

pub(crate) struct Purchaser<'a> {
    pub(crate) customer: &'a PartyId,
    pub(crate) last_purchase: Date,
    /// Purchase occasions, from 1.
    pub(crate) frequency: u32,
    pub(crate) orders: u64,
}

impl<'a> Purchasers<'a> {
    pub(crate) fn new(
        customers: &[&'a (PartyId, LoyaltyState)],
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let mut bought: Vec<_> =
            customers.iter().copied().filter(|(_, state)| !state.purchases.is_empty()).collect();
        bought.sort_by(|(one, _), (other, _)| one.cmp(other));
        let rows = bought
            .iter()
            .filter_map(|(customer, state)| {
                Some(Purchaser {
                    customer,
                    last_purchase: state.last_purchase()?,
                    frequency: state.occasions(),
                    orders: state.orders(),
                })
            })
            .collect();
        let spent = bought.iter().flat_map(|(_, state)| &state.purchases);
        let chosen = reporting::currency(
            context.rules.reporting_currency,
            spent.map(|total| total.currency),
        );
        let (currency, monetary) = match chosen {
            Ok(None) => (None, Ok(Vec::new())),
            Ok(Some(currency)) => {
                let sum = |(customer, state): &&(PartyId, LoyaltyState)| {
                    reporting::sum(&state.purchases, currency, context.rates)
                        .map_err(|why| format!("customer {customer}: {why}"))
                };
                (Some(currency), bought.iter().map(sum).collect())
            }
            Err(why) => (None, Err(why)),
        };
        Self { rows, currency, monetary }
    }
}
