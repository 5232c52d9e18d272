//! The European index: a path model of seven latents, and each latent's index from 0 to 100.
//!
//! The rows are each customer's latest complete answer set. The index of a latent is
//! 100 × (Σ u mean - min Σ u) / ((max - min) Σ u) with u = outer weight / standard deviation, the
//! weights of the answers as they were given (Tenenhaus et al. 2005).

use crate::answer_set::AnswerSets;
use crate::by_name::ByName;
use crate::instrument_rules::{EcsiRules, LatentRules};
use crate::item_moments::ItemMoments;
use crate::path_model::{PathFit, PathModel};
use crate::ratio::float;
use crate::state::SatisfactionState;
use annals_events::Code;
use serde::Serialize;

/// The path model of all customers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathModelView {
    /// Customers with a complete answer set; the latest of each counts.
    pub n: u64,
    /// Surveys of the instrument left out, because items are missing or off its scale.
    pub incomplete: u64,
    /// For each latent, its items' weights; items and latent standardised. Null where withheld.
    pub outer_weights: Option<ByName<ByName<f64>>>,
    /// How strongly one latent acts on another.
    pub paths: Option<Vec<PathView>>,
    /// The share of a latent's variance that those acting on it explain, 0 to 1.
    pub r2: Option<ByName<f64>>,
    /// Each latent from 0 to 100; null for one whose items do not all weigh the same way.
    pub index: Option<ByName<Option<f64>>>,
    /// Rounds until no weight moved by 1e-7.
    pub rounds: Option<u32>,
    /// Why there is no model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathView {
    /// The latent that acts.
    pub from: Code,
    /// The latent acted on.
    pub to: Code,
    /// The regression coefficient, both standardised.
    pub coefficient: f64,
}

/// The rows of the path model, summed up.
pub(crate) struct PathRows<'r> {
    rules: Option<&'r EcsiRules>,
    moments: ItemMoments,
    incomplete: u64,
}

/// A fitted model with the weights of answers as they were given.
pub(crate) struct Fitted {
    fit: PathFit,
    /// For each latent, outer weight / standard deviation of each item.
    raw_weights: Vec<Vec<f64>>,
}

impl<'r> PathRows<'r> {
    pub(crate) fn new(rules: Option<&'r EcsiRules>) -> Self {
        let items = rules.map_or(0, |rules| rules.instrument.items.len());
        Self { rules, moments: ItemMoments::new(items), incomplete: 0 }
    }

