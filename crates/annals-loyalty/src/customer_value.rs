//! Customer value = historical + current + potential, and the matrix of current against potential.
//!
//! Historical is the margin up to the current period, current the margin in it, potential the
//! closed-form lifetime value of what is to come. High is at or above the mean of all who bought.

use crate::margin::margin_millionths;
use crate::placed::Placed;
use crate::ratio::{float, minor_units_per_unit, ratio};
use crate::reporting::Why;
use crate::rules::LoyaltyRules;
use crate::state::LoyaltyState;
use crate::view::LoyaltyView;
use annals_events::{Currency, PartyId};
use annals_projection::{ViewContext, in_parallel, threads_at_once};
use serde::Serialize;

/// What one customer is worth, in units of the currency. All null with `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CustomerValue {
    /// The margin of all days before the current period.
    pub historical: Option<f64>,
    /// The margin of the current period.
    pub current: Option<f64>,
    /// The closed-form lifetime value, variant `end_of_period`.
    pub potential: Option<f64>,
    /// The three together.
    pub total: Option<f64>,
    /// The currency.
    pub currency: Option<Currency>,
    /// Days of the current period, which ends on the day asked about.
    pub current_window_days: i32,
    /// Why the numbers are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl CustomerValue {
    /// `potential` and its reason come from the closed form of the same view.
    pub(crate) fn new(
        state: &LoyaltyState,
        clv: &crate::clv::ClvClosedForm,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Self {
        let current_window_days = context.rules.current.window_days;
        let empty = Self { current_window_days, ..Self::default() };
        let found = || {
            let (Some(potential), Some(currency)) = (clv.value, clv.currency) else {
                return Err(clv.why.clone().unwrap_or_default());
            };
            let rules = context.rules.clv.as_ref().ok_or("the ruleset has no [clv] section")?;
            let start = context.today.plus_days(1 - current_window_days);
            let units = |(millionths, _): (i128, _)| {
                ratio(millionths, 1_000_000) / ratio(minor_units_per_unit(currency.digits()), 1)
            };
            let before = margin_millionths(state, ..start, currency, rules, context.rates)?;
            let since = margin_millionths(state, start.., currency, rules, context.rates)?;
            let (historical, current) = (units(before), units(since));
            Ok(Self {
                historical: Some(historical),
                current: Some(current),
                potential: Some(potential),
                total: Some(historical + current + potential),
                currency: Some(currency),
                ..empty.clone()
            })
        };
        found().unwrap_or_else(|why| Self { why: Some(why), ..empty.clone() })
    }
}

/// The cells of the value matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueCell {
    /// Current and potential value are high: to be kept at all cost.
    Valuable,
    /// Much to come, little now.
    Growing,
    /// Much now, little to come.
    Fading,
    /// Both are low.
    LowValue,
}

/// The value matrix of all who bought. Null with `why`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValueMatrix {
    /// Current and potential value at or above the means.
    pub valuable: Option<u64>,
    /// Potential value alone.
    pub growing: Option<u64>,
    /// Current value alone.
    pub fading: Option<u64>,
    /// Neither.
    pub low_value: Option<u64>,
    /// The mean current value.
    pub mean_current: Option<f64>,
    /// The mean potential value.
    pub mean_potential: Option<f64>,
    /// Why the numbers are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Values are worked out in parts of so many customers.
const CUSTOMERS_PER_PART: usize = 16_384;

/// A customer's value and cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerValueRow<'a> {
    /// The customer.
    pub customer: &'a PartyId,
    /// What the customer is worth.
    pub value: CustomerValue,
    /// The cell of the value matrix; null where the value of anybody is.
    pub cell: Option<ValueCell>,
}

/// The customers who bought, in the order of their ids, with value and cell.
pub fn customer_values<'a>(
    customers: &[&'a (PartyId, LoyaltyState)],
    context: &ViewContext<'_, LoyaltyRules>,
) -> Vec<CustomerValueRow<'a>> {
    let placed = Placed::in_order(customers, &[]);
    let rows = of_each(&placed, context, |placed, value| (placed.customer, value));
    let mut sum = Sum::default();
    for (customer, value) in rows.iter().flatten() {
        sum.add(customer, &Weighed::new(value.clone()));
    }
    let means = sum.means().ok();
    let row = |(customer, value): (&'a PartyId, CustomerValue)| {
        let cell = means.as_ref().map(|means| means.cell(value.current, value.potential));
        CustomerValueRow { customer, value, cell }
    };
    rows.into_iter().flatten().map(row).collect()
}

