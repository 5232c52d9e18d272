//! Early warning as data: what is watched, and from when on it is too much.

use crate::fact::Fact;
use annals_events::AlertLevel;

/// A rule that gives warning when all clues of one of its tables hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRule {
    /// Its id, distinct among the rules, at most [`AlertRule::ID_BYTES_MAX`] bytes.
    pub id: String,
    /// How loud it warns.
    pub level: AlertLevel,
    /// What it means, in words for the one who is warned.
    pub because: String,
    /// Signs older than this are not counted.
    pub within_days: i32,
    /// The tables.
    pub when: Vec<Vec<Clue>>,
}

impl AlertRule {
    /// The most bytes of an id: it becomes part of the numbers of alerts.
    pub const ID_BYTES_MAX: usize = 40;
}

/// Bounds on something watched, both included. What is not known lies nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clue {
    /// What is watched.
    pub watched: Watched,
    /// The least value: a count, days, percent, millionths of a ratio, 1 for yes.
    pub min: i64,
    /// The greatest value, in the same unit; `i64::MAX` where there is none.
    pub max: i64,
}

/// What a clue may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// What stages may be decided by too.
    Fact(Fact),
    /// A sign that only warnings read.
    Sign(Sign),
}

/// Signs that only warnings read. Those counted are counted within the rule's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Dissatisfaction said and not lodged as a complaint.
    Dissatisfactions,
    /// The lowest answer in surveys and reviews, in percent of its scale.
    LowestAnswer,
    /// How far the mean of the last three sentiments lies below that of those before, of the last
    /// twelve; known from the fourth. In millionths of a point.
    SentimentFall,
    /// Days that the oldest open enquiry has waited.
    EnquiryOpenDays,
    /// Times the customer spoke to others against the organisation.
    SpokeAgainst,
    /// Key contacts and account managers who are so no longer.
    KeyContactsLeft,
    /// The worst fault of a product, 1 to 5.
    WorstFault,
    /// A model's probability that the customer is still one, where it was passed in. In millionths.
    PAlive,
}

impl Sign {
    /// All signs.
    pub const ALL: [Self; 8] = [
        Self::Dissatisfactions,
        Self::LowestAnswer,
        Self::SentimentFall,
        Self::EnquiryOpenDays,
        Self::SpokeAgainst,
        Self::KeyContactsLeft,
        Self::WorstFault,
        Self::PAlive,
    ];

    /// The name in a ruleset, without `_min` and `_max`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dissatisfactions => "dissatisfactions",
            Self::LowestAnswer => "lowest_answer",
            Self::SentimentFall => "sentiment_fall",
            Self::EnquiryOpenDays => "enquiry_open_days",
            Self::SpokeAgainst => "spoke_against",
            Self::KeyContactsLeft => "key_contacts_left",
            Self::WorstFault => "worst_fault",
            Self::PAlive => "p_alive",
        }
    }
}

impl Watched {
    /// All that may be watched.
    pub(crate) fn all() -> Vec<Self> {
        let facts = Fact::ALL.into_iter().map(Self::Fact);
        facts.chain(Sign::ALL.into_iter().map(Self::Sign)).collect()
    }

    /// The name in a ruleset, without `_min` and `_max`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.name(),
            Self::Sign(sign) => sign.name(),
        }
    }

    /// Whether it is a yes or no, written `name = true`.
    pub(crate) const fn is_yes_or_no(self) -> bool {
        matches!(self, Self::Fact(fact) if fact.is_yes_or_no())
    }

    /// Whether it is counted in millionths and may be written as a decimal.
    pub(crate) const fn is_decimal(self) -> bool {
        matches!(
            self,
            Self::Fact(Fact::RhythmRatio) | Self::Sign(Sign::SentimentFall | Sign::PAlive)
        )
    }
}
