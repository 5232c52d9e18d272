//! Partial least squares path modelling: mode A outside, path weighting inside (Tenenhaus, Esposito
//! Vinzi, Chatelin & Lauro, Computational Statistics & Data Analysis 48, 2005).
//!
//! Indicators and latents are standardised, so everything follows from the indicators' correlations
//! and no scores of single customers are needed: the covariance of two latents is w' R w. A round:
//! each latent is a weighted sum of its indicators; inside, a latent is estimated from its
//! neighbours, those acting on it weighted by multiple regression, those it acts on by correlation;
//! the new weights are the indicators' covariances with that estimate. Until no weight moves by
//! 1e-7.

use crate::linear::solve;

const CONVERGED: f64 = 1e-7;
const ROUNDS_MAX: u32 = 500;

/// What is to be fitted.
pub(crate) struct PathModel<'m> {
    /// Of the indicators, row by row.
    pub(crate) correlations: &'m [Vec<f64>],
    /// The indicators of each latent.
    pub(crate) latents: Vec<&'m [usize]>,
    /// Which latent acts on which.
    pub(crate) paths: &'m [(usize, usize)],
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PathFit {
    /// For each latent, its indicators' weights: the latent has mean 0 and variance 1.
    pub(crate) weights: Vec<Vec<f64>>,
    /// One coefficient for each path.
    pub(crate) coefficients: Vec<f64>,
    /// Of each latent that is acted on.
    pub(crate) r_squared: Vec<Option<f64>>,
    pub(crate) rounds: u32,
}

/// Why there is no fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoFit {
    /// The latents acting on this one cannot be told apart.
    Collinear(usize),
    /// This latent has no variance.
    Flat(usize),
    /// The weights still move.
    NotConverged,
}

impl NoFit {
    /// The reason in words.
    pub(crate) fn reason(self, name: impl Fn(usize) -> String) -> String {
        match self {
            Self::Collinear(latent) => {
                format!("the latents acting on {} cannot be told apart", name(latent))
            }
            Self::Flat(latent) => format!("the latent {} has no variance", name(latent)),
            Self::NotConverged => format!("the weights still move after {ROUNDS_MAX} rounds"),
        }
    }
}

