//! Shares of counts.

/// A count as a real number; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no ledger has 2^53 customers")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

/// A share of a whole; `None` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}
