//! The American index: three questions on 1 to 10 as one number from 0 to 100.
//!
//! 100 × (Σ w mean - Σ w) / (9 Σ w) on 1 to 10 (Fornell, Johnson, Anderson, Cha & Bryant, Journal
//! of Marketing 60, 1996). Every complete answer set counts; weights are equal, given, or those the
//! path model gives the items of satisfaction, as weights of the answers as given.

use crate::answer_set::AnswerSetSums;
use crate::by_name::ByName;
use crate::ecsi::{Fitted, index};
use crate::instrument_rules::Weights;
use crate::interval::Interval;
use crate::item_moments::ItemMoments;
use crate::ratio::float;
use crate::rules::SatisfactionRules;
use annals_projection::NORMAL_97_5;
use serde::Serialize;

/// The index of a customer or of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerSatisfactionIndex {
    /// 0 to 100; null where withheld.
    pub score: Option<f64>,
    /// Each item's weight; together 1.
    pub weights: Option<ByName<f64>>,
    /// Complete answer sets.
    pub n: u64,
    /// Normal 95 % interval of the score, clipped to 0 to 100; null below two answer sets.
    pub interval_95: Option<Interval>,
    /// Each item's mean, in points of its scale.
    pub means: Option<ByName<f64>>,
    /// Whether there are few answer sets.
    pub small_n: bool,
    /// Surveys of the instrument left out, because items are missing or off its scale.
    pub incomplete: u64,
    /// Why the score is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl CustomerSatisfactionIndex {
    /// Of the answer sets of the rules' instrument; `None` where they name none.
    pub(crate) fn of(
        sets: Option<AnswerSetSums<'_>>,
        rules: &SatisfactionRules,
        fitted: Result<&Fitted, &str>,
    ) -> Self {
        let mut shown = Self {
            score: None,
            weights: None,
            n: 0,
            interval_95: None,
            means: None,
            small_n: true,
            incomplete: 0,
            why: None,
        };
        let (Some(acsi), Some(sets)) = (&rules.acsi, sets) else {
            shown.why = Some("the ruleset has no section [acsi]".to_owned());
            return shown;
        };
        let instrument = &acsi.instrument;
        let AnswerSetSums { moments, incomplete, .. } = sets;
        shown.incomplete = incomplete;
        shown.n = moments.n;
        shown.small_n = rules.sample.is_small(shown.n);
        let what = format!("all {} items of {}", instrument.items.len(), instrument.code);
        if let Some(why) = rules.sample.too_few(shown.n, &what) {
            shown.why = Some(why);
            return shown;
        }
        let weights = match (&acsi.weights, fitted) {
            (Weights::Equal, _) => Ok(vec![1.0; instrument.items.len()]),
            (Weights::Given(weights), _) => Ok(weights.clone()),
            (Weights::Pls, Ok(fitted)) => {
                let latent = rules.ecsi.as_ref().map_or(0, |ecsi| ecsi.satisfaction);
                Ok(fitted.raw_weights(latent).unwrap_or_default().to_vec())
            }
            (Weights::Pls, Err(why)) => Err(format!("the weights are the path model's: {why}")),
        };
        let means = moments.means().unwrap_or_default();
        let named = |values: &[f64]| {
            ByName(instrument.items.iter().cloned().zip(values.iter().copied()).collect())
        };
        shown.means = Some(named(&means));
        match weights {
            Err(why) => shown.why = Some(why),
            Ok(weights) => {
                let total: f64 = weights.iter().sum();
                let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
                shown.score = index(&means, &weights, instrument.min, instrument.max);
                if shown.score.is_none() {
                    shown.why = Some("the path model's weights differ in sign".to_owned());
                }
                let width = float(i128::from(instrument.max) - i128::from(instrument.min));
                shown.interval_95 =
                    shown.score.and_then(|score| interval(score, &moments, &weights, width));
                shown.weights = Some(named(&weights));
            }
        }
        shown
    }
}

/// score ± z s / √n, s the standard deviation (divisor n - 1) of the single answer sets' scores.
fn interval(score: f64, moments: &ItemMoments, weights: &[f64], width: f64) -> Option<Interval> {
    if moments.n < 2 {
        return None;
    }
    let n = float(moments.n.into());
    let row = |row: &Vec<f64>| row.iter().zip(weights).map(|(c, weight)| c * weight).sum::<f64>();
    let covariances = moments.covariances();
    let variance: f64 = covariances.iter().zip(weights).map(|(c, weight)| row(c) * weight).sum();
    let spread = NORMAL_97_5 * 100.0 / width * (variance.max(0.0) / (n - 1.0)).sqrt();
    Some([(score - spread).max(0.0), (score + spread).min(100.0)])
}
