//! What the fold keeps of one survey that came back: every answer by itself, with what it can be
//! cut by.
//!
//! Counts would be smaller, but no question about months, channels or aspects could be asked of
//! them afterwards. The scale's ends stay with each value, so that 4 of 5 and 4 of 10 never meet.
//! Answers in words alone are not kept.

use crate::code_table::{CodeIndex, CodeTable};
use annals_events::{ActorType, Channel, Event, Instant, Level, Scale, SurveyAnswered};
use serde::{Deserialize, Serialize};

/// One survey that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Survey {
    pub(crate) at: Instant,
    pub(crate) instrument: CodeIndex,
    pub(crate) channel: Option<Channel>,
    /// Where it was asked: a branch, a page, a till.
    pub(crate) touchpoint: Option<CodeIndex>,
    /// Who served the customer: the event's actor, unless that is the customer.
    pub(crate) agent: Option<CodeIndex>,
    /// The order or case it is about.
    pub(crate) correlation: Option<CodeIndex>,
    pub(crate) responses: Vec<Response>,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Response {
    pub(crate) item: CodeIndex,
    pub(crate) given: Given,
    pub(crate) aspect: Option<CodeIndex>,
    pub(crate) level: Option<Level>,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Given {
    OnScale(Rating),
    Choice(CodeIndex),
}

/// A value on its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rating {
    pub(crate) min: i16,
    pub(crate) max: i16,
    pub(crate) value: i16,
}

impl Rating {
    pub(crate) fn of(scale: Scale) -> Self {
        Self { min: scale.min(), max: scale.max(), value: scale.value() }
    }

    /// Whether the scale has these ends.
    pub(crate) fn is_on(self, min: i16, max: i16) -> bool {
        (self.min, self.max) == (min, max)
    }
}

impl Response {
    pub(crate) fn rating(&self) -> Option<Rating> {
        match self.given {
            Given::OnScale(rating) => Some(rating),
            Given::Choice(_) => None,
        }
    }
}

impl Survey {
    pub(crate) fn of(codes: &mut CodeTable, survey: &SurveyAnswered, event: &Event) -> Self {
        let envelope = event.envelope();
        let actor = envelope.actor.as_ref();
        let agent = actor.filter(|actor| actor.actor_type != ActorType::Customer);
        let agent = agent.and_then(|actor| actor.id.as_ref());
        let mut responses = Vec::with_capacity(survey.answers.len());
        for answer in &survey.answers {
            let given = match (answer.scale, &answer.choice) {
                (Some(scale), _) => Given::OnScale(Rating::of(scale)),
                (None, Some(choice)) => Given::Choice(codes.place(choice)),
                (None, None) => continue,
            };
            responses.push(Response {
                item: codes.place(&answer.item),
                given,
                aspect: answer.aspect.as_ref().map(|aspect| codes.place(aspect)),
                level: answer.level,
            });
        }
        Self {
            at: event.occurred_at(),
            instrument: codes.place(&survey.instrument),
            channel: envelope.channel,
            touchpoint: envelope.touchpoint.as_ref().map(|touchpoint| codes.place(touchpoint)),
            agent: agent.map(|agent| codes.place(agent)),
            correlation: envelope.correlation.as_ref().map(|about| codes.place(about)),
            responses,
        }
    }
}