impl PathModel<'_> {
    /// Fits the model.
    pub(crate) fn fit(&self) -> Result<PathFit, NoFit> {
        let ones = self.latents.iter().map(|items| vec![1.0; items.len()]).collect();
        let mut weights = self.standardised(ones)?;
        for rounds in 1..=ROUNDS_MAX {
            let next = self.standardised(self.outer(&weights, &self.inner(&weights)?))?;
            let moved = weights.iter().flatten().zip(next.iter().flatten());
            let moved = moved.map(|(old, new)| (old.abs() - new.abs()).abs()).fold(0.0, f64::max);
            weights = next;
            if moved < CONVERGED {
                return self.finished(self.turned(weights), rounds);
            }
        }
        Err(NoFit::NotConverged)
    }

    /// An indicator's covariance with a latent of these weights.
    fn with_latent(&self, indicator: usize, latent: usize, weights: &[f64]) -> f64 {
        let row = self.correlations.get(indicator).map_or(&[][..], Vec::as_slice);
        let items = self.latents.get(latent).copied().unwrap_or_default();
        let correlation = |item: &usize| row.get(*item).copied().unwrap_or(0.0);
        items.iter().zip(weights).map(|(item, weight)| weight * correlation(item)).sum()
    }

    /// The covariances of the latents of these weights.
    fn latent_covariances(&self, weights: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let covariance = |(one, own): (usize, &Vec<f64>), (other, others): (usize, &Vec<f64>)| {
            let items = self.latents.get(one).copied().unwrap_or_default();
            let terms = items.iter().zip(own);
            terms.map(|(item, weight)| weight * self.with_latent(*item, other, others)).sum()
        };
        let row = |one| weights.iter().enumerate().map(|other| covariance(one, other)).collect();
        weights.iter().enumerate().map(row).collect()
    }

    /// The weights scaled so that each latent has variance 1.
    fn standardised(&self, mut weights: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>, NoFit> {
        let covariances = self.latent_covariances(&weights);
        for (latent, (weights, row)) in weights.iter_mut().zip(&covariances).enumerate() {
            let variance = row.get(latent).copied().unwrap_or(0.0);
            if variance < 1e-12 {
                return Err(NoFit::Flat(latent));
            }
            for weight in weights {
                *weight /= variance.sqrt();
            }
        }
        Ok(weights)
    }

    fn acting_on(&self, latent: usize) -> Vec<usize> {
        let acting = self.paths.iter().filter(|(_, to)| *to == latent);
        acting.map(|(from, _)| *from).collect()
    }

    /// The regression of a latent on those acting on it.
    fn regression(&self, latent: usize, covariances: &[Vec<f64>]) -> Result<Vec<f64>, NoFit> {
        let acting = self.acting_on(latent);
        let row = |one: &usize| {
            let entry = |other: &usize| entry(covariances, *one, *other);
            acting.iter().map(entry).chain([entry(&latent)]).collect()
        };
        solve(acting.iter().map(row).collect()).ok_or(NoFit::Collinear(latent))
    }

    /// For each latent, the weight each latent has in its inside estimate.
    fn inner(&self, weights: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, NoFit> {
        let covariances = self.latent_covariances(weights);
        let mut inner = vec![vec![0.0; weights.len()]; weights.len()];
        for (latent, inner) in inner.iter_mut().enumerate() {
            let coefficients = self.regression(latent, &covariances)?;
            for (acting, coefficient) in self.acting_on(latent).into_iter().zip(coefficients) {
                if let Some(weight) = inner.get_mut(acting) {
                    *weight = coefficient;
                }
            }
            for (_, to) in self.paths.iter().filter(|(from, _)| *from == latent) {
                if let Some(weight) = inner.get_mut(*to) {
                    *weight = entry(&covariances, latent, *to);
                }
            }
        }
        Ok(inner)
    }

    /// The indicators' covariances with the inside estimates.
    fn outer(&self, weights: &[Vec<f64>], inner: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let with_estimate = |item: usize, inner: &Vec<f64>| {
            let neighbours = inner.iter().zip(weights).enumerate();
            neighbours
                .map(|(other, (share, weights))| share * self.with_latent(item, other, weights))
                .sum()
        };
        let latent = |(items, inner): (&&[usize], &Vec<f64>)| {
            items.iter().map(|item| with_estimate(*item, inner)).collect()
        };
        self.latents.iter().zip(inner).map(latent).collect()
    }

    /// The weights with the sign under which most indicators go with their latent.
    fn turned(&self, mut weights: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        for (latent, (weights, items)) in weights.iter_mut().zip(&self.latents).enumerate() {
            let with = items.iter().map(|item| self.with_latent(*item, latent, weights));
            if with.map(f64::signum).sum::<f64>() < 0.0 {
                for weight in weights {
                    *weight = -*weight;
                }
            }
        }
        weights
    }

    fn finished(&self, weights: Vec<Vec<f64>>, rounds: u32) -> Result<PathFit, NoFit> {
        let covariances = self.latent_covariances(&weights);
        let mut r_squared = Vec::new();
        let mut coefficients = vec![0.0; self.paths.len()];
        for latent in 0..weights.len() {
            let acting = self.acting_on(latent);
            let regression = self.regression(latent, &covariances)?;
            let explained = acting.iter().zip(&regression);
            let explained = explained.map(|(from, b)| b * entry(&covariances, *from, latent)).sum();
            r_squared.push((!acting.is_empty()).then_some(explained));
            for (from, found) in acting.iter().zip(regression) {
                let paths = self.paths.iter().zip(&mut coefficients);
                for (_, coefficient) in paths.filter(|(path, _)| **path == (*from, latent)) {
                    *coefficient = found;
                }
            }
        }
        Ok(PathFit { weights, coefficients, r_squared, rounds })
    }
}

fn entry(matrix: &[Vec<f64>], row: usize, column: usize) -> f64 {
    matrix.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0)
}
