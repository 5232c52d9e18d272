//! Who had to ask again, and whether elsewhere.
//!
//! A question is a customer, a subject, a channel and a day: the reason of a contact the customer
//! began, or the topic of an enquiry. It was asked again elsewhere where the same customer asks
//! about the same subject on another channel within the ruleset's days, and again on the same
//! channel where only that one follows. Of two questions of one day the first was asked again.
//!
//! Deliberately absent: why. A customer who asks again may have got no answer, another one than was
//! promised, or just a new question on an old subject.

use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use crate::statement::Question;
use annals_events::{Channel, Date};
use serde::Serialize;
use std::collections::BTreeMap;

/// Questions and what followed them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AskedAgain {
    /// All together.
    #[serde(flatten)]
    pub all: AskedAgainCounts,
    /// By the channel of the first question.
    pub by_channel: BTreeMap<Channel, AskedAgainCounts>,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Questions counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AskedAgainCounts {
    /// Questions whose days have passed.
    pub n: u64,
    /// Asked again on another channel.
    pub elsewhere: u64,
    /// Asked again on the same channel only.
    pub same_channel: u64,
    /// Questions whose days have not passed yet, counted nowhere else.
    pub too_recent: u64,
    /// elsewhere / n, 0 to 1; null where there is none.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
}

#[derive(Clone, Copy)]
enum Followed {
    Elsewhere,
    SameChannel,
    Not,
    TooRecent,
}

impl AskedAgainCounts {
    fn add(&mut self, followed: Followed) {
        self.n += u64::from(!matches!(followed, Followed::TooRecent));
        match followed {
            Followed::Elsewhere => self.elsewhere += 1,
            Followed::SameChannel => self.same_channel += 1,
            Followed::TooRecent => self.too_recent += 1,
            Followed::Not => {}
        }
    }

    fn with_rate(self) -> Self {
        let rate = ratio(self.elsewhere.into(), self.n);
        Self { rate, wilson_95: wilson_95(self.elsewhere, self.n), ..self }
    }
}

/// Questions counted so far.
#[derive(Default)]
pub(crate) struct AskedAgainSums {
    all: AskedAgainCounts,
    by_channel: BTreeMap<Channel, AskedAgainCounts>,
}

impl AskedAgainSums {
    /// Adds a customer's questions.
    pub(crate) fn add(&mut self, asked: &[Question], rules: &SatisfactionRules, today: Date) {
        let Some(rules) = rules.consistency else { return };
        for (index, question) in asked.iter().enumerate() {
            let later = asked.get(index + 1..).unwrap_or_default();
            let until = question.on.plus_days(rules.asked_again_days);
            let followed = followed(*question, later, until, today);
            self.all.add(followed);
            self.by_channel.entry(question.channel).or_default().add(followed);
        }
    }

    pub(crate) fn report(self, rules: &SatisfactionRules) -> AskedAgain {
        let Self { all, by_channel } = self;
        let why = match rules.consistency {
            None => "the ruleset has no section [consistency]",
            Some(_) => {
                "no question with a channel lies as many days back as the ruleset looks ahead"
            }
        };
        AskedAgain {
            why: (all.n == 0).then(|| why.to_owned()),
            all: all.with_rate(),
            by_channel: by_channel
                .into_iter()
                .map(|(channel, counts)| (channel, counts.with_rate()))
                .collect(),
        }
    }
}

/// What followed a question among the later ones up to a day.
fn followed(question: Question, later: &[Question], until: Date, today: Date) -> Followed {
    if until > today {
        return Followed::TooRecent;
    }
    let within = later.iter().take_while(|later| later.on <= until);
    let mut again = within.filter(|later| later.subject == question.subject).peekable();
    match (again.peek().is_some(), again.any(|later| later.channel != question.channel)) {
        (_, true) => Followed::Elsewhere,
        (true, false) => Followed::SameChannel,
        (false, false) => Followed::Not,
    }
}
