//! How unevenly revenue is spread over customers.
//!
//! Gini = sum((2i - n - 1) x_(i)) / (n sum x) over the amounts in ascending order, i from 1: 0
//! where all bring the same, up to (n - 1) / n where one brings all. Sums are exact; one division
//! is last.

use crate::purchasers::Purchasers;
use crate::ratio::{count, ratio};
use crate::reporting::Why;
use crate::rules::ConcentrationRules;
use annals_events::Money;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// How unevenly revenue is spread over customers. Null with `why` where money cannot be given or
/// nothing was paid.
///
/// In JSON the percentages of the ruleset are part of the names (`top_20_percent_share`,
/// `customers_for_80_percent`), so that other percentages cannot be mistaken for these.
#[derive(Clone, Debug, PartialEq)]
pub struct Concentration {
    /// The Gini coefficient, 0 up to but not including 1.
    pub gini: Option<f64>,
    /// The percentages it was computed for.
    pub rules: ConcentrationRules,
    /// The share of revenue, 0 to 1, of the customers who bring most: ceil(percent x n / 100).
    pub top_customers_share: Option<f64>,
    /// The fewest customers who together bring the ruleset's percentage of revenue.
    pub customers_for_revenue_share: Option<u64>,
    /// What all customers paid, in units of the currency, with the currency's digits.
    pub revenue: Option<String>,
    /// Why something is null.
    pub why: Option<Why>,
}

impl Concentration {
    pub(crate) fn new(purchasers: &Purchasers<'_>, rules: ConcentrationRules) -> Self {
        let mut concentration = Self {
            gini: None,
            rules,
            top_customers_share: None,
            customers_for_revenue_share: None,
            revenue: None,
            why: None,
        };
        let why = match &purchasers.monetary {
            Ok(monetary) => concentration.fill(monetary, purchasers).err(),
            Err(why) => Some(why.clone()),
        };
        concentration.why = why;
        concentration
    }

    fn fill(&mut self, monetary: &[i64], purchasers: &Purchasers<'_>) -> Result<(), Why> {
        let currency = purchasers.currency.ok_or("nobody has bought anything")?;
        let total: i128 = monetary.iter().copied().map(i128::from).sum();
        let revenue = i64::try_from(total).map_err(|_| crate::reporting::too_large())?;
        self.revenue = Some(Money::new(revenue, currency).amount());
        if total == 0 {
            return Err("nothing was paid, so it cannot be shared out".to_owned());
        }
        let mut ascending = monetary.to_vec();
        ascending.sort_unstable();
        self.gini = Some(gini(&ascending, total));
        let percent = usize::from(self.rules.top_customers_percent);
        let top = (ascending.len() * percent).div_ceil(100);
        let of_top: i128 = ascending.iter().rev().take(top).copied().map(i128::from).sum();
        self.top_customers_share = Some(ratio(of_top, total));
        let wanted = i128::from(self.rules.revenue_percent) * total;
        let short = ascending.iter().rev().scan(0_i128, |sum, units| {
            *sum += i128::from(*units);
            Some(*sum)
        });
        let fewer = short.take_while(|sum| sum * 100 < wanted).count();
        self.customers_for_revenue_share = Some(count(fewer + 1));
        Ok(())
    }
}

fn gini(ascending: &[i64], total: i128) -> f64 {
    let customers = i128::from(count(ascending.len()));
    let weighted: i128 = (1..)
        .zip(ascending)
        .map(|(rank, units)| (2 * rank - customers - 1) * i128::from(*units))
        .sum();
    ratio(weighted, customers * total)
}

impl Serialize for Concentration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let top = format!("top_{}_percent_share", self.rules.top_customers_percent);
        let needed = format!("customers_for_{}_percent", self.rules.revenue_percent);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("gini", &self.gini)?;
        map.serialize_entry(&top, &self.top_customers_share)?;
        map.serialize_entry(&needed, &self.customers_for_revenue_share)?;
        map.serialize_entry("revenue", &self.revenue)?;
        if let Some(why) = &self.why {
            map.serialize_entry("why", why)?;
        }
        map.end()
    }
}
