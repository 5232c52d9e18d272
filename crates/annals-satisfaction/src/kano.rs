//! Kano's model: what a feature is to customers, from a pair of questions.
//!
//! The 5 x 5 table and Better and Worse: Berger et al., Center for Quality of Management Journal 2,
//! 1993; the variant with must-be twice and live-with twice as questionable: Pouliot, there; the
//! category by groups: Blauth; whether the two largest counts differ: Fong, there, 90 % one-sided.
//! Every answered pair counts.

use crate::code_table::CodeIndex;
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use crate::survey::Given;
use annals_events::{Channel, Code, Instant, KanoAnswer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One answered pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KanoPair {
    pub(crate) at: Instant,
    pub(crate) channel: Option<Channel>,
    pub(crate) feature: CodeIndex,
    pub(crate) functional: KanoAnswer,
    pub(crate) dysfunctional: KanoAnswer,
}

/// What a feature is to a customer. In the order that ties are settled in, the first winning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum KanoCategory {
    /// Must-be: taken for granted, missed where absent.
    M,
    /// One-dimensional: the more the better.
    O,
    /// Attractive: a delight, not missed.
    A,
    /// Indifferent.
    I,
    /// Reverse: better without.
    R,
    /// Questionable: the two answers do not go together.
    Q,
}

/// Which cells of the table are questionable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KanoTable {
    /// Like twice and dislike twice.
    Classic,
    /// Also must-be twice and live-with twice.
    Pouliot,
}

impl KanoTable {
    /// What a pair of answers says of the feature.
    pub fn category(self, functional: KanoAnswer, dysfunctional: KanoAnswer) -> KanoCategory {
        use KanoAnswer::{Dislike, Like, LiveWith, MustBe};
        match (functional, dysfunctional) {
            (Like, Like) | (Dislike, Dislike) => KanoCategory::Q,
            (MustBe, MustBe) | (LiveWith, LiveWith) if self == Self::Pouliot => KanoCategory::Q,
            (Like, Dislike) => KanoCategory::O,
            (Like, _) => KanoCategory::A,
            (_, Like) | (Dislike, _) => KanoCategory::R,
            (_, Dislike) => KanoCategory::M,
            (_, _) => KanoCategory::I,
        }
    }
}

/// How often each category came up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(non_snake_case, reason = "the letters are the categories' names")]
pub struct KanoCounts {
    /// Attractive.
    pub A: u64,
    /// One-dimensional.
    pub O: u64,
    /// Must-be.
    pub M: u64,
    /// Indifferent.
    pub I: u64,
    /// Reverse.
    pub R: u64,
    /// Questionable.
    pub Q: u64,
}

/// What a feature is to customers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KanoFeature {
    /// The feature.
    pub feature: Code,
    /// Answered pairs.
    pub n: u64,
    /// How often each category came up.
    pub counts: KanoCounts,
    /// The most frequent category, ties M > O > A > I > R > Q; null where withheld.
    pub category_mode: Option<KanoCategory>,
    /// If O + A + M > I + R + Q the largest of O, A, M, else of I, R, Q; ties as above.
    pub category_blauth: Option<KanoCategory>,
    /// (A + O) / (A + O + M + I), 0 to 1: how much having it satisfies.
    pub better: Option<f64>,
    /// -(O + M) / (A + O + M + I), -1 to 0: how much missing it dissatisfies.
    pub worse: Option<f64>,
    /// (A + O + M) / n.
    pub total_strength: Option<f64>,
    /// (largest count - second) / n.
    pub category_strength: Option<f64>,
    /// Whether the two largest counts differ at 90 %.
    pub fong_significant_90: Option<bool>,
    /// Whether there are few pairs.
    pub small_n: bool,
    /// Why something is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A customer's latest answer on a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    functional: KanoAnswer,
    dysfunctional: KanoAnswer,
}

impl KanoCounts {
    fn add(&mut self, category: KanoCategory) {
        let count = match category {
            KanoCategory::A => &mut self.A,
            KanoCategory::O => &mut self.O,
            KanoCategory::M => &mut self.M,
            KanoCategory::I => &mut self.I,
            KanoCategory::R => &mut self.R,
            KanoCategory::Q => &mut self.Q,
        };
        *count += 1;
    }

    /// In the order that ties are settled in.
    fn ranked(&self) -> [(KanoCategory, u64); 6] {
        [
            (KanoCategory::M, self.M),
            (KanoCategory::O, self.O),
            (KanoCategory::A, self.A),
            (KanoCategory::I, self.I),
            (KanoCategory::R, self.R),
            (KanoCategory::Q, self.Q),
        ]
    }

    fn n(&self) -> u64 {
        self.A + self.O + self.M + self.I + self.R + self.Q
    }

    /// The two largest counts.
    fn two_largest(&self) -> (u64, u64) {
        let mut counts = self.ranked().map(|(_, count)| count);
        counts.sort_unstable();
        let [.., second, largest] = counts;
        (largest, second)
    }

