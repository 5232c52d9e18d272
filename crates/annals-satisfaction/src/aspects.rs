//! Answers by level and aspect, and the gap between what was perceived and what was expected.
//!
//! Answers on different scales are brought to 0 to 100: 100 × (value - min) / (max - min), then
//! averaged. A gap needs an expectation of the same aspect on the same scale
//! (`expectation.stated`), the latest stated before the answer: gap = perceived - expected, in
//! points of the scale.

use crate::mean::{Mean, MeanSums};
use crate::ratio::float;
use crate::rules::{SampleRules, SatisfactionRules};
use crate::state::SatisfactionState;
use crate::survey::{Rating, Response, Survey};
use annals_events::{Code, Level};
use serde::Serialize;
use std::collections::BTreeMap;

/// Answers of any scale, from 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Answers.
    pub n: u64,
    /// Their mean from 0 to 100; null where withheld.
    pub score: Option<f64>,
    /// Whether there are few.
    pub small_n: bool,
    /// Why the score is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One aspect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AspectReport {
    /// What was answered on it.
    #[serde(flatten)]
    pub perceived: Score,
    /// Perceived - expected, in points of the scale.
    pub gap: Mean,
}

/// Answers by what they are about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aspects {
    /// By level: product, service, social.
    pub levels: BTreeMap<Level, Score>,
    /// By aspect.
    pub aspects: BTreeMap<Code, AspectReport>,
    /// By quality: technical (what is delivered) and functional (how), as the ruleset sorts the
    /// aspects.
    pub qualities: Qualities,
}

/// Answers on what is delivered and on how.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Qualities {
    /// What is delivered.
    pub technical: Score,
    /// How it is delivered.
    pub functional: Score,
}

/// Sums of values above the low end, by width of the scale.
#[derive(Clone, Debug, Default)]
struct ScoreSums(BTreeMap<i32, (u64, i64)>);

impl ScoreSums {
    fn add(&mut self, rating: Rating) {
        let [min, max, value] = [rating.min, rating.max, rating.value].map(i32::from);
        let (n, sum) = self.0.entry(max - min).or_default();
        *n += 1;
        *sum += i64::from(value - min);
    }

    fn score(&self, sample: SampleRules, what: &str) -> Score {
        let n = self.0.values().map(|(n, _)| n).sum();
        let why = sample.too_few(n, what);
        let shares =
            self.0.iter().map(|(width, (_, sum))| float((*sum).into()) / float((*width).into()));
        let score = why.is_none().then(|| 100.0 * shares.sum::<f64>() / float(n.into()));
        Score { n, score, small_n: sample.is_small(n), why }
    }
}

/// Answers by what they are about, summed up.
#[derive(Default)]
pub(crate) struct AspectSums {
    levels: BTreeMap<Level, ScoreSums>,
    aspects: BTreeMap<Code, (ScoreSums, MeanSums)>,
    technical: ScoreSums,
    functional: ScoreSums,
}

impl AspectSums {
    /// Adds a customer's answers.
    pub(crate) fn add(&mut self, state: &SatisfactionState, rules: &SatisfactionRules) {
        for (survey, response, rating) in ratings(state) {
            if let Some(level) = response.level {
                self.levels.entry(level).or_default().add(rating);
            }
            let Some(place) = response.aspect else { continue };
            let aspect = state.codes.code(place);
            let (score, gap) = self.aspects.entry(aspect.clone()).or_default();
            score.add(rating);
            if rules.quality.technical.contains(aspect) {
                self.technical.add(rating);
            }
            if rules.quality.functional.contains(aspect) {
                self.functional.add(rating);
            }
            let mut expected = state.rest().expectations.iter();
            let before = expected.rfind(|stated| {
                stated.aspect == place
                    && stated.at <= survey.at
                    && rating.is_on(stated.rating.min, stated.rating.max)
            });
            if let Some(before) = before {
                gap.add(i128::from(rating.value) - i128::from(before.rating.value));
            }
        }
    }

    pub(crate) fn report(mut self, sample: SampleRules) -> Aspects {
        let level = |level: &Level| {
            let sums = self.levels.remove(level).unwrap_or_default();
            (*level, sums.score(sample, &format!("the level {level}")))
        };
        let aspect = |(aspect, (score, gap)): (Code, (ScoreSums, MeanSums))| {
            let perceived = score.score(sample, &format!("the aspect {aspect}"));
            let gap = gap.mean(sample, &format!("{aspect} both expected and answered"));
            (aspect, AspectReport { perceived, gap })
        };
        Aspects {
            levels: Level::ALL.iter().map(level).collect(),
            aspects: self.aspects.into_iter().map(aspect).collect(),
            qualities: Qualities {
                technical: self.technical.score(sample, "technical aspects"),
                functional: self.functional.score(sample, "functional aspects"),
            },
        }
    }
}

fn ratings(state: &SatisfactionState) -> impl Iterator<Item = (&Survey, &Response, Rating)> {
    state.surveys.iter().flat_map(|survey| {
        survey.responses.iter().filter_map(move |each| Some((survey, each, each.rating()?)))
    })
}
