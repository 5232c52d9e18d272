//! BG/NBD: how often customers come back, and whether they still do (Fader, Hardie & Lee,
//! "Counting your customers" the easy way, Marketing Science 24(2), 2005).
//!
//! While alive a customer buys at random at a rate of his own, gamma(r, alpha) over customers;
//! after each purchase he leaves with a probability of his own, beta(a, b). P(alive) is 1 at x = 0
//! by construction. All is evaluated in logarithms, so that large x and T neither overflow nor
//! vanish.

use crate::model::fit_error::FitError;
use crate::model::gradient::Gradient;
use crate::model::minimise::minimise;
use crate::model::repeat_history::{RepeatHistory, grouped};
use crate::ratio::{count, float};
use serde::{Deserialize, Serialize};

/// Parameters beyond these are the mark of a likelihood without a maximum.
pub(crate) const LOGARITHM_BOUNDS: (f64, f64) = (-13.8, 9.3);

/// A fitted BG/NBD model; rates are per week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BgNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in weeks.
    pub alpha: f64,
    /// First parameter of the probabilities of leaving.
    pub a: f64,
    /// Second parameter of the probabilities of leaving.
    pub b: f64,
    /// The plain sum over customers.
    pub log_likelihood: f64,
    /// How many customers it was fitted to.
    pub customers: u64,
    /// Steps of the search until no slope of the mean log-likelihood by the logarithm of a
    /// parameter exceeded 1e-9.
    pub iterations: u32,
}

/// Fits the model by maximum likelihood.
///
/// # Errors
/// Without customers or repeat purchases, and where the search does not converge.
pub fn fit_bg_nbd(histories: &[RepeatHistory]) -> Result<BgNbd, FitError> {
    let customers = returning(histories)?;
    let groups = grouped(histories);
    let mean = float(histories.len()).recip();
    let loss = |at| log_likelihood(&groups, Gradient::exponentials(at)) * -mean;
    let found = minimise([0.0; 4], LOGARITHM_BOUNDS, loss)
        .map_err(|not| FitError::not_converged(not, ["r", "alpha", "a", "b"]))?;
    let [r, alpha, a, b] = found.at.map(f64::exp);
    let log_likelihood = -found.value / mean;
    Ok(BgNbd { r, alpha, a, b, log_likelihood, customers, iterations: found.steps })
}

/// How many customers there are, if any of them came back.
pub(crate) fn returning(histories: &[RepeatHistory]) -> Result<u64, FitError> {
    let customers = count(histories.len());
    if histories.is_empty() {
        Err(FitError::NoCustomers)
    } else if histories.iter().all(|history| history.repeats == 0) {
        Err(FitError::NobodyReturned { customers })
    } else {
        Ok(customers)
    }
}

/// The log-likelihood of the paper's equation (6), summed over customers.
fn log_likelihood(
    groups: &[(RepeatHistory, f64)],
    [r, alpha, a, b]: [Gradient<4>; 4],
) -> Gradient<4> {
    let same_x =
        |one: &(RepeatHistory, f64), other: &(RepeatHistory, f64)| one.0.repeats == other.0.repeats;
    let common = r * alpha.ln() - r.ln_gamma() + (a + b).ln_gamma() - b.ln_gamma();
    let mut sum = Gradient::constant(0.0);
    for of_x in groups.chunk_by(same_x) {
        let x = of_x.first().map_or(0.0, |(history, _)| history.x());
        let of_all = common + (r + x).ln_gamma() + (b + x).ln_gamma() - (a + b + x).ln_gamma();
        // a / (b + x - 1): leaving after the last purchase against staying.
        let leaving = (x > 0.0).then(|| (a / (b + (x - 1.0))).ln());
        for (history, customers) in of_x {
            let alive = -((r + x) * (alpha + history.t_weeks()).ln());
            let of_one = match leaving {
                None => alive,
                Some(leaving) => {
                    let left = leaving - (r + x) * (alpha + history.t_x_weeks()).ln();
                    ln_sum(alive, left)
                }
            };
            sum = sum + (of_all + of_one) * *customers;
        }
    }
    sum
}

/// ln(e^one + e^other), which neither overflows nor vanishes.
fn ln_sum<const N: usize>(one: Gradient<N>, other: Gradient<N>) -> Gradient<N> {
    let (high, low) = if one.value >= other.value { (one, other) } else { (other, one) };
    high + ((low - high).exp() + 1.0).ln()
}

impl BgNbd {
    /// P(alive): the probability, 0 to 1, that a customer has not left at the end of the
    /// calibration.
    pub fn p_alive(&self, history: &RepeatHistory) -> f64 {
        if history.repeats == 0 {
            return 1.0;
        }
        let x = history.x();
        let gap = (self.alpha + history.t_weeks()).ln() - (self.alpha + history.t_x_weeks()).ln();
        let odds_of_leaving = (self.a / (self.b + x - 1.0)).ln() + (self.r + x) * gap;
        (1.0 + odds_of_leaving.exp()).recip()
    }

    /// E[Y(t) | x, `t_x`, T]: purchase occasions to come in so many weeks after the calibration
    /// (equation 10).
    ///
    /// With C = a + b + x - 1 and z = t / (alpha + T + t) the paper's form is P(alive) C / (a - 1)
    /// (1 - (1 - z)^(r + x) 2F1(r + x, b + x; C; z)). Euler's transformation turns the last product
    /// into (1 - z)^(a - 1) 2F1(a - 1, a + b - 1 - r; C; z), which is near 1 for large x, and its
    /// first term taken out leaves nothing to divide by a - 1: so a = 1, a + b = 1 and large x are
    /// no special cases.
    pub fn expected_purchases(&self, history: &RepeatHistory, weeks: f64) -> f64 {
        let expected = self.expected_if_alive(history.x(), history.t_weeks(), weeks);
        self.p_alive(history) * expected
    }

    /// E[X(t)]: purchase occasions after the first, of a new customer, in so many weeks
    /// (equation 9).
    pub fn expected_of_new_customer(&self, weeks: f64) -> f64 {
        self.expected_if_alive(0.0, 0.0, weeks)
    }

    fn expected_if_alive(&self, x: f64, observed_weeks: f64, weeks: f64) -> f64 {
        if weeks <= 0.0 {
            return 0.0;
        }
        let less_one = self.a - 1.0;
        let c = self.a + self.b + x - 1.0;
        let z = weeks / (self.alpha + observed_weeks + weeks);
        let ln_rest = (-z).ln_1p();
        let power = less_one * ln_rest;
        // -(e^power - 1) / (a - 1), which is -ln(1 - z) at a = 1.
        let first = if less_one == 0.0 { -ln_rest } else { -power.exp_m1() / less_one };
        c * first - power.exp() * series(self.a + self.b - 1.0 - self.r, self.a, c + 1.0, z)
    }
}

/// Sum over n from 1 of (A)_n (a)_(n-1) / ((C + 1)_(n-1) n!) z^n.
fn series(big_a: f64, a: f64, c_plus_one: f64, z: f64) -> f64 {
    /// Enough for z = 0.9999; the terms fall like z^n.
    const TERMS_MAX: u32 = 400_000;
    let mut term = big_a * z;
    let mut sum = term;
    for n in 1..TERMS_MAX {
        let n = f64::from(n);
        term *= (big_a + n) * (a + n - 1.0) / ((c_plus_one + n - 1.0) * (n + 1.0)) * z;
        sum += term;
        if term.abs() <= 1e-17 * sum.abs() {
            break;
        }
    }
    sum
}