    fn blauth(&self) -> KanoCategory {
        let (first, last) = self.ranked().into_iter().partition::<Vec<_>, _>(|(category, _)| {
            matches!(category, KanoCategory::M | KanoCategory::O | KanoCategory::A)
        });
        let sum = |group: &[(KanoCategory, u64)]| group.iter().map(|(_, n)| n).sum::<u64>();
        largest(if sum(&first) > sum(&last) { first } else { last })
    }

    /// |x1 - x2| >= 1.65 √((x1 + x2)(2n - x1 - x2) / 2n), squared and in whole numbers.
    fn fong(&self) -> bool {
        let (x1, x2) = self.two_largest();
        let [n, x1, x2] = [self.n(), x1, x2].map(i128::from);
        10_000 * 2 * n * (x1 - x2).pow(2) >= 27_225 * (x1 + x2) * (2 * n - x1 - x2)
    }
}

/// The category with the largest count, the first of equals.
fn largest(counts: impl IntoIterator<Item = (KanoCategory, u64)>) -> KanoCategory {
    let largest = counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
    largest.map_or(KanoCategory::Q, |(category, _)| category)
}

impl KanoFeature {
    fn of(feature: Code, counts: KanoCounts, rules: &SatisfactionRules) -> Self {
        let n = counts.n();
        let wanted = counts.A + counts.O + counts.M;
        let clear = wanted + counts.I;
        let few = rules.sample.too_few(n, &format!("the pair on {feature}"));
        let given = few.is_none();
        let (x1, x2) = counts.two_largest();
        let undecided = (clear == 0).then(|| "nobody answered A, O, M or I".to_owned());
        Self {
            feature,
            n,
            counts,
            category_mode: given.then(|| largest(counts.ranked())),
            category_blauth: given.then(|| counts.blauth()),
            better: ratio((counts.A + counts.O).into(), clear).filter(|_| given),
            worse: ratio(-i128::from(counts.O + counts.M), clear).filter(|_| given),
            total_strength: ratio(wanted.into(), n).filter(|_| given),
            category_strength: ratio((x1 - x2).into(), n).filter(|_| given),
            fong_significant_90: given.then(|| counts.fong()),
            small_n: rules.sample.is_small(n),
            why: few.or(undecided),
        }
    }
}

/// Categories by feature, counted so far.
#[derive(Default)]
pub(crate) struct KanoSums(BTreeMap<Code, KanoCounts>);

impl KanoSums {
    /// Adds a customer's pairs.
    pub(crate) fn add(&mut self, state: &SatisfactionState, rules: &SatisfactionRules) {
        let mut add = |feature: &Code, pair: Pair| {
            let category = rules.kano.table.category(pair.functional, pair.dysfunctional);
            self.0.entry(feature.clone()).or_default().add(category);
        };
        for pair in &state.rest().kano {
            let (functional, dysfunctional) = (pair.functional, pair.dysfunctional);
            add(state.codes.code(pair.feature), Pair { functional, dysfunctional });
        }
        for (feature, pair) in surveyed_pairs(state, rules) {
            add(&feature, pair);
        }
    }

    /// All features in the order of their codes.
    pub(crate) fn features(self, rules: &SatisfactionRules) -> Vec<KanoFeature> {
        let feature = |(feature, counts)| KanoFeature::of(feature, counts, rules);
        self.0.into_iter().map(feature).collect()
    }
}

/// The pairs answered in surveys of the Kano instrument.
fn surveyed_pairs(state: &SatisfactionState, rules: &SatisfactionRules) -> Vec<(Code, Pair)> {
    let Some(instrument) = &rules.kano.instrument else { return Vec::new() };
    let mut pairs = Vec::new();
    for survey in &state.surveys {
        if !instrument.is(state.codes.code(survey.instrument)) {
            continue;
        }
        let mut halves = BTreeMap::<&str, (Option<KanoAnswer>, Option<KanoAnswer>)>::new();
        for response in &survey.responses {
            let item = state.codes.code(response.item).as_str();
            let answer = match response.given {
                Given::Choice(choice) => state.codes.code(choice).as_str().parse().ok(),
                Given::OnScale(rating) if rating.is_on(1, 5) => KanoAnswer::ALL
                    .get(usize::try_from(rating.value - 1).unwrap_or(usize::MAX))
                    .copied(),
                Given::OnScale(_) => None,
            };
            if let Some(feature) = item.strip_suffix(".functional") {
                halves.entry(feature).or_default().0 = answer;
            } else if let Some(feature) = item.strip_suffix(".dysfunctional") {
                halves.entry(feature).or_default().1 = answer;
            }
        }
        for (feature, halves) in halves {
            if let (Some(functional), Some(dysfunctional)) = halves
                && let Ok(feature) = Code::new(feature)
            {
                pairs.push((feature, Pair { functional, dysfunctional }));
            }
        }
    }
    pairs
}