/// What is made of the value of each customer who bought, in parts, in the order of their ids.
fn of_each<'a, T: Send>(
    customers: &[Placed<'a>],
    context: &ViewContext<'_, LoyaltyRules>,
    make: impl Fn(&Placed<'a>, CustomerValue) -> T + Sync,
) -> Vec<Vec<T>> {
    let of_part = |part: &[Placed<'a>]| {
        let bought = part.iter().filter(|placed| !placed.state.purchases.is_empty());
        bought
            .map(|placed| make(placed, LoyaltyView::value(placed.state, context)))
            .collect::<Vec<_>>()
    };
    let parts = customers.chunks(CUSTOMERS_PER_PART).collect();
    in_parallel(parts, threads_at_once(), of_part)
}

/// What the matrix is made of, a third as large as all that is known of a customer's value: current
/// and potential value and their currency, or why there are none.
struct Weighed(Result<(f64, f64, Option<Currency>), Box<str>>);

impl Weighed {
    fn new(value: CustomerValue) -> Self {
        let CustomerValue { current, potential, currency, why, .. } = value;
        let value =
            current.zip(potential).map(|(current, potential)| (current, potential, currency));
        Self(value.ok_or_else(|| why.unwrap_or_default().into()))
    }
}

/// The values of customers so far, added up in the order of their ids.
#[derive(Default)]
struct Sum {
    current: f64,
    potential: f64,
    customers: usize,
    currency: Option<Currency>,
    /// Why they cannot be added up.
    why: Option<Why>,
}

impl Sum {
    fn add(&mut self, customer: &PartyId, Weighed(value): &Weighed) {
        if self.why.is_some() {
            return;
        }
        let because = |why: &str| Some(format!("customer {customer}: {why}"));
        match value {
            Err(why) => self.why = because(why),
            Ok((_, _, currency)) if self.currency.is_some() && self.currency != *currency => {
                self.why = because(
                    "bought in another currency: name a reporting_currency and record the rates",
                );
            }
            Ok((current, potential, currency)) => {
                self.currency = *currency;
                self.current += current;
                self.potential += potential;
                self.customers += 1;
            }
        }
    }

    fn means(self) -> Result<Means, Why> {
        match self.why {
            Some(why) => Err(why),
            None if self.customers == 0 => Err("nobody has bought anything".to_owned()),
            None => Ok(Means {
                current: self.current / float(self.customers),
                potential: self.potential / float(self.customers),
            }),
        }
    }
}

/// The means of all who bought.
struct Means {
    current: f64,
    potential: f64,
}

impl Means {
    fn cell(&self, current: Option<f64>, potential: Option<f64>) -> ValueCell {
        let high = |value: Option<f64>, mean| value.is_some_and(|value| value >= mean);
        match (high(current, self.current), high(potential, self.potential)) {
            (true, true) => ValueCell::Valuable,
            (false, true) => ValueCell::Growing,
            (true, false) => ValueCell::Fading,
            (false, false) => ValueCell::LowValue,
        }
    }
}

impl ValueMatrix {
    /// The matrix of all customers, and that of each of so many groups behind it.
    pub(crate) fn of_all_and_groups(
        customers: &[Placed<'_>],
        groups: usize,
        context: &ViewContext<'_, LoyaltyRules>,
    ) -> Vec<Self> {
        let rows = of_each(customers, context, |placed, value| (*placed, Weighed::new(value)));
        let mut sums: Vec<_> = (0..=groups).map(|_| Sum::default()).collect();
        for (placed, value) in rows.iter().flatten() {
            placed.for_all_and_group(&mut sums, |sum| sum.add(placed.customer, value));
        }
        let mut matrices: Vec<_> =
            sums.into_iter().map(|sum| sum.means().map(|means| (means, [0; 4]))).collect();
        for (placed, Weighed(value)) in rows.iter().flatten() {
            let Ok((current, potential, _)) = value else { continue };
            placed.for_all_and_group(&mut matrices, |matrix| {
                if let Ok((means, [valuable, growing, fading, low_value])) = matrix {
                    *match means.cell(Some(*current), Some(*potential)) {
                        ValueCell::Valuable => valuable,
                        ValueCell::Growing => growing,
                        ValueCell::Fading => fading,
                        ValueCell::LowValue => low_value,
                    } += 1;
                }
            });
        }
        let matrix = |matrix| match matrix {
            Ok((means, counts)) => Self::new(&means, counts),
            Err(why) => Self { why: Some(why), ..Self::default() },
        };
        matrices.into_iter().map(matrix).collect()
    }

    fn new(means: &Means, [valuable, growing, fading, low_value]: [u64; 4]) -> Self {
        Self {
            valuable: Some(valuable),
            growing: Some(growing),
            fading: Some(fading),
            low_value: Some(low_value),
            mean_current: Some(means.current),
            mean_potential: Some(means.potential),
            why: None,
        }
    }
}
