//! Exact integers to the binary numbers that are shown: the last step of a formula.

/// One whole number over another. Each is rounded to the nearest binary number before the division,
/// so the result is off by at most two units in the last place.
#[expect(clippy::cast_precision_loss, reason = "this is what the function is for")]
pub(crate) fn ratio(numerator: i128, denominator: i128) -> f64 {
    numerator as f64 / denominator as f64
}

/// How many of something, as it is shown.
pub(crate) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// How many minor units a unit of a currency with so many digits has.
pub(crate) fn minor_units_per_unit(digits: u32) -> i128 {
    10_i128.pow(digits)
}

/// How many of something, as a number of formulas.
#[expect(clippy::cast_precision_loss, reason = "no memory holds 2^53 rows")]
pub(crate) fn float(rows: usize) -> f64 {
    rows as f64
}
