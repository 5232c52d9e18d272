//! How each value type of the vocabulary is made from choices.
//!
//! Values are plausible rather than wild where a wild one would never meet another (party ids,
//! codes, currencies), and go to their ends where ends break things (numbers, texts). Times lie
//! between 1995 and 2025, so that no clock is behind them.

use crate::adjust;
use crate::choices::Choices;
use annals_events::{
    AcquiredVia, Actor, ActorType, AlertLevel, Answer, Assurance, AttributeMethod, CareArea,
    Channel, ClearText, Code, CompensationType, CompetitorAspect, CompetitorStance, ContentHash,
    CostType, Count, Currency, Date, Days, Decimal, Decision, Direction, EventId, Evidence,
    ExternalBody, FeedbackType, Grade, IdType, InformationSource, Instant, JsonText, KanoAnswer,
    LawfulBasis, Level, Line, Money, OccurredAt, OfferResponse, OfferType, PartyId, PartyRole,
    PartyType, Period, Personal, Phase, Polarity, Precision, PriceResponse, Purpose, Relation,
    RelationshipLevel, RepairResult, RetractionReason, Scale, Seconds, Sense, Share, Source,
    Urgency, Valence, VersionNumber, YesNoUnknown,
};
use uuid::Uuid;

/// A value that can be made from choices; the same choices give the same value.
pub trait FromChoices: Sized {
    /// Makes a value.
    fn from_choices(choices: &mut Choices<'_>) -> Self;
}

impl<T: FromChoices> FromChoices for Option<T> {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        choices.is_given().then(|| T::from_choices(choices))
    }
}

impl<T: FromChoices> FromChoices for Vec<T> {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        (0..choices.length()).map(|_| T::from_choices(choices)).collect()
    }
}

impl FromChoices for bool {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        choices.below(2) == 1
    }
}

macro_rules! choices {
    ($($name:ident)*) => { $(
        impl FromChoices for $name {
            fn from_choices(choices: &mut Choices<'_>) -> Self {
                choices.one_of(Self::ALL)
            }
        }
    )* };
}
choices! {
    AcquiredVia ActorType AlertLevel Assurance AttributeMethod CareArea Channel CompensationType
    CompetitorAspect CompetitorStance CostType Decision Direction ExternalBody FeedbackType IdType
    InformationSource KanoAnswer LawfulBasis Level OfferResponse OfferType PartyRole PartyType
    Period Phase Polarity Precision PriceResponse Purpose Relation RelationshipLevel RepairResult
    RetractionReason Sense Urgency YesNoUnknown
}

macro_rules! integers {
    ($($name:ident)*) => { $(
        impl FromChoices for $name {
            fn from_choices(choices: &mut Choices<'_>) -> Self {
                Self::new(choices.between(Self::MIN, Self::MAX)).expect("the number is in range")
            }
        }
    )* };
}
integers! { Count Days Grade Seconds Valence VersionNumber }

/// Short names that meet each other, at times any text the type accepts.
macro_rules! names {
    ($($name:ident $characters_max:literal $common:expr;)*) => { $(
        impl FromChoices for $name {
            fn from_choices(choices: &mut Choices<'_>) -> Self {
                if choices.is_wild()
                    && let Ok(name) = Self::new(&choices.text($characters_max))
                {
                    return name;
                }
                Self::new(&choices.one_of($common)).expect("the common names are accepted")
            }
        }
    )* };
}
names! {
    Code 32 &["a", "b", "ORD-1", "delivery.late", "P-1", "第一"];
    PartyId 16 &["C-1", "C-2", "C-3", "C-4", "C-5", "客户七"];
    Source 32 &["shop", "https://example.org/crm", "simulated/test"];
}

impl FromChoices for ClearText {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        Self::new(&choices.text(64)).expect("a short text is accepted")
    }
}

impl FromChoices for JsonText {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let text = choices.one_of(&[
            "{}",
            "true",
            "-0.10",
            "\"text\"",
            "[1,[],{}]",
            "{\"b\":1,\"a\":null}",
            "{\"n\":123456789012345678901234567890.50}",
        ]);
        Self::new(text).expect("the texts are JSON")
    }
}

