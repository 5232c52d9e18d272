//! Answers of one or many customers to one question, pooled: counts add up, scores do not.

use crate::answers::{AnswerBook, ItemScale};
use crate::last_answer::LastAnswer;
use crate::ratio::ratio;
use crate::rules::Question;
use annals_events::{Instant, Zone};
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
    pub(crate) fn add(&mut self, book: &AnswerBook) {
        for (key, answers) in book.iter() {
            if !self.question.items.contains(&key.item) {
                continue;
            }
            for (value, count) in answers.counts.iter() {
                let pooled = if on_scale(self.question, key) {
                    self.counts.entry(*value).or_default()
                } else {
                    &mut self.off_scale
                };
                *pooled += u64::from(*count);
            }
        }
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

fn on_scale(question: &Question, key: &ItemScale) -> bool {
    (key.min, key.max) == (question.min, question.max)
}

/// A customer's latest answer to a question on its scale; of several items at one time, the last in
/// the order of their names.
pub(crate) fn last_answer(
    book: &AnswerBook,
    question: &Question,
    zone: &Zone,
) -> Option<LastAnswer> {
    let mut last: Option<(Instant, LastAnswer)> = None;
    for (key, answers) in book.iter() {
        let counts = question.items.contains(&key.item) && on_scale(question, key);
        if counts && last.as_ref().is_none_or(|(at, _)| *at <= answers.last_at) {
            let on = zone.date_of(answers.last_at);
            let answer = LastAnswer { item: key.item.clone(), value: answers.last_value, on };
            last = Some((answers.last_at, answer));
        }
    }
    last.map(|(_, answer)| answer)
}
