//! The fold: which events change what is kept of a customer, and how.

use crate::dealings::{Action, CaseKind, Churn, Dealings, OpenAlert, OpenCase, Signal, SignalKind};
use crate::state::{Assertion, HappeningKind, LifecycleState};
use annals_events::{
    Code, Date, FeedbackType, OfferResponse, OfferType, Payload, Polarity, RecordedEvent, Relation,
    Scale, SurveyAnswered,
};

/// What a win-back offer is called among the actions to keep a customer.
pub(crate) const WIN_BACK: &str = "win_back";
/// The item or aspect of a survey by which trust is asked for.
const TRUST: &str = "trust";

/// Folds an event that happened on a day.
pub(crate) fn apply(state: &mut LifecycleState, day: Date, event: &RecordedEvent) {
    state.first_event = Some(state.first_event.map_or(day, |first| first.min(day)));
    let payload = event.event.payload();
    match payload {
        Payload::PurchaseCompleted(_) => {
            let known = state.occasions.first();
            state.bought_again_on_first_day |= known == Some(day);
            state.last_purchase = Some((day, event.event.id()));
            state.occasions.insert(day);
            state.note_return(day);
        }
        Payload::RelationshipReactivated(_) => state.note_return(day),
        Payload::RelationshipClosed(_) if !state.closed => {
            state.closed = true;
            state.note(day, HappeningKind::Closed);
        }
        Payload::PartyRegistered(_) => state.note_once_a_day(day, HappeningKind::Registered),
        Payload::RefundIssued(_) => state.note_once_a_day(day, HappeningKind::Refund),
        Payload::LifecycleStageAsserted(said) => {
            let place = state.assertions.partition_point(|known| known.day <= day);
            let scheme = said.scheme.clone();
            let assertion = Assertion { day, scheme, stage: said.stage.clone() };
            state.assertions.insert(place, assertion);
        }
        Payload::ChurnDeclared(said) if !state.churn_declared => {
            state.churn_declared = true;
            state.note(day, HappeningKind::ChurnDeclared);
            let (reason, destination) = (said.reason.clone(), said.destination.clone());
            let churn = Churn { day, reason, destination, voluntary: said.voluntary };
            state.dealings_mut().churns.push(churn);
        }
        payload => {
            apply_subscription(state, day, payload);
            apply_win_back(state, day, payload);
            apply_alert(state, payload);
        }
    }
    if matches!(payload, Payload::ContactOccurred(_) | Payload::EnquiryReceived(_)) {
        state.note_once_a_day(day, HappeningKind::Contact);
    }
    apply_case(state, day, event);
    if let Some((kind, value)) = signal(payload) {
        let signal = Signal { day, kind, value, event: event.event.id() };
        state.dealings_mut().note(signal);
    }
    if let Payload::SurveyAnswered(survey) = payload
        && let Some(percent) = trust_of(survey)
    {
        state.happenings.retain(|known| {
            known.day != day || !matches!(known.kind, HappeningKind::TrustAnswered(_))
        });
        state.note(day, HappeningKind::TrustAnswered(percent));
        let (kind, value) = (SignalKind::Trust, i16::from(percent));
        state.dealings_mut().note(Signal { day, kind, value, event: event.event.id() });
    }
}

