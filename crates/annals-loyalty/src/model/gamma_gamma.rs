//! Gamma-Gamma: what a customer's purchases are worth on average (Fader, Hardie & Lee, RFM and CLV,
//! Journal of Marketing Research 42, 2005; Fader & Hardie, "The gamma-gamma model of monetary
//! value", 2013).
//!
//! Each purchase is gamma(p, nu) around the customer's own mean, nu is gamma(q, v) over customers.
//! It is fitted to repeat days alone: the first purchase, which decides who is a customer at all,
//! is left out. It assumes that what is spent does not depend on how often.

use crate::model::bg_nbd::LOGARITHM_BOUNDS;
use crate::model::fit_error::FitError;
use crate::model::gradient::Gradient;
use crate::model::minimise::minimise;
use crate::ratio::{count, float};
use serde::{Deserialize, Serialize};

/// What a customer's repeat days brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatValue {
    /// x: repeat days, from 1.
    pub repeats: u32,
    /// z: their mean value, above 0, in units of the currency.
    pub mean_value: f64,
}

/// A fitted Gamma-Gamma model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GammaGamma {
    /// Shape of the values of one customer's purchases.
    pub p: f64,
    /// Shape of the scales over customers.
    pub q: f64,
    /// Rate of the scales over customers, in units of the currency.
    pub v: f64,
    /// The plain sum over customers.
    pub log_likelihood: f64,
    /// How many customers it was fitted to: those whose repeat days brought something.
    pub customers: u64,
    /// Steps of the search, as for BG/NBD.
    pub iterations: u32,
}

/// Fits the model by maximum likelihood. Rows without repeats or with a mean value of 0 or less are
/// left out: the model has no place for them.
///
/// # Errors
/// Without rows, and where the search does not converge.
pub fn fit_gamma_gamma(values: &[RepeatValue]) -> Result<GammaGamma, FitError> {
    let usable = |row: &&RepeatValue| row.repeats > 0 && row.mean_value > 0.0;
    let mut rows: Vec<RepeatValue> = values.iter().filter(usable).copied().collect();
    if rows.is_empty() {
        return Err(FitError::NoRepeatValues);
    }
    rows.sort_unstable_by(|one, other| {
        (one.repeats, one.mean_value)
            .partial_cmp(&(other.repeats, other.mean_value))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    // In units of the mean, so that the search does not depend on the currency.
    let customers = float(rows.len());
    let scale = rows.iter().map(|row| row.mean_value).sum::<f64>() / customers;
    for row in &mut rows {
        row.mean_value /= scale;
    }
    let loss = |at| log_likelihood(&rows, Gradient::exponentials(at)) * -customers.recip();
    let found = minimise([0.0; 3], LOGARITHM_BOUNDS, loss)
        .map_err(|not| FitError::not_converged(not, ["p", "q", "v"]))?;
    let [p, q, v] = found.at.map(f64::exp);
    Ok(GammaGamma {
        p,
        q,
        v: v * scale,
        log_likelihood: -(found.value + scale.ln()) * customers,
        customers: count(rows.len()),
        iterations: found.steps,
    })
}

/// Equation (1a) of the note, summed over customers. Rows are in the order of x.
fn log_likelihood(rows: &[RepeatValue], [p, q, v]: [Gradient<3>; 3]) -> Gradient<3> {
    let common = q * v.ln() - q.ln_gamma();
    let mut sum = Gradient::constant(0.0);
    for of_x in rows.chunk_by(|one, other| one.repeats == other.repeats) {
        let x = of_x.first().map_or(1.0, |row| f64::from(row.repeats));
        let shape = p * x;
        let of_all = common + (shape + q).ln_gamma() - shape.ln_gamma() + shape * x.ln();
        for row in of_x {
            let ln_value = row.mean_value.ln();
            let total = (v + x * row.mean_value).ln();
            sum = sum + of_all + shape * ln_value + -ln_value - (shape + q) * total;
        }
    }
    sum
}

impl GammaGamma {
    /// E[value of a purchase | x, z] = p (v + x z) / (p x + q - 1), and p v / (q - 1) at x = 0, in
    /// units of the currency. `None` where it is infinite (p x + q at most 1).
    pub fn expected_value(&self, repeats: u32, mean_value: f64) -> Option<f64> {
        let x = f64::from(repeats);
        let below = self.p * x + self.q - 1.0;
        let spent = if repeats == 0 { 0.0 } else { x * mean_value };
        (below > 0.0).then(|| self.p * (self.v + spent) / below)
    }
}
