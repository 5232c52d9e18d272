//! Customers' stories for tests: short words for what happens, made into events, and strategies
//! for them.

#![allow(dead_code, reason = "each test binary uses its own part")]

use annals_events::{
    Answer, ChurnDeclared, Code, ComplaintClosed, ComplaintReceived, ComplaintReopened,
    ComplaintWithdrawn, ContactOccurred, Date, Direction, EnquiryAnswered, EnquiryReceived,
    Envelope, Event, EventId, FeedbackReceived, FeedbackType, Grade, Instant,
    LifecycleStageAsserted, Money, OccurredAt, OfferResponded, OfferResponse, PartyId,
    PartyRegistered, PartyType, PartyUnrelated, Payload, Period, Polarity, Position,
    ProductFaultReported, PurchaseCompleted, RecordedEvent, RefundIssued, Relation,
    RelationshipClosed, RelationshipReactivated, RetentionActionTaken, Scale, StreamId,
    StreamVersion, SubscriptionCancelled, SubscriptionPaused, SubscriptionResumed,
    SubscriptionStarted, SurveyAnswered, Valence, VersionNumber, WinBackAccepted, WinBackDeclined,
    WinBackOffered, WordOfMouthObserved, YesNoUnknown, Zone,
};
use annals_lifecycle::{Lifecycle, LifecycleRules, LifecycleState};
use annals_projection::{AsOf, Projection, Rates, ViewContext, fold};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// What happens; numbers name complaints and subscriptions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    Buy,
    Contact,
    Refund,
    Register,
    Complain(u8),
    Reopen(u8),
    CloseComplaint(u8),
    Withdraw(u8),
    Subscribe(u8),
    Pause(u8),
    Resume(u8),
    Cancel(u8),
    Churn,
    End,
    Reactivate,
    WinBack,
    Enquire(u8),
    AnswerEnquiry(u8),
    /// An answer on trust, in percent.
    Trust(u8),
    Offer(u8),
    Accept(u8),
    Decline(u8),
    Act(u8),
    /// A contact with this sentiment.
    Feel(i8),
    Dissatisfied,
    KeyContactLeft,
    SpeakAgainst,
    /// A fault this bad.
    Fault(u8),
    /// The scheme, the stage.
    Assert(&'static str, &'static str),
}

/// What happens on a day, counted from 1997-01-01, and a second of it.
pub(crate) type Moment = (i32, u32, Word);

/// Failures found once are kept beside the tests.
pub(crate) fn config() -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(persistence)), ..ProptestConfig::default() }
}

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

