//! The behaviour matrix: how often against how much at a time.
//!
//! At or above the population mean is high: best (both high), big spender (low frequency, high
//! average purchase), frequent (high frequency, low average), uncertain (both low).

use crate::average_purchase::MeanAveragePurchase;
use crate::purchasers::Purchasers;
use crate::ratio::{count, ratio};
use crate::reporting::Why;
use serde::Serialize;

/// A customer's place in the behaviour matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BehaviourSegment {
    /// Often, and much at a time.
    Best,
    /// Seldom, but much at a time.
    BigSpender,
    /// Often, but little at a time.
    Frequent,
    /// Seldom, and little at a time.
    Uncertain,
}

/// How many customers are in each segment, and the two means between them. Null with `why` where
/// money cannot be given, or nobody has bought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BehaviourMatrix {
    /// Customers of [`BehaviourSegment::Best`].
    pub best: Option<u64>,
    /// Customers of [`BehaviourSegment::BigSpender`].
    pub big_spender: Option<u64>,
    /// Customers of [`BehaviourSegment::Frequent`].
    pub frequent: Option<u64>,
    /// Customers of [`BehaviourSegment::Uncertain`].
    pub uncertain: Option<u64>,
    /// Mean purchase occasions per customer.
    pub mean_frequency: Option<f64>,
    /// Mean over customers of their average purchase per occasion, in units of the currency.
    pub mean_average_purchase: Option<f64>,
    /// Why something is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl BehaviourMatrix {
    /// `segments` are those of the same purchasers.
    pub(crate) fn new(purchasers: &Purchasers<'_>, segments: Option<&[BehaviourSegment]>) -> Self {
        let in_segment =
            |segment| segments.map(|all| count(all.iter().filter(|one| **one == segment).count()));
        let customers = purchasers.rows.len();
        let why = match &purchasers.monetary {
            Err(why) => Some(why.clone()),
            Ok(_) if customers == 0 => Some("nobody has bought anything".to_owned()),
            Ok(_) => None,
        };
        let mean_frequency =
            || ratio(i128::from(occasions(purchasers)), i128::from(count(customers)));
        Self {
            best: in_segment(BehaviourSegment::Best),
            big_spender: in_segment(BehaviourSegment::BigSpender),
            frequent: in_segment(BehaviourSegment::Frequent),
            uncertain: in_segment(BehaviourSegment::Uncertain),
            mean_frequency: (customers > 0).then(mean_frequency),
            mean_average_purchase: mean_average_purchase(purchasers)
                .zip(purchasers.currency)
                .map(|(mean, currency)| mean.in_units(currency.digits())),
            why,
        }
    }
}

/// Where each purchaser belongs; `None` where money is withheld.
pub(crate) fn behaviour_segments(purchasers: &Purchasers<'_>) -> Option<Vec<BehaviourSegment>> {
    let monetary = purchasers.monetary.as_ref().ok()?;
    let Some(mean) = mean_average_purchase(purchasers) else {
        return Some(Vec::new());
    };
    let (occasions, customers) = (occasions(purchasers), count(purchasers.rows.len()));
    let rows = purchasers.rows.iter().zip(monetary);
    let segment = |(row, units): (&crate::purchasers::Purchaser<'_>, &i64)| {
        // f >= occasions / customers, in whole numbers.
        let often = u128::from(row.frequency) * u128::from(customers) >= u128::from(occasions);
        match (often, mean.is_reached_by(row.frequency, *units)) {
            (true, true) => BehaviourSegment::Best,
            (false, true) => BehaviourSegment::BigSpender,
            (true, false) => BehaviourSegment::Frequent,
            (false, false) => BehaviourSegment::Uncertain,
        }
    };
    Some(rows.map(segment).collect())
}

fn mean_average_purchase(purchasers: &Purchasers<'_>) -> Option<MeanAveragePurchase> {
    let monetary = purchasers.monetary.as_ref().ok()?;
    let frequencies = purchasers.rows.iter().map(|row| row.frequency);
    MeanAveragePurchase::of(frequencies.zip(monetary.iter().copied()))
}

/// Purchase occasions of all customers together.
pub(crate) fn occasions(purchasers: &Purchasers<'_>) -> u64 {
    purchasers.rows.iter().map(|row| u64::from(row.frequency)).sum()
}
