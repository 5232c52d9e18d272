//! Shares of counts, and how sure they are.

/// The standard normal's 97.5 % point.
pub(crate) const Z_95: f64 = 1.959_963_984_540_054;

/// A count as a real number; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no ledger has 2^53 customers")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

/// A share of a whole; `None` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

/// Wilson's 95 % interval of a share (Wilson 1927); `None` of nothing.
pub(crate) fn wilson(part: u64, whole: u64) -> Option<(f64, f64)> {
    let (n, p) = (real(whole), share(part, whole)?);
    let z2 = Z_95 * Z_95;
    let middle = p + z2 / (2.0 * n);
    let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Some((((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8 of 10, computed apart from this code: 0.49016247 to 0.94331785.
    #[test]
    fn wilson_interval_of_eight_in_ten() {
        let (low, high) = wilson(8, 10).expect("ten");
        assert!((low - 0.490_162_471_5).abs() < 1e-9 && (high - 0.943_317_848_5).abs() < 1e-9);
        assert_eq!(wilson(0, 0), None);
    }
}
