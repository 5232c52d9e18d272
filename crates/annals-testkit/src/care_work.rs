//! What an organisation does for a customer besides selling: contacts, touchpoints, care actions,
//! surveys.

use crate::story::{Moment, Story, code, first_version};
use annals_events::{
    Answer, CareArea, CareMissed, CarePerformed, CarePlanned, CareResponded, Channel,
    ContactOccurred, Direction, Phase, Scale, Seconds, SurveyAnswered, SurveyExpired, SurveySent,
    TouchpointExperienced, Valence,
};

/// The ways on which customers get in touch, the common ones more often.
const CONTACT_CHANNELS: &[Channel] = &[
    Channel::Phone,
    Channel::Phone,
    Channel::Email,
    Channel::Email,
    Channel::Chat,
    Channel::Branch,
];

/// The valence that a mood of 0 to 100 shows itself in, -5 to 5.
fn valence(story: &mut Story<'_>) -> Valence {
    let shown = (story.mood + story.dice.between(-20, 20)).clamp(0, 100);
    Valence::new((shown + 5) / 10 - 5).expect("a tenth of 0 to 100 less 5 is -5 to 5")
}

/// A place on a scale that a mood of 0 to 100 shows itself in.
fn place(story: &mut Story<'_>, min: i16, max: i16) -> Scale {
    let shown = (story.mood + story.dice.between(-18, 18)).clamp(0, 100);
    let steps = (shown * i64::from(max - min) + 50) / 100;
    let value = min + i16::try_from(steps).unwrap_or(0);
    Scale::new(min, max, value).expect("a share of the scale lies on it")
}

/// Somebody speaks or writes to somebody; some contacts are recorded days later.
pub(crate) fn contact(story: &mut Story<'_>, at: Moment) {
    let channel = story.dice.one_of(CONTACT_CHANNELS);
    let resolved = story.dice.happens(780);
    if !resolved {
        story.mood -= 6;
    }
    let incoming = story.dice.happens(800);
    let contact = ContactOccurred {
        direction: if incoming { Direction::In } else { Direction::Out },
        reason: code(story.dice.one_of(&[
            "order_status",
            "invoice",
            "advice",
            "return",
            "account",
        ])),
        duration: Seconds::new(60 + story.dice.exponential(240)).ok(),
        agent: Some(story.staff("agent", 12)),
        queue: None,
        phase: Some(story.dice.one_of(&[Phase::Pre, Phase::Post, Phase::Post])),
        outcome: Some(code(if resolved { "resolved" } else { "call_back" })),
        summary: None,
        sentiment: Some(valence(story)),
        first_contact_resolution: Some(resolved),
    };
    let late = if story.dice.happens(50) { story.dice.between(1, 15) } else { 0 };
    story.tell_late(at, late, Some(channel), contact);
}

/// The customer meets the organisation at the steps of an order.
pub(crate) fn touchpoints(story: &mut Story<'_>, at: Moment, episode: &annals_events::Code) {
    let mut at = at;
    for (step, moment_of_truth) in [("search", false), ("checkout", true), ("unpacking", true)] {
        let days = if step == "unpacking" { story.dice.between(2, 5) } else { 0 };
        at = story.later(at, days, days);
        let expected = story.dice.one_of(&[3, 4, 4, 5]);
        let experienced = TouchpointExperienced {
            step: code(step),
            moment_of_truth,
            expected: Scale::new(1, 5, expected).ok(),
            perceived: Some(place(story, 1, 5)),
            valence: valence(story),
            senses: Vec::new(),
            emotion: None,
            obstacle: story.dice.happens(80).then(|| code("unclear_price")),
            dwell: Seconds::new(20 + story.dice.exponential(120)).ok(),
            episode: Some(episode.clone()),
        };
        story.tell(at, Some(Channel::Web), experienced);
    }
}

/// A care action is planned, and done or missed; some customers answer.
pub(crate) fn care(story: &mut Story<'_>, at: Moment) {
    let number = story.number("CARE");
    let area = story.dice.one_of(CareArea::ALL);
    let phase = story.dice.one_of(&[Phase::Pre, Phase::During, Phase::Post, Phase::Post]);
    let due = story.later(at, 2, 10);
    let planned = CarePlanned {
        care: number.clone(),
        area,
        phase,
        trigger: None,
        due: due.day(),
        owner: Some(story.staff("care", 5)),
    };
    story.tell(at, None, planned);
    if story.dice.happens(150) {
        let reason = code(story.dice.one_of(&["no_time", "not_reached"]));
        let at = story.later(due, 1, 1);
        story.tell(at, None, CareMissed { care: number, reason });
        return;
    }
    let channel = story.dice.one_of(&[Channel::Phone, Channel::Email, Channel::Letter]);
    let outcome = Some(code("done"));
    story.tell(due, Some(channel), CarePerformed { care: number.clone(), area, phase, outcome });
    story.mood += 4;
    if story.dice.happens(350) {
        let at = story.later(due, 1, 4);
        let response = code(story.dice.one_of(&["thanked", "asked_more", "bought"]));
        let valence = Some(valence(story));
        story.tell(at, Some(channel), CareResponded { care: number, response, valence });
    }
}

/// A survey goes out; about half come back. NPS, CSAT or CES, each on its own scale.
pub(crate) fn survey(story: &mut Story<'_>, at: Moment) {
    let (instrument, min, max) =
        story.dice.one_of(&[("nps", 0, 10), ("csat", 1, 5), ("csat", 1, 5), ("ces", 1, 7)]);
    let number = story.number("SRV");
    let sent = SurveySent {
        survey: number.clone(),
        instrument: code(instrument),
        instrument_version: first_version(),
        trigger: None,
    };
    story.tell(at, Some(Channel::Email), sent);
    if !story.dice.happens(520) {
        let at = story.later(at, 21, 21);
        story.tell(at, None, SurveyExpired { survey: number });
        return;
    }
    let answer = Answer {
        item: code(instrument),
        scale: Some(place(story, min, max)),
        choice: None,
        aspect: (instrument == "csat")
            .then(|| code(story.dice.one_of(&["delivery", "price", "quality", "advice"]))),
        level: None,
        text: None,
    };
    let answered = SurveyAnswered {
        survey: Some(number),
        instrument: code(instrument),
        instrument_version: first_version(),
        answers: vec![answer],
        response_time: Seconds::new(15 + story.dice.exponential(60)).ok(),
    };
    let at = story.later(at, 0, 6);
    story.tell(at, Some(Channel::Web), answered);
}