    /// Adds a customer's latest complete answer set.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        let Some(rules) = self.rules else { return };
        let sets = AnswerSets::of(state, &rules.instrument);
        self.incomplete += sets.incomplete;
        if let Some(latest) = sets.complete.last() {
            self.moments.add(latest);
        }
    }

    /// Fits the model, or says why not.
    pub(crate) fn fit(&self) -> Result<Fitted, String> {
        let rules = self.rules.ok_or("the ruleset has no section [ecsi]")?;
        let (n, rows_min) = (self.moments.n, rules.rows_min);
        if n < u64::from(rows_min) {
            return Err(format!(
                "n = {n} customers with all {} items answered: at least {rows_min} are needed",
                rules.instrument.items.len()
            ));
        }
        let used = || rules.latents.iter().flat_map(|latent| &latent.items);
        let varies = self.moments.varies();
        let flat: Vec<_> = used()
            .filter(|item| !varies.get(**item).copied().unwrap_or(false))
            .filter_map(|item| rules.instrument.items.get(*item).map(Code::as_str))
            .collect();
        if !flat.is_empty() {
            return Err(format!("all customers answered {} alike", flat.join(", ")));
        }
        let covariances = self.moments.covariances();
        let deviations: Vec<f64> = covariances
            .iter()
            .enumerate()
            .map(|(item, row)| row.get(item).map_or(0.0, |variance| variance.sqrt()))
            .collect();
        let correlation = |(covariance, one): (&f64, &f64), other: &f64| covariance / one / other;
        let row = |(row, own): (&Vec<f64>, &f64)| {
            row.iter().zip(&deviations).map(|pair| correlation(pair, own)).collect()
        };
        let correlations: Vec<Vec<f64>> = covariances.iter().zip(&deviations).map(row).collect();
        let items = |latent: &'r LatentRules| latent.items.as_slice();
        let model = PathModel {
            correlations: &correlations,
            latents: rules.latents.iter().map(items).collect(),
            paths: &rules.paths,
        };
        let name = |latent: usize| {
            rules.latents.get(latent).map_or_else(String::new, |latent| latent.name.to_string())
        };
        let fit = model.fit().map_err(|no_fit| no_fit.reason(name))?;
        let raw = |(latent, weights): (&LatentRules, &Vec<f64>)| {
            let pairs = latent.items.iter().zip(weights);
            let deviation = |item: &usize| deviations.get(*item).copied().unwrap_or(1.0);
            pairs.map(|(item, weight)| weight / deviation(item)).collect()
        };
        let raw_weights = rules.latents.iter().zip(&fit.weights).map(raw).collect();
        Ok(Fitted { fit, raw_weights })
    }

    /// The model as it is shown.
    pub(crate) fn view(&self, fitted: &Result<Fitted, String>) -> PathModelView {
        let mut view = PathModelView {
            n: self.moments.n,
            incomplete: self.incomplete,
            outer_weights: None,
            paths: None,
            r2: None,
            index: None,
            rounds: None,
            why: fitted.as_ref().err().cloned(),
        };
        let (Some(rules), Ok(Fitted { fit, raw_weights })) = (self.rules, fitted) else {
            return view;
        };
        let names = || rules.latents.iter().map(|latent| latent.name.clone());
        let weights = |(latent, weights): (&LatentRules, &Vec<f64>)| {
            let items = latent.items.iter().filter_map(|item| rules.instrument.items.get(*item));
            ByName(items.cloned().zip(weights.iter().copied()).collect())
        };
        let weights = rules.latents.iter().zip(&fit.weights).map(weights);
        view.outer_weights = Some(ByName(names().zip(weights).collect()));
        let path = |((from, to), coefficient): (&(usize, usize), &f64)| {
            let name =
                |latent: &usize| rules.latents.get(*latent).map(|latent| latent.name.clone());
            Some(PathView { from: name(from)?, to: name(to)?, coefficient: *coefficient })
        };
        view.paths = Some(rules.paths.iter().zip(&fit.coefficients).filter_map(path).collect());
        let r2 = names().zip(&fit.r_squared).filter_map(|(name, r2)| Some((name, (*r2)?)));
        view.r2 = Some(ByName(r2.collect()));
        let means = self.moments.means().unwrap_or_default();
        let index = rules.latents.iter().zip(raw_weights).map(|(latent, weights)| {
            let mean = |item: &usize| means.get(*item).copied().unwrap_or(0.0);
            let means: Vec<f64> = latent.items.iter().map(mean).collect();
            let (min, max) = (rules.instrument.min, rules.instrument.max);
            (latent.name.clone(), index(&means, weights, min, max))
        });
        view.index = Some(ByName(index.collect()));
        view.rounds = Some(fit.rounds);
        view
    }
}

impl Fitted {
    /// The weights of a latent's items for answers as they were given.
    pub(crate) fn raw_weights(&self, latent: usize) -> Option<&[f64]> {
        self.raw_weights.get(latent).map(Vec::as_slice)
    }
}

/// 100 × (Σ w mean - min Σ w) / ((max - min) Σ w); `None` where a weight is negative or all are 0.
pub(crate) fn index(means: &[f64], weights: &[f64], min: i16, max: i16) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    if weights.iter().any(|weight| *weight < 0.0) || total <= 0.0 {
        return None;
    }
    let weighted: f64 = means.iter().zip(weights).map(|(mean, weight)| mean * weight).sum();
    let (min, width) = (float(min.into()), float(i128::from(max) - i128::from(min)));
    Some(100.0 * (weighted - min * total) / (width * total))
}
