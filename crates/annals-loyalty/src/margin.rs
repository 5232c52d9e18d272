//! What was earned on a customer's purchases between two days.
//!
//! What purchases recorded as their margin, and the ruleset's share of the revenue for which none
//! was recorded.

use crate::clv::MarginBasis;
use crate::day_total::within;
use crate::reporting::{self, Why, in_currency, too_large};
use crate::rules::ClvRules;
use crate::state::LoyaltyState;
use annals_events::{Currency, Date, Money};
use annals_projection::Rates;
use std::ops::RangeBounds;

/// The margin of the purchases of some days in millionths of a minor unit of a currency.
pub(crate) fn margin_millionths(
    state: &LoyaltyState,
    days: impl RangeBounds<Date>,
    currency: Currency,
    rules: &ClvRules,
    rates: &Rates,
) -> Result<(i128, MarginBasis), Why> {
    let bought = state.purchases.iter().filter(|total| days.contains(&total.day));
    let revenue = reporting::sum(bought, currency, rates)?;
    let (mut margin, mut covered) = (0_i128, 0_i128);
    let recorded = state.particulars.as_ref().map(|particulars| &particulars.margins);
    let recorded = recorded.into_iter().flatten().filter(|((day, _), _)| days.contains(day));
    let mut none_recorded = true;
    for ((day, from), sum) in recorded {
        none_recorded = false;
        let converted = |units| {
            let money = Money::new(within(units).ok_or_else(too_large)?, *from);
            in_currency(money, currency, *day, rates).map(i128::from)
        };
        margin += converted(sum.minor_units)?;
        covered += converted(sum.revenue_minor_units)?;
    }
    let uncovered = i128::from(revenue) - covered;
    let basis = match (none_recorded, uncovered) {
        (true, _) => MarginBasis::AssumedShare,
        (false, 0) => MarginBasis::Recorded,
        (false, _) => MarginBasis::Mixed,
    };
    let share = match (basis, rules.margin_share) {
        (MarginBasis::Recorded, _) => 0,
        (_, Some(share)) => i128::from(share.get().millionths()),
        (_, None) => {
            return Err(
                "purchases without a recorded margin, and the ruleset names no margin_share"
                    .to_owned(),
            );
        }
    };
    Ok((margin * 1_000_000 + uncovered * share, basis))
}
