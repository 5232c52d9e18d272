//! What was granted and paid to make things good: counts, and sums per currency.
//!
//! Granted and paid are kept apart, because the same remedy is first the one and then the other:
//! adding them would count it twice. Never converted here.

use crate::sorted_map::SortedMap;
use annals_events::{Currency, Money};
use serde::{Deserialize, Serialize};

/// Remedies granted and paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remedies {
    pub(crate) granted: RemedySum,
    pub(crate) paid: RemedySum,
}

impl Remedies {
    /// Adds other remedies to these.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.granted.merge(&other.granted);
        self.paid.merge(&other.paid);
    }

    pub(crate) fn view(&self) -> RemedyView {
        RemedyView { granted: self.granted.totals(), paid: self.paid.totals() }
    }
}

/// How many, and what they are worth in minor units per currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemedySum {
    n: u64,
    money: SortedMap<Currency, i128>,
}

impl RemedySum {
    /// Adds one remedy; those without an amount (an apology, a repair) are only counted.
    pub(crate) fn add(&mut self, amount: Option<Money>) {
        self.n += 1;
        if let Some(amount) = amount {
            *self.money.entry(amount.currency()) += i128::from(amount.minor_units());
        }
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        for (currency, sum) in other.money.iter() {
            *self.money.entry(*currency) += sum;
        }
    }

    fn totals(&self) -> RemedyTotals {
        let money = self.money.iter().map(|(currency, sum)| MoneyTotal::new(*sum, *currency));
        RemedyTotals { n: self.n, money: money.collect() }
    }
}

/// Remedies as they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemedyView {
    /// Promised.
    pub granted: RemedyTotals,
    /// Paid or given.
    pub paid: RemedyTotals,
}

/// How many remedies, and their worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemedyTotals {
    /// How many, those without a worth in money included.
    pub n: u64,
    /// Their worth, one sum per currency, in the order of the codes.
    pub money: Vec<MoneyTotal>,
}

/// A sum in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MoneyTotal {
    /// A decimal with the currency's own number of digits; null where withheld.
    pub amount: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// Why the amount is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl MoneyTotal {
    fn new(minor_units: i128, currency: Currency) -> Self {
        let fits = i64::try_from(minor_units).ok();
        let amount = fits.map(|units| Money::new(units, currency).amount());
        let why = fits.is_none().then(|| {
            format!("the sum of {minor_units} minor units is beyond what an amount can hold")
        });
        Self { amount, currency, why }
    }
}
