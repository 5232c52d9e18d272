//! The last step of a formula: whole numbers become a floating-point one.

/// A whole number as a floating-point one: exact below 2^53, which no count or sum of a ledger
/// reaches.
#[expect(clippy::cast_precision_loss, reason = "counts and sums stay below 2^53")]
pub(crate) fn float(number: i128) -> f64 {
    number as f64
}

/// A quotient of two whole numbers; `None` where the denominator is zero.
pub(crate) fn ratio(numerator: i128, denominator: u64) -> Option<f64> {
    (denominator != 0).then(|| float(numerator) / float(denominator.into()))
}