pub(crate) fn day(number: i32) -> Date {
    "1997-01-01".parse::<Date>().expect("a day").plus_days(number)
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn contact(sentiment: Option<Valence>) -> Payload {
    ContactOccurred {
        direction: Direction::In,
        reason: code("because"),
        duration: None,
        agent: None,
        queue: None,
        phase: None,
        outcome: None,
        summary: None,
        sentiment,
        first_contact_resolution: None,
    }
    .into()
}

#[expect(clippy::too_many_lines, reason = "one arm a word")]
fn payload(word: &Word) -> Payload {
    let number = |number: &u8| code(&format!("no-{number}"));
    let euro = "EUR".parse().expect("EUR");
    let reason = code("because");
    match word {
        Word::Buy => PurchaseCompleted {
            order: None,
            lines: Vec::new(),
            total: Money::new(0, euro),
            margin: None,
        }
        .into(),
        Word::Contact => contact(None),
        Word::Refund => {
            RefundIssued { order: None, amount: Money::new(1, euro), reason: None }.into()
        }
        Word::Register => {
            PartyRegistered { party_type: PartyType::Person, roles: Vec::new(), acquired_via: None }
                .into()
        }
        Word::Complain(of) => ComplaintReceived {
            complaint: number(of),
            category: code("late"),
            product: None,
            description: None,
            on_behalf_of: None,
            remedy_sought: None,
            remedy_words: None,
            amount_claimed: None,
            jurisdiction: None,
            ruleset: None,
            ruleset_version: None,
        }
        .into(),
        Word::Reopen(of) => ComplaintReopened { complaint: number(of), reason }.into(),
        Word::CloseComplaint(of) => ComplaintClosed {
            complaint: number(of),
            closure: code("done"),
            satisfied: YesNoUnknown::Unknown,
            recurrence_of: None,
        }
        .into(),
        Word::Withdraw(of) => ComplaintWithdrawn { complaint: number(of), reason: None }.into(),
        Word::Subscribe(of) => SubscriptionStarted {
            subscription: number(of),
            plan: code("basic"),
            price: Money::new(100, euro),
            period: Period::Month,
            term_periods: None,
        }
        .into(),
        Word::Pause(of) => SubscriptionPaused { subscription: number(of), reason: None }.into(),
        Word::Resume(of) => SubscriptionResumed { subscription: number(of) }.into(),
        Word::Cancel(of) => SubscriptionCancelled { subscription: number(of), reason: None }.into(),
        Word::Churn => ChurnDeclared { reason, destination: None, voluntary: true }.into(),
        Word::End => RelationshipClosed { reason }.into(),
        Word::Reactivate => RelationshipReactivated { reason: None }.into(),
        Word::WinBack => WinBackAccepted { offer: code("offer") }.into(),
        Word::Enquire(of) => EnquiryReceived {
            enquiry: number(of),
            topic: code("price"),
            question: None,
            product: None,
        }
        .into(),
        Word::AnswerEnquiry(of) => {
            EnquiryAnswered { enquiry: number(of), answered: true, answer: None }.into()
        }
        Word::Trust(percent) => SurveyAnswered {
            survey: None,
            instrument: code("own"),
            instrument_version: VersionNumber::new(1).expect("a version"),
            answers: vec![Answer {
                item: code("trust"),
                scale: Some(Scale::new(0, 100, i16::from(*percent)).expect("a percent")),
                choice: None,
                aspect: None,
                level: None,
                text: None,
            }],
            response_time: None,
        }
        .into(),
        Word::Offer(of) => WinBackOffered { offer: number(of), cost: None }.into(),
        Word::Accept(of) => {
            OfferResponded { offer: number(of), response: OfferResponse::Accepted }.into()
        }
        Word::Decline(of) => WinBackDeclined { offer: number(of), reason: None }.into(),
        Word::Act(of) => {
            RetentionActionTaken { action: number(of), offer: None, cost: None }.into()
        }
        Word::Feel(felt) => contact(Some(Valence::new(i64::from(*felt)).expect("a valence"))),
        Word::Dissatisfied => FeedbackReceived {
            feedback_type: FeedbackType::DissatisfactionUnlodged,
            product: None,
            text: None,
            solicited: false,
        }
        .into(),
        Word::KeyContactLeft => PartyUnrelated {
            to: PartyId::new("c-2").expect("a party"),
            relation: Relation::KeyContact,
        }
        .into(),
        Word::SpeakAgainst => WordOfMouthObserved {
            polarity: Polarity::Negative,
            medium: code("forum"),
            reach_people: None,
        }
        .into(),
        Word::Fault(severity) => ProductFaultReported {
            product: code("kettle"),
            fault: code("leaks"),
            severity: Grade::new(i64::from(*severity)).expect("a grade"),
        }
        .into(),
        Word::Assert(scheme, stage) => LifecycleStageAsserted {
            scheme: code(scheme),
            scheme_version: VersionNumber::new(1).expect("a version"),
            stage: code(stage),
            reason,
        }
        .into(),
    }
}

/// The events of a story, in the order told.
pub(crate) fn events(story: &[Moment]) -> Vec<RecordedEvent> {
    let stream = StreamId::party("c-1").expect("a party");
    let event = |(number, (days, second, word)): (usize, &Moment)| {
        let number = number as u64;
        let seconds = i64::from(day(*days).days()) * 86_400 + i64::from(*second);
        let occurred_at = OccurredAt::utc(Instant::from_unix_seconds(seconds));
        let id = EventId::from_foreign("story", &number.to_string());
        let envelope = Envelope::new(id, stream.clone(), occurred_at);
        RecordedEvent {
            position: Position::new(number),
            stream_version: StreamVersion::new(number + 1),
            recorded_at: Instant::MAX,
            event: Event::new(envelope, payload(word)).expect("an event"),
        }
    };
    story.iter().enumerate().map(event).collect()
}

pub(crate) fn projection() -> Lifecycle {
    Lifecycle::new(Zone::utc())
}

pub(crate) fn state(story: &[Moment]) -> LifecycleState {
    fold(&projection(), &events(story))
}

pub(crate) fn built_in() -> LifecycleRules {
    LifecycleRules::parse(Lifecycle::BUILT_IN_RULES).expect("the built-in rules are rules")
}

/// Asks something under rules as of a day.
pub(crate) fn ask<T>(
    rules: &LifecycleRules,
    today: Date,
    question: impl FnOnce(&Lifecycle, &ViewContext<'_, LifecycleRules>) -> T,
) -> T {
    let (zone, rates) = (Zone::utc(), Rates::default());
    let context = ViewContext::new(AsOf::date(today, &zone), &zone, rules, &rates);
    question(&projection(), &context)
}

fn word() -> impl Strategy<Value = Word> {
    let number = || 0..3_u8;
    let scheme = prop::sample::select(vec!["drawn", "lifecycle-5", "unknown"]);
    let stage = prop::sample::select(vec!["s0", "s1", "s2", "maturity", "unknown"]);
    prop_oneof![
        8 => Just(Word::Buy),
        2 => Just(Word::Contact),
        1 => Just(Word::Refund),
        1 => Just(Word::Register),
        1 => number().prop_map(Word::Complain),
        1 => number().prop_map(Word::Reopen),
        1 => number().prop_map(Word::CloseComplaint),
        1 => number().prop_map(Word::Withdraw),
        1 => number().prop_map(Word::Subscribe),
        1 => number().prop_map(Word::Pause),
        1 => number().prop_map(Word::Resume),
        1 => number().prop_map(Word::Cancel),
        1 => Just(Word::Churn),
        1 => Just(Word::End),
        1 => Just(Word::Reactivate),
        1 => Just(Word::WinBack),
        1 => number().prop_map(Word::Enquire),
        1 => number().prop_map(Word::AnswerEnquiry),
        1 => (0..=100_u8).prop_map(Word::Trust),
        1 => number().prop_map(Word::Offer),
        1 => number().prop_map(Word::Decline),
        1 => number().prop_map(Word::Act),
        1 => (-5..=5_i8).prop_map(Word::Feel),
        1 => Just(Word::Dissatisfied),
        1 => Just(Word::KeyContactLeft),
        1 => Just(Word::SpeakAgainst),
        1 => (1..=5_u8).prop_map(Word::Fault),
        3 => (scheme, stage).prop_map(|(scheme, stage)| Word::Assert(scheme, stage)),
    ]
}

/// What happens to a customer within about two years, in order; several things may happen on a day.
pub(crate) fn story() -> impl Strategy<Value = Vec<Moment>> {
    let gap = prop_oneof![2 => 0..2_i32, 4 => 1..40_i32, 1 => 40..400_i32];
    prop::collection::vec((gap, word()), 1..24).prop_map(|steps| {
        let mut today = 0;
        let tell = |(second, (gap, word)): (u32, (i32, Word))| {
            today += gap;
            (today, second, word)
        };
        (0..).zip(steps).map(tell).collect()
    })
}

/// What happens in any order, from 1680 to 2250.
pub(crate) fn jumble() -> impl Strategy<Value = Vec<Moment>> {
    prop::collection::vec((-115_000..92_000_i32, 0..86_400_u32, word()), 0..24)
}