impl FromChoices for Personal {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let text = Self::new(&choices.text(24)).expect("a short text is accepted");
        match Option::from_choices(choices) {
            Some(party) => text.of(party),
            None => text,
        }
    }
}

impl FromChoices for ContentHash {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        Self::of(&choices.next_number().to_le_bytes())
    }
}

impl FromChoices for EventId {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let (high, low) = (choices.next_number(), choices.next_number());
        Self::new(Uuid::from_u64_pair(high, low.max(1))).expect("the UUID is not nil")
    }
}

impl FromChoices for Currency {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        if choices.below(8) == 7 {
            let all: Vec<_> = Self::all().collect();
            return choices.one_of(&all);
        }
        let code = choices.one_of(&["EUR", "USD", "CNY", "JPY", "KWD"]);
        code.parse().expect("the code is in the table")
    }
}

impl FromChoices for Money {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let currency = Currency::from_choices(choices);
        Self::new(choices.between(i64::MIN, i64::MAX), currency)
    }
}

impl FromChoices for Decimal {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let unit = choices.one_of(&[1_000_000, 10_000, 1]);
        Self::from_millionths(choices.between(i64::MIN, i64::MAX).saturating_mul(unit))
    }
}

impl FromChoices for Share {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let millionths = choices.between(0, 1_000_000);
        Self::new(Decimal::from_millionths(millionths)).expect("the share lies between 0 and 1")
    }
}

impl FromChoices for Scale {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let (min, max) = choices.one_of(&[(1, 5), (0, 10), (1, 7), (1, 10), (-1000, 1000)]);
        let value = choices.between(i64::from(min), i64::from(max));
        let value = i16::try_from(value).expect("the value lies between its ends");
        Self::new(min, max, value).expect("the value lies between its ends")
    }
}

impl FromChoices for Date {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let day = choices.one_of(&[0, -719_162, 2_932_896, 10_000, 10_000, 20_000]);
        let days = i32::try_from(choices.below(1000)).unwrap_or(0);
        Self::from_days(day).expect("the day is a date").plus_days(days)
    }
}

/// 1995-01-01T00:00:00Z.
const FIRST_SECOND: i64 = 788_918_400;
/// Thirty years.
const SECONDS: u64 = 30 * 365 * 86_400;

impl FromChoices for Instant {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        // Few different times, so that events meet at the same instant, and many.
        let seconds = match choices.below(3) {
            0 => choices.below(8) * 43_200,
            _ => choices.below(SECONDS),
        };
        let seconds = FIRST_SECOND + i64::try_from(seconds).unwrap_or(0);
        let part = choices.one_of(&[0, 0, 1, 500_000_000, 999_999_999]);
        Self::from_unix_nanoseconds(seconds * 1_000_000_000 + part)
    }
}

impl FromChoices for OccurredAt {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        let instant = Instant::from_choices(choices);
        let offset = choices.one_of(&[0, 480, -330, 120, -1, 1439, -1439]);
        Self::new(instant, offset).expect("the time is far from the ends of time")
    }
}

impl FromChoices for Actor {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        Self {
            actor_type: FromChoices::from_choices(choices),
            id: FromChoices::from_choices(choices),
        }
    }
}

impl FromChoices for Evidence {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        Self {
            hash: FromChoices::from_choices(choices),
            media_type: FromChoices::from_choices(choices),
            size_bytes: FromChoices::from_choices(choices),
            uri: FromChoices::from_choices(choices),
        }
    }
}

impl FromChoices for Line {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        adjust::line_counts(Self {
            sku: FromChoices::from_choices(choices),
            category: FromChoices::from_choices(choices),
            quantity: FromChoices::from_choices(choices),
            unit_price: FromChoices::from_choices(choices),
            discount: FromChoices::from_choices(choices),
            unit_cost: FromChoices::from_choices(choices),
        })
    }
}

impl FromChoices for Answer {
    fn from_choices(choices: &mut Choices<'_>) -> Self {
        adjust::answer_says_something(Self {
            item: FromChoices::from_choices(choices),
            scale: FromChoices::from_choices(choices),
            choice: FromChoices::from_choices(choices),
            aspect: FromChoices::from_choices(choices),
            level: FromChoices::from_choices(choices),
            text: FromChoices::from_choices(choices),
        })
    }
}
