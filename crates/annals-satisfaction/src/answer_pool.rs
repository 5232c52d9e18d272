//! Answers of one or many customers to one question, pooled: counts add up, scores do not.

use crate::last_answer::LastAnswer;
use crate::ratio::ratio;
use crate::rules::Question;
use crate::state::SatisfactionState;
use crate::survey::{Rating, Survey};
use annals_events::{Code, Instant, Zone};
use std::collections::BTreeMap;

/// The answers on a question's scale, and how many came on another.
pub(crate) struct AnswerPool<'q> {
    question: &'q Question,
    /// How often each value of the scale was given; every value of the scale is there.
    pub(crate) counts: BTreeMap<i16, u64>,
    /// Answers to the question's items on another scale, left out of the counts.
    pub(crate) off_scale: u64,
}

impl<'q> AnswerPool<'q> {
    pub(crate) fn new(question: &'q Question) -> Self {
        let counts = (question.min..=question.max).map(|value| (value, 0)).collect();
        Self { question, counts, off_scale: 0 }
    }

    /// Adds a customer's answers.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for (.., rating) in given(state, self.question) {
            self.count(rating);
        }
    }

    /// Adds one answer to the question.
    pub(crate) fn count(&mut self, rating: Rating) {
        if rating.is_on(self.question.min, self.question.max) {
            *self.counts.entry(rating.value).or_default() += 1;
        } else {
            self.off_scale += 1;
        }
    }

    /// Adds the answers of another pool.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (value, n) in &other.counts {
            *self.counts.entry(*value).or_default() += n;
        }
        self.off_scale += other.off_scale;
    }

    /// How many answers there are.
    pub(crate) fn n(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many of them are at or above a value.
    pub(crate) fn at_least(&self, value: i16) -> u64 {
        self.counts.range(value..).map(|(_, count)| count).sum()
    }

    /// How many of them are at or below a value.
    pub(crate) fn at_most(&self, value: i16) -> u64 {
        self.counts.range(..=value).map(|(_, count)| count).sum()
    }

    /// Their mean.
    pub(crate) fn mean(&self) -> Option<f64> {
        let weighted = |(value, count): (&i16, &u64)| i128::from(*value) * i128::from(*count);
        ratio(self.counts.iter().map(weighted).sum(), self.n())
    }
}

/// A customer's answers to a question on any scale, in the order they were given: the survey, which
/// item (as its place in the survey) and the rating.
pub(crate) fn given<'s>(
    state: &'s SatisfactionState,
    question: &'s Question,
) -> impl Iterator<Item = (&'s Survey, &'s Code, Rating)> {
    state.surveys.iter().flat_map(move |survey| {
        survey.responses.iter().filter_map(move |response| {
            let (rating, item) = (response.rating()?, state.codes.code(response.item));
            question.asks(item).then_some((survey, item, rating))
        })
    })
}

/// A customer's answers to a question on its scale, in the order they were given: when, which item
/// and the value.
pub(crate) fn answers<'s>(
    state: &'s SatisfactionState,
    question: &'s Question,
) -> impl Iterator<Item = (Instant, &'s Code, i16)> {
    let on_scale = |(_, _, rating): &(_, _, Rating)| rating.is_on(question.min, question.max);
    given(state, question)
        .filter(on_scale)
        .map(|(survey, item, rating)| (survey.at, item, rating.value))
}

/// A customer's latest answer to a question on its scale; of several items at one time, the last in
/// the order of their names.
pub(crate) fn last_answer(
    state: &SatisfactionState,
    question: &Question,
    zone: &Zone,
) -> Option<LastAnswer> {
    let (at, item, value) = answers(state, question).max_by_key(|(at, item, _)| (*at, *item))?;
    Some(LastAnswer { item: item.clone(), value, on: zone.date_of(at) })
}
