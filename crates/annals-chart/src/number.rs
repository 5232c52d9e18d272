//! Which numbers can be drawn, and how numbers are written on charts.
//!
//! A picture cannot show a number that is not finite, and beyond 10^15 neither coordinates nor tick
//! labels keep their digits. Such values are left out, counted, and the caption says how many.

/// The largest magnitude that is drawn.
const MAGNITUDE_MAX: f64 = 1e15;

/// Whether a value can be placed on an axis.
pub(crate) fn drawable(value: f64) -> bool {
    value.abs() <= MAGNITUDE_MAX
}

/// Keeps what can be drawn and counts what cannot.
#[derive(Default)]
pub(crate) struct Sieve {
    pub(crate) left_out: usize,
}

impl Sieve {
    /// Whether all of these can be drawn; otherwise they count as one value left out.
    pub(crate) fn keep(&mut self, values: &[f64]) -> bool {
        self.keep_if(values.iter().all(|value| drawable(*value)))
    }

    pub(crate) fn keep_if(&mut self, kept: bool) -> bool {
        self.left_out += usize::from(!kept);
        kept
    }

    /// What the caption says about it, nothing where nothing was left out.
    pub(crate) fn note(&self) -> Option<String> {
        self.note_because("not finite or out of range")
    }

    pub(crate) fn note_because(&self, reason: &str) -> Option<String> {
        let values = if self.left_out == 1 { "value" } else { "values" };
        let count = grouped(&self.left_out.to_string());
        (self.left_out > 0).then(|| format!("{count} {values} left out ({reason})"))
    }
}

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "counts of things drawn stay far below 2^53")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// The whole part of a number that is not negative; anything else is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floating-point numbers saturate, and NaN becomes 0"
)]
pub(crate) fn whole(value: f64) -> usize {
    value as usize
}

/// A number with commas between thousands, a true minus sign and this many decimals.
pub(crate) fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let grouped = grouped(integer);
    let minus = if value < 0.0 && text.contains(|c: char| c.is_ascii_digit() && c != '0') {
        "\u{2212}"
    } else {
        ""
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{grouped}{point}{fraction}")
}

/// Digits with commas between thousands.
pub(crate) fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with the fewest decimals that still tell values `step` apart; millions and billions
/// abbreviated (M, bn), very small steps with an exponent.
pub(crate) fn at_step(value: f64, step: f64) -> String {
    let (unit, suffix) = match value.abs() {
        magnitude if magnitude >= 1e9 => (1e9, " bn"),
        magnitude if magnitude >= 1e6 => (1e6, " M"),
        _ => (1.0, ""),
    };
    let step = step.abs() / unit;
    if value == 0.0 {
        return "0".to_owned();
    }
    if step < 1e-6 && suffix.is_empty() {
        return format!("{value:.1e}").replace('-', "\u{2212}");
    }
    let decimals = whole((-(step * 1.000_001).log10().floor()).clamp(0.0, 6.0));
    format!("{}{suffix}", plain(value / unit, decimals))
}

/// A number for a label beside a mark: about three digits.
pub(crate) fn short(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e6 {
        at_step(value, magnitude / 50.0)
    } else {
        plain(value, decimals_of(value))
    }
}

fn decimals_of(value: f64) -> usize {
    match value.abs() {
        magnitude if magnitude >= 100.0 => 0,
        magnitude if magnitude >= 10.0 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(plain(1_234_567.0, 0), "1,234,567");
        assert_eq!(plain(-1234.5, 1), "\u{2212}1,234.5");
        assert_eq!(plain(-0.01, 1), "0.0");
        assert_eq!(plain(999.0, 0), "999");
        assert_eq!(at_step(0.25, 0.05), "0.25");
        assert_eq!(at_step(20.0, 10.0), "20");
        assert_eq!(at_step(1_500_000.0, 500_000.0), "1.5 M");
        assert_eq!(at_step(3e9, 1e9), "3 bn");
        assert_eq!(at_step(0.1, 0.1), "0.1");
        assert_eq!(at_step(1e-9, 1e-9), "1.0e\u{2212}9");
        assert_eq!(short(12.345), "12.3");
    }

    #[test]
    fn what_cannot_be_drawn_is_counted() {
        let mut sieve = Sieve::default();
        assert!(sieve.keep(&[0.0, -5.0]));
        assert!(sieve.note().is_none());
        assert!(!sieve.keep(&[f64::NAN, f64::NAN]));
        assert!(!sieve.keep(&[f64::NEG_INFINITY]));
        assert!(!sieve.keep(&[1e16]));
        assert_eq!(sieve.note().unwrap(), "3 values left out (not finite or out of range)");
    }
}
