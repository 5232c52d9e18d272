//! A number that carries its slopes: the exact gradient of a log-likelihood falls out of the
//! formula as it is written (forward differentiation), so no derivative is worked out by hand.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A value and its derivatives by N parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gradient<const N: usize> {
    pub(crate) value: f64,
    pub(crate) slopes: [f64; N],
}

impl<const N: usize> Gradient<N> {
    pub(crate) const fn constant(value: f64) -> Self {
        Self { value, slopes: [0.0; N] }
    }

    /// The parameters, each exp of the number searched over, so that all are above 0; the slopes
    /// are by the numbers searched over.
    pub(crate) fn exponentials(logarithms: [f64; N]) -> [Self; N] {
        let mut place = 0;
        logarithms.map(|logarithm| {
            let mut parameter = Self::constant(logarithm.exp());
            if let Some(slope) = parameter.slopes.get_mut(place) {
                *slope = parameter.value;
            }
            place += 1;
            parameter
        })
    }

    /// f(self), where f' is known here.
    fn chain(self, value: f64, derivative: f64) -> Self {
        Self { value, slopes: self.slopes.map(|slope| slope * derivative) }
    }

    pub(crate) fn ln(self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }

    pub(crate) fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }

    pub(crate) fn ln_gamma(self) -> Self {
        self.chain(libm::lgamma(self.value), digamma(self.value))
    }

    fn zip(self, other: Self, value: f64, slope: impl Fn(f64, f64) -> f64) -> Self {
        let mut slopes = self.slopes;
        for (one, other) in slopes.iter_mut().zip(other.slopes) {
            *one = slope(*one, other);
        }
        Self { value, slopes }
    }
}

impl<const N: usize> Add for Gradient<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, self.value + other.value, |one, other| one + other)
    }
}

impl<const N: usize> Sub for Gradient<N> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, self.value - other.value, |one, other| one - other)
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "the product rule adds")]
impl<const N: usize> Mul for Gradient<N> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = |one, two| one * other.value + two * self.value;
        self.zip(other, self.value * other.value, product)
    }
}

#[expect(clippy::suspicious_arithmetic_impl, reason = "the quotient rule subtracts and multiplies")]
impl<const N: usize> Div for Gradient<N> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let quotient = self.value / other.value;
        self.zip(other, quotient, |one, two| (one - quotient * two) / other.value)
    }
}

impl<const N: usize> Neg for Gradient<N> {
    type Output = Self;
    fn neg(self) -> Self {
        self.chain(-self.value, -1.0)
    }
}

impl<const N: usize> Add<f64> for Gradient<N> {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        Self { value: self.value + other, ..self }
    }
}

impl<const N: usize> Mul<f64> for Gradient<N> {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self.chain(self.value * other, other)
    }
}

/// The derivative of ln gamma, for numbers above 0: the recurrence psi(x) = psi(x + 1) - 1 / x up
/// to 16, then the asymptotic series (Abramowitz & Stegun, 6.3.5 and 6.3.18).
fn digamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 16.0 {
        sum -= x.recip();
        x += 1.0;
    }
    let square = (x * x).recip();
    let series = square
        * (1.0 / 12.0
            - square
                * (1.0 / 120.0
                    - square * (1.0 / 252.0 - square * (1.0 / 240.0 - square * (1.0 / 132.0)))));
    sum + x.ln() - 0.5 / x - series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz & Stegun, tables 6.1 and 6.3 and formulas 6.3.2 and 6.3.3.
    #[test]
    fn gamma_functions_agree_with_published_values() {
        for (x, expected) in [
            (1.0, -0.577_215_664_901_532_9),
            (0.5, -1.963_510_026_021_423_5),
            (1.5, 0.036_489_973_978_576_52),
            (2.0, 0.422_784_335_098_467_1),
            (10.0, 2.251_752_589_066_721),
            (0.001, -1_000.575_571_931_810_3),
        ] {
            let found = digamma(x);
            assert!((found - expected).abs() <= 4e-15 * expected.abs().max(1.0), "{x}: {found}");
        }
        for (x, expected) in [
            (0.5, 0.572_364_942_924_700_1),
            (1.5, -0.120_782_237_635_245_22),
            (10.0, 12.801_827_480_081_469),
        ] {
            let found = Gradient::<1>::constant(x).ln_gamma().value;
            assert!((found - expected).abs() <= 2e-15 * expected.abs().max(1.0), "{x}: {found}");
        }
    }

    #[test]
    fn slopes_are_those_of_the_formula() {
        let formula = |at: [f64; 2]| {
            let [a, b] = Gradient::exponentials(at);
            ((a * b + 3.0).ln() / b - (a.ln_gamma() * 2.0) - (-a).exp()) * 0.5
        };
        let at = [0.3, -0.7];
        let found = formula(at);
        for (place, slope) in found.slopes.into_iter().enumerate() {
            let (mut up, mut down) = (at, at);
            up[place] += 1e-6;
            down[place] -= 1e-6;
            let expected = (formula(up).value - formula(down).value) / 2e-6;
            assert!((slope - expected).abs() < 1e-8, "{slope} is not {expected}");
        }
    }
}
