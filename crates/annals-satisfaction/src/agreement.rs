//! How many comparisons of channels there were and in how many the channels differ: the form that
//! the measures of consistency share.

use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use serde::Serialize;

/// At most so many differences are listed: they are examples to look into, not a register.
pub(crate) const LISTED_MAX: usize = 20;

/// Comparisons of channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// What was compared: said on two channels or more.
    pub n: u64,
    /// Those in which the channels differ.
    pub differing: u64,
    /// differing / n, 0 to 1; null where nothing could be compared.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
    /// What was said on one channel only, so that there is nothing to compare.
    pub one_channel: u64,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Agreement {
    pub(crate) fn of(n: u64, differing: u64, one_channel: u64, why: &str) -> Self {
        Self {
            n,
            differing,
            rate: ratio(differing.into(), n),
            wilson_95: wilson_95(differing, n),
            one_channel,
            why: (n == 0).then(|| why.to_owned()),
        }
    }
}
