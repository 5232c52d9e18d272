//! Pareto/NBD: as BG/NBD, but a customer may leave at any time, not only after a purchase
//! (Schmittlein, Morrison & Colombo, Management Science 33(1), 1987; likelihood as in Fader &
//! Hardie, "A note on deriving the Pareto/NBD model and related expressions", 2005).
//!
//! Purchase rates are gamma(r, alpha), rates of leaving gamma(s, beta). The hypergeometric function
//! is brought by Euler's transformation to 2F1(1, c; r + s + x + 1; z) with 0 <= z < 1: all is
//! positive and nothing overflows.

use crate::model::bg_nbd::{LOGARITHM_BOUNDS, returning};
use crate::model::fit_error::FitError;
use crate::model::gradient::Gradient;
use crate::model::minimise::minimise;
use crate::model::repeat_history::{RepeatHistory, grouped};
use crate::ratio::float;
use serde::{Deserialize, Serialize};

/// A fitted Pareto/NBD model; rates are per week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParetoNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in weeks.
    pub alpha: f64,
    /// Shape of the rates of leaving.
    pub s: f64,
    /// Rate of the rates of leaving, in weeks.
    pub beta: f64,
    /// The plain sum over customers.
    pub log_likelihood: f64,
    /// How many customers it was fitted to.
    pub customers: u64,
    /// Steps of the search, as for BG/NBD.
    pub iterations: u32,
}

/// Fits the model by maximum likelihood.
///
/// # Errors
/// Without customers or repeat purchases, and where the search does not converge.
pub fn fit_pareto_nbd(histories: &[RepeatHistory]) -> Result<ParetoNbd, FitError> {
    let customers = returning(histories)?;
    let groups = grouped(histories);
    let mean = float(histories.len()).recip();
    let loss = |at| log_likelihood(&groups, Gradient::exponentials(at)) * -mean;
    // From rates of ten weeks, where the two series are short.
    let found = minimise([0.0, 10.0_f64.ln(), 0.0, 10.0_f64.ln()], LOGARITHM_BOUNDS, loss)
        .map_err(|not| FitError::not_converged(not, ["r", "alpha", "s", "beta"]))?;
    let [r, alpha, s, beta] = found.at.map(f64::exp);
    let log_likelihood = -found.value / mean;
    Ok(ParetoNbd { r, alpha, s, beta, log_likelihood, customers, iterations: found.steps })
}

fn log_likelihood(
    groups: &[(RepeatHistory, f64)],
    [r, alpha, s, beta]: [Gradient<4>; 4],
) -> Gradient<4> {
    let mut sum = Gradient::constant(0.0);
    let common = r * alpha.ln() + s * beta.ln() - r.ln_gamma();
    for (history, customers) in groups {
        let x = history.x();
        let total = r + s + x;
        // ln (alpha + y)^-(r + x) (beta + y)^-s
        let fall = |weeks: f64| -((r + x) * (alpha + weeks).ln()) - s * (beta + weeks).ln();
        let share = |weeks: f64| {
            let (of_alpha, of_beta) = (alpha + weeks, beta + weeks);
            let series = if alpha.value >= beta.value {
                hypergeometric(r + x, total + 1.0, (alpha - beta) / of_alpha)
            } else {
                of_alpha / of_beta * hypergeometric(s + 1.0, total + 1.0, (beta - alpha) / of_beta)
            };
            s / total * series
        };
        let (last, end) = (history.t_x_weeks(), history.t_weeks());
        let at_last = fall(last);
        let still = (fall(end) - at_last).exp() * (-share(end) + 1.0);
        let of_one = (r + x).ln_gamma() + at_last + (share(last) + still).ln();
        sum = sum + (common + of_one) * *customers;
    }
    sum
}

/// 2F1(1, b; c; z) for 0 <= z < 1 and 0 < b < c, by Gauss's continued fraction (DLMF 15.7.1 at
/// b = 0, with d = c - 1):
///
/// ```text
/// d / (d - u1 z / (d + 1 - u2 z / (d + 2 - ...)))
/// u of 2n + 1 = (b + n)(d + n), u of 2n = n (d - b + n)
/// ```
/// Its terms fall like ((1 - sqrt(1 - z)) / (1 + sqrt(1 - z)))^n, fast even where z is near 1;
/// evaluated forwards (Lentz, Applied Optics 15, 1976). Not a number where it does not settle, for
/// which there is no sensible model.
fn hypergeometric(b: Gradient<4>, c: Gradient<4>, z: Gradient<4>) -> Gradient<4> {
    const TERMS_MAX: u32 = 4_000;
    let first = c + -1.0;
    let (mut fraction, mut up, mut down) = (first, first, Gradient::constant(0.0));
    for term in 1..TERMS_MAX {
        let half = f64::from(term / 2);
        let factor =
            if term % 2 == 1 { (b + half) * (first + half) } else { (first - b + half) * half };
        let (over, under) = (-(factor * z), first + f64::from(term));
        down = Gradient::constant(1.0) / (under + over * down);
        up = under + over / up;
        let change = up * down;
        fraction = fraction * change;
        let steepest = change.slopes.iter().fold(0.0_f64, |most, slope| most.max(slope.abs()));
        if (change.value - 1.0).abs() <= 1e-15 && steepest <= 1e-14 {
            return first / fraction;
        }
    }
    Gradient::constant(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2F1(1, b; c; z) by mpmath 1.4 with 30 digits; and -ln(1 - z) / z = 2F1(1, 1; 2; z).
    #[test]
    fn the_hypergeometric_function_agrees_with_independent_values() {
        let at = |b, c, z| {
            let [b, c, z] = [b, c, z].map(Gradient::constant);
            hypergeometric(b, c, z).value
        };
        for (b, c, z, expected) in [
            (1.0, 2.0, 0.5, 2.0 * std::f64::consts::LN_2),
            (1.0, 2.0, 0.999, 6.914_669_948_931_067),
            (0.55, 2.2, 0.3, 1.088_406_869_956_246_4),
            (3.55, 4.8, 0.95, 5.015_531_640_459_2),
            (400.5, 402.1, 0.9, 9.661_154_063_252_06),
            (1.6, 3_000.2, 0.999_9, 1.000_533_706_919_265_5),
            (0.2, 1.01, 0.99, 2.465_719_925_968_706_6),
        ] {
            let found = at(b, c, z);
            assert!((found - expected).abs() <= 1e-13 * expected, "{b} {c} {z}: {found}");
        }
        assert!((at(0.5, 3.0, 0.0) - 1.0).abs() < 1e-15);
        assert!(at(0.3, 1.5, 1.0 - 1e-12).is_nan(), "it does not settle");
    }
}
