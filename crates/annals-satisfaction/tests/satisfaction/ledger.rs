//! Events made by hand, folded and asked about.

use annals_events::{
    Answer, Channel, Code, ComplaintReceived, Date, Envelope, Event, EventId, Instant, OccurredAt,
    PartyId, Payload, Position, Precision, RecordedEvent, Scale, StreamVersion, SurveyAnswered,
    TouchpointExperienced, Valence, VersionNumber, Zone,
};
use annals_projection::{AsOf, Projection, Rates, ViewContext, fold};
use annals_satisfaction::{Satisfaction, SatisfactionRules, SatisfactionState};
use serde_json::Value;

pub(crate) fn zone() -> Zone {
    Zone::named("Asia/Shanghai").expect("a zone")
}

pub(crate) fn projection() -> Satisfaction {
    Satisfaction::new(zone())
}

pub(crate) fn rules() -> SatisfactionRules {
    Satisfaction::parse_rules(Satisfaction::BUILT_IN_RULES).expect("the rules that come along")
}

pub(crate) fn code(text: &str) -> Code {
    text.parse().expect("a code")
}

pub(crate) fn time(text: &str) -> Instant {
    text.parse().expect("a time")
}

/// An event at a time, precise to the second, by web.
pub(crate) fn at(time: Instant, payload: impl Into<Payload>) -> Event {
    at_precision(time, Precision::Second, payload)
}

pub(crate) fn at_precision(
    time: Instant,
    precision: Precision,
    payload: impl Into<Payload>,
) -> Event {
    let id = EventId::from_foreign("test", "1");
    let party: PartyId = "c-1".parse().expect("a party");
    let mut envelope = Envelope::new(id, party, OccurredAt::utc(time));
    envelope.precision = precision;
    envelope.channel = Some(Channel::Web);
    Event::new(envelope, payload).expect("an event")
}

/// Events in the order a projection meets them: by time, then as given.
pub(crate) fn recorded(mut events: Vec<Event>) -> Vec<RecordedEvent> {
    events.sort_by_key(Event::occurred_at);
    let place = |(index, event)| RecordedEvent {
        position: Position::new(index),
        stream_version: StreamVersion::new(index + 1),
        recorded_at: Instant::MAX,
        event,
    };
    (0..).zip(events).map(place).collect()
}

pub(crate) fn state(events: Vec<Event>) -> SatisfactionState {
    fold(&projection(), &recorded(events))
}

/// The view at the end of a day, as JSON.
pub(crate) fn view(state: &SatisfactionState, day: &str) -> Value {
    view_under(state, day, &rules())
}

pub(crate) fn view_under(state: &SatisfactionState, day: &str, rules: &SatisfactionRules) -> Value {
    ask(day, rules, |context| {
        serde_json::to_value(projection().view(state, context)).expect("JSON")
    })
}

/// The population of customers in the order given, as JSON.
pub(crate) fn population(states: Vec<SatisfactionState>, day: &str) -> Value {
    population_under(states, day, &rules())
}

pub(crate) fn population_under(
    states: Vec<SatisfactionState>,
    day: &str,
    rules: &SatisfactionRules,
) -> Value {
    let name = |index| format!("c-{index:06}").parse().expect("a party");
    let customers: Vec<(PartyId, _)> =
        (0..).zip(states).map(|(index, state): (u32, _)| (name(index), state)).collect();
    ask(day, rules, |context| {
        serde_json::to_value(projection().population(&Vec::from_iter(&customers), context))
            .expect("JSON")
    })
}

fn ask<R>(
    day: &str,
    rules: &SatisfactionRules,
    answer: impl FnOnce(&ViewContext<'_, SatisfactionRules>) -> R,
) -> R {
    let (zone, rates) = (zone(), Rates::default());
    let day: Date = day.parse().expect("a day");
    answer(&ViewContext::new(AsOf::date(day, &zone), &zone, rules, &rates))
}

pub(crate) fn survey(answers: &[(&str, i16, i16, i16)]) -> SurveyAnswered {
    let answer = |&(item, min, max, value): &(&str, i16, i16, i16)| Answer {
        item: code(item),
        scale: Some(Scale::new(min, max, value).expect("on the scale")),
        choice: None,
        aspect: None,
        level: None,
        text: None,
    };
    SurveyAnswered {
        survey: None,
        instrument: code("touch"),
        instrument_version: VersionNumber::new(1).expect("a version"),
        answers: answers.iter().map(answer).collect(),
        response_time: None,
    }
}

pub(crate) fn moment(
    episode: Option<&str>,
    valence: i8,
    dwell_seconds: Option<u32>,
) -> TouchpointExperienced {
    TouchpointExperienced {
        step: code("till"),
        moment_of_truth: false,
        expected: None,
        perceived: None,
        valence: Valence::new(valence.into()).expect("a valence"),
        senses: Vec::new(),
        emotion: None,
        obstacle: None,
        dwell: dwell_seconds
            .map(|seconds| annals_events::Seconds::new(seconds.into()).expect("seconds")),
        episode: episode.map(code),
    }
}

pub(crate) fn received(complaint: &str) -> ComplaintReceived {
    ComplaintReceived {
        complaint: code(complaint),
        category: code("delivery"),
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
}

/// What both numbers of a JSON array are close to.
pub(crate) fn assert_close(found: &Value, expected: f64) {
    let number = found.as_f64().unwrap_or(f64::NAN);
    assert!((number - expected).abs() < 5e-5, "{found} is not {expected}");
}