/// The warning sign that an event is, and how much.
fn signal(payload: &Payload) -> Option<(SignalKind, i16)> {
    match payload {
        Payload::ContactOccurred(contact) => Some(match contact.sentiment {
            Some(felt) => (SignalKind::Sentiment, felt.get().into()),
            None => (SignalKind::Contact, 0),
        }),
        Payload::EnquiryReceived(_) => Some((SignalKind::Contact, 0)),
        Payload::TouchpointExperienced(met) => {
            Some((SignalKind::Sentiment, met.valence.get().into()))
        }
        Payload::FeedbackReceived(feedback) => {
            let lodged = feedback.feedback_type != FeedbackType::DissatisfactionUnlodged;
            (!lodged).then_some((SignalKind::Dissatisfaction, 0))
        }
        Payload::SurveyAnswered(survey) => {
            let percents = survey.answers.iter().filter_map(|answer| answer.scale).map(percent);
            percents.min().map(|lowest| (SignalKind::Answer, lowest.into()))
        }
        Payload::ReviewPosted(review) => Some((SignalKind::Answer, percent(review.scale).into())),
        Payload::WordOfMouthObserved(heard) => {
            (heard.polarity == Polarity::Negative).then_some((SignalKind::SpokeAgainst, 0))
        }
        Payload::PartyUnrelated(parted) => {
            let is_key = matches!(parted.relation, Relation::KeyContact | Relation::AccountManager);
            is_key.then_some((SignalKind::KeyContactLeft, 0))
        }
        Payload::ProductFaultReported(fault) => {
            Some((SignalKind::Fault, fault.severity.get().into()))
        }
        Payload::ChurnDeclared(_) | Payload::RelationshipClosed(_) => Some((SignalKind::Gone, 0)),
        _ => None,
    }
}

/// A place on a scale in whole percent of the way from its low to its high end, rounded down.
fn percent(scale: Scale) -> u8 {
    let (low, high) = (i32::from(scale.min()), i32::from(scale.max()));
    let percent = (i32::from(scale.value()) - low) * 100 / (high - low);
    u8::try_from(percent).unwrap_or_default()
}

/// The last answer on trust in a survey.
fn trust_of(survey: &SurveyAnswered) -> Option<u8> {
    let asks = |code: Option<&Code>| code.is_some_and(|code| code.as_str() == TRUST);
    let answers = survey.answers.iter().rev();
    let mut answers =
        answers.filter(|answer| asks(Some(&answer.item)) || asks(answer.aspect.as_ref()));
    answers.find_map(|answer| answer.scale).map(percent)
}

fn apply_case(state: &mut LifecycleState, day: Date, event: &RecordedEvent) {
    let (complaint, enquiry) = (CaseKind::Complaint, CaseKind::Enquiry);
    let (kind, number, opens) = match event.event.payload() {
        Payload::ComplaintReceived(said) => (complaint, &said.complaint, true),
        Payload::ComplaintReopened(said) => (complaint, &said.complaint, true),
        Payload::ComplaintClosed(said) => (complaint, &said.complaint, false),
        Payload::ComplaintWithdrawn(said) => (complaint, &said.complaint, false),
        Payload::EnquiryReceived(said) => (enquiry, &said.enquiry, true),
        Payload::EnquiryAnswered(said) if said.answered => (enquiry, &said.enquiry, false),
        _ => return,
    };
    let dealings = state.dealings_mut();
    let changed = if opens {
        dealings.open(OpenCase { kind, number: number.clone(), day, event: event.event.id() })
    } else {
        dealings.close(kind, number)
    };
    if changed {
        state.note(
            day,
            match (kind, opens) {
                (CaseKind::Complaint, true) => HappeningKind::ComplaintOpened,
                (CaseKind::Complaint, false) => HappeningKind::ComplaintEnded,
                (CaseKind::Enquiry, true) => HappeningKind::EnquiryOpened,
                (CaseKind::Enquiry, false) => HappeningKind::EnquiryEnded,
            },
        );
    }
    if kind == CaseKind::Complaint {
        if opens {
            open(&mut state.complaints_open, number);
        } else {
            close(&mut state.complaints_open, number);
        }
    }
}

