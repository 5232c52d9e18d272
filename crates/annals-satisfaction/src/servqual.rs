//! SERVQUAL: what was perceived less what was expected, by dimension (Parasuraman, Zeithaml &
//! Berry, Journal of Retailing 64, 1988).
//!
//! Every complete answer set counts. The overall gap is the mean of the dimensions' gaps, each
//! dimension alike, however many pairs it has.

use crate::answer_set::AnswerSetSums;
use crate::ratio::float;
use crate::rules::SatisfactionRules;
use annals_events::Code;
use serde::Serialize;

/// Service quality.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceQuality {
    /// Complete answer sets.
    pub n: u64,
    /// Surveys of the instrument left out, because items are missing or off its scale.
    pub incomplete: u64,
    /// Mean of the dimensions' gaps, in points of the scale; null where withheld.
    pub gap: Option<f64>,
    /// Each dimension; empty where withheld.
    pub dimensions: Vec<DimensionReport>,
    /// Whether there are few answer sets.
    pub small_n: bool,
    /// Why it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One dimension, in points of the scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DimensionReport {
    /// Its name.
    pub dimension: Code,
    /// Mean expectation.
    pub expected: f64,
    /// Mean perception.
    pub perceived: f64,
    /// perceived - expected.
    pub gap: f64,
}

impl ServiceQuality {
    /// Of the answer sets of the rules' instrument; `None` where they name none.
    pub(crate) fn of(sets: Option<AnswerSetSums<'_>>, rules: &SatisfactionRules) -> Self {
        let mut shown = Self {
            n: 0,
            incomplete: 0,
            gap: None,
            dimensions: Vec::new(),
            small_n: true,
            why: None,
        };
        let (Some(servqual), Some(sets)) = (&rules.servqual, sets) else {
            shown.why = Some("the ruleset has no section [servqual]".to_owned());
            return shown;
        };
        let AnswerSetSums { moments, incomplete, .. } = sets;
        shown.incomplete = incomplete;
        shown.n = moments.n;
        shown.small_n = rules.sample.is_small(shown.n);
        let what = format!("all {} items of SERVQUAL", servqual.instrument.items.len());
        shown.why = rules.sample.too_few(shown.n, &what);
        let Some(means) = moments.means().filter(|_| shown.why.is_none()) else { return shown };
        let mean = |items: &[usize]| {
            let sum: f64 = items.iter().filter_map(|item| means.get(*item)).sum();
            sum / float(items.len() as i128)
        };
        for dimension in &servqual.dimensions {
            let (expected, perceived) = (mean(&dimension.expected), mean(&dimension.perceived));
            let name = dimension.name.clone();
            let gap = perceived - expected;
            shown.dimensions.push(DimensionReport { dimension: name, expected, perceived, gap });
        }
        let total: f64 = shown.dimensions.iter().map(|dimension| dimension.gap).sum();
        shown.gap = Some(total / float(shown.dimensions.len() as i128));
        shown
    }
}
