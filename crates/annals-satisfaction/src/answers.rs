//! What the fold keeps of survey answers: counts per item, scale and value, and the latest.
//!
//! The scale's ends are part of the key, so that 4 of 5 and 4 of 10 never meet; which of them
//! counts for which measure is the view's to say. Answers by choice or in words are not counted.

use crate::sorted_map::SortedMap;
use annals_events::{Code, Instant, SurveyAnswered};
use serde::{Deserialize, Serialize};

/// One item asked on one scale.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ItemScale {
    pub(crate) item: Code,
    pub(crate) min: i16,
    pub(crate) max: i16,
}

/// The answers to one item on one scale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answers {
    /// How often each value was given.
    pub(crate) counts: SortedMap<i16, u32>,
    /// The value given last.
    pub(crate) last_value: i16,
    /// When it was given.
    pub(crate) last_at: Instant,
}

/// All answers of a customer.
pub(crate) type AnswerBook = SortedMap<ItemScale, Answers>;

/// Counts the answers of one survey.
pub(crate) fn count_answers(book: &mut AnswerBook, survey: &SurveyAnswered, at: Instant) {
    for answer in &survey.answers {
        let Some(scale) = answer.scale else { continue };
        let key = ItemScale { item: answer.item.clone(), min: scale.min(), max: scale.max() };
        let answers = book.entry(key);
        let count = answers.counts.entry(scale.value());
        *count = count.saturating_add(1);
        answers.last_value = scale.value();
        answers.last_at = at;
    }
}