/// A subscription runs from its start, renewal or resumption until it is paused, cancelled or
/// expires; one that begins or goes on brings a lost customer back.
fn apply_subscription(state: &mut LifecycleState, day: Date, payload: &Payload) {
    let (number, runs) = match payload {
        Payload::SubscriptionStarted(event) => (&event.subscription, true),
        Payload::SubscriptionRenewed(event) => (&event.subscription, true),
        Payload::SubscriptionResumed(event) => (&event.subscription, true),
        Payload::SubscriptionPaused(event) => (&event.subscription, false),
        Payload::SubscriptionCancelled(event) => (&event.subscription, false),
        Payload::SubscriptionExpired(event) => (&event.subscription, false),
        _ => return,
    };
    if runs {
        state.note_return(day);
        if open(&mut state.subscriptions_active, number) {
            state.note(day, HappeningKind::SubscriptionBegan);
        }
    } else if close(&mut state.subscriptions_active, number) {
        state.note(day, HappeningKind::SubscriptionEnded);
    }
}

/// Actions to keep a customer and win-back offers, made as such or as offers of that type. An
/// answer to an offer nobody made counts as an answer all the same; a second answer does not.
fn apply_win_back(state: &mut LifecycleState, day: Date, payload: &Payload) {
    match payload {
        Payload::RetentionActionTaken(taken) => act(state, day, taken.action.clone()),
        Payload::WinBackOffered(made) => offer(state, day, &made.offer),
        Payload::OfferMade(made) if made.offer_type == OfferType::WinBack => {
            offer(state, day, &made.offer);
        }
        Payload::WinBackAccepted(answer) => {
            close(&mut state.dealings_mut().win_back_offers_open, &answer.offer);
            state.note(day, HappeningKind::WinBackAccepted);
            state.note_return(day);
        }
        Payload::WinBackDeclined(answer) => {
            close(&mut state.dealings_mut().win_back_offers_open, &answer.offer);
            state.note(day, HappeningKind::WinBackDeclined);
        }
        Payload::OfferResponded(answer) => {
            let open = state.dealings.as_mut().map(|known| &mut known.win_back_offers_open);
            let accepted = match answer.response {
                OfferResponse::Accepted => true,
                OfferResponse::Declined => false,
                OfferResponse::Ignored => return,
            };
            if open.is_some_and(|open| close(open, &answer.offer)) {
                if accepted {
                    state.note(day, HappeningKind::WinBackAccepted);
                    state.note_return(day);
                } else {
                    state.note(day, HappeningKind::WinBackDeclined);
                }
            }
        }
        _ => {}
    }
}

fn offer(state: &mut LifecycleState, day: Date, number: &Code) {
    if open(&mut state.dealings_mut().win_back_offers_open, number) {
        state.note(day, HappeningKind::WinBackOffered);
        if let Ok(action) = Code::new(WIN_BACK) {
            act(state, day, action);
        }
    }
}

fn act(state: &mut LifecycleState, day: Date, action: Code) {
    let actions = &mut state.dealings_mut().actions;
    let place = actions.partition_point(|known| known.day <= day);
    actions.insert(place, Action { day, action });
}

fn apply_alert(state: &mut LifecycleState, payload: &Payload) {
    match payload {
        Payload::AlertRaised(raised) => {
            let Dealings { alerts_open, .. } = state.dealings_mut();
            if !alerts_open.iter().any(|known| known.alert == raised.alert) {
                let (alert, rule) = (raised.alert.clone(), raised.rule.clone());
                alerts_open.push(OpenAlert { alert, rule });
            }
        }
        Payload::AlertClosed(closed) => {
            if let Some(dealings) = &mut state.dealings {
                dealings.alerts_open.retain(|known| known.alert != closed.alert);
            }
        }
        _ => {}
    }
}

/// Puts a number among the open ones; whether it was not there.
fn open(numbers: &mut Vec<Code>, number: &Code) -> bool {
    let is_new = !numbers.contains(number);
    if is_new {
        numbers.push(number.clone());
    }
    is_new
}

/// Takes a number from the open ones; whether it was there.
fn close(numbers: &mut Vec<Code>, number: &Code) -> bool {
    let place = numbers.iter().position(|known| known == number);
    place.map(|place| numbers.remove(place)).is_some()
}
