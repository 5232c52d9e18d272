//! Money in one currency, or the reason why it cannot be given.
//!
//! The currency is the ruleset's, or the only one there is. Each day's total is converted by the
//! rate that holds on that day and rounded half away from zero to the minor unit; what cannot be
//! converted withholds the whole measure instead of leaving a part out.

use crate::day_total::DayTotal;
use annals_events::{Currency, Date, Money};
use annals_projection::Rates;

/// Why money is withheld, in a sentence that says what would help.
pub(crate) type Why = String;

/// The currency to report in: the ruleset's, else the only one there is, else none because nothing
/// was bought.
pub(crate) fn currency(
    ruleset: Option<Currency>,
    purchases: impl Iterator<Item = Currency>,
) -> Result<Option<Currency>, Why> {
    if ruleset.is_some() {
        return Ok(ruleset);
    }
    let mut only = None;
    for currency in purchases {
        match only {
            None => only = Some(currency),
            Some(first) if first == currency => {}
            Some(first) => {
                let (one, other) = (first.min(currency), first.max(currency));
                return Err(format!(
                    "purchases are in {one}, {other} and maybe more: name a reporting_currency in \
                     the ruleset and record the rates"
                ));
            }
        }
    }
    Ok(only)
}

/// The sum of the totals in minor units of a currency.
pub(crate) fn sum<'t>(
    totals: impl IntoIterator<Item = &'t DayTotal>,
    currency: Currency,
    rates: &Rates,
) -> Result<i64, Why> {
    let mut sum = 0_i64;
    for total in totals {
        let money = total.money().ok_or_else(too_large)?;
        let units = in_currency(money, currency, total.day, rates)?;
        sum = sum.checked_add(units).ok_or_else(too_large)?;
    }
    Ok(sum)
}

/// An amount of a day in minor units of a currency.
pub(crate) fn in_currency(
    money: Money,
    currency: Currency,
    day: Date,
    rates: &Rates,
) -> Result<i64, Why> {
    rates.convert(money, currency, day).map(Money::minor_units).ok_or_else(|| {
        format!(
            "no usable rate from {} to {currency} holds on {day}: record one as fx.rate_recorded",
            money.currency()
        )
    })
}

pub(crate) fn too_large() -> Why {
    "the amounts add up to more than 64 bits of minor units hold: look for a wrong amount"
        .to_owned()
}
