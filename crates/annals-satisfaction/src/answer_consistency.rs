//! Whether a question is answered the same on every channel.
//!
//! Compared are the answers, by their number in the knowledge base, to enquiries of one topic about
//! one product (or none) in one calendar month. Two channels differ where no answer is the most
//! frequent on both: one agent who once took the wrong answer makes no difference, and where a
//! channel is torn between two, either counts.
//!
//! Deliberately absent: what was said in words, which is sealed, and answers without a number.

use crate::agreement::{Agreement, LISTED_MAX};
use crate::state::SatisfactionState;
use annals_events::{Channel, Code, Month};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Answers to enquiries over channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerConsistency {
    /// n: topics of a product and month answered by number on two channels or more.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Those answered differently, the most answered first, 20 at most.
    pub listed: Vec<AnswerDifference>,
}

/// A topic that channels answer differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerDifference {
    /// The topic.
    pub topic: Code,
    /// The product, where the enquiries name one.
    pub product: Option<Code>,
    /// The calendar month of the answers.
    pub month: String,
    /// How often each channel gave which answer.
    pub by_channel: BTreeMap<Channel, BTreeMap<Code, u64>>,
}

type Place = (Code, Option<Code>, Month);
type Counts = BTreeMap<Channel, BTreeMap<Code, u64>>;

/// Answers by topic, product and month, counted by channel.
#[derive(Default)]
pub(crate) struct GivenAnswerSums(BTreeMap<Place, Counts>);

impl GivenAnswerSums {
    /// Adds what a customer was answered.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        let code = |place| state.codes.code(place).clone();
        for enquiry in state.rest().enquiries.values() {
            let Some(topic) = enquiry.topic else { continue };
            for given in &enquiry.answers {
                let Some(channel) = given.channel.or(enquiry.channel) else { continue };
                let place = (code(topic), enquiry.product.map(code), given.on.month());
                let counts = self.0.entry(place).or_default().entry(channel).or_default();
                *counts.entry(code(given.answer)).or_default() += 1;
            }
        }
    }
}

impl AnswerConsistency {
    pub(crate) fn of(sums: GivenAnswerSums) -> Self {
        let (mut n, mut one_channel, mut listed) = (0, 0, Vec::new());
        for (place, counts) in sums.0 {
            if counts.len() < 2 {
                one_channel += 1;
                continue;
            }
            n += 1;
            if differ(&counts) {
                listed.push((place, counts));
            }
        }
        let differing = listed.len() as u64;
        // Of equal ones the order of topic, product and month stays.
        listed.sort_by_key(|(_, counts)| {
            Reverse(counts.values().flat_map(BTreeMap::values).sum::<u64>())
        });
        let listed = listed.into_iter().take(LISTED_MAX).map(difference).collect();
        let why = "no topic was answered by number on two channels in one month";
        Self { agreement: Agreement::of(n, differing, one_channel, why), listed }
    }
}

/// Whether two channels have no most frequent answer in common.
fn differ(counts: &Counts) -> bool {
    let leading: Vec<_> = counts.values().map(most_frequent).collect();
    let mut pairs = leading.iter().enumerate();
    pairs.any(|(index, one)| leading.iter().skip(index + 1).any(|other| one.is_disjoint(other)))
}

fn most_frequent(counts: &BTreeMap<Code, u64>) -> BTreeSet<&Code> {
    let most = counts.values().max();
    counts.iter().filter(|(_, n)| Some(*n) == most).map(|(answer, _)| answer).collect()
}

fn difference(((topic, product, month), by_channel): (Place, Counts)) -> AnswerDifference {
    AnswerDifference { topic, product, month: month.to_string(), by_channel }
}
