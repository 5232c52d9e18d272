//! The projection: which events change a customer's days, and how.

use crate::population::LifecyclePopulation;
use crate::rules::LifecycleRules;
use crate::state::{Assertion, HappeningKind, LifecycleState};
use crate::view::LifecycleView;
use annals_events::{Code, Date, PartyId, Payload, RecordedEvent, Zone};
use annals_projection::{Projection, RulesetError, ViewContext};

/// The lifecycle projection of a ledger whose days are counted in a zone.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    zone: Zone,
}

impl Lifecycle {
    /// The projection for a ledger's zone.
    pub const fn new(zone: Zone) -> Self {
        Self { zone }
    }
}

impl Projection for Lifecycle {
    type State = LifecycleState;
    type View = LifecycleView;
    type Population = LifecyclePopulation;
    type Rules = LifecycleRules;

    const ID: &'static str = "lifecycle";
    const VERSION: u32 = 1;
    const BUILT_IN_RULES: &'static str = include_str!("../rules/lifecycle.toml");

    fn parse_rules(text: &str) -> Result<LifecycleRules, RulesetError> {
        LifecycleRules::parse(text)
    }

    fn apply(&self, state: &mut LifecycleState, event: &RecordedEvent) {
        let day = self.zone.date_of(event.event.occurred_at());
        state.first_event = Some(state.first_event.map_or(day, |first| first.min(day)));
        match event.event.payload() {
            Payload::PurchaseCompleted(_) => {
                state.occasions.insert(day);
                state.note_return(day);
            }
            Payload::WinBackAccepted(_) | Payload::RelationshipReactivated(_) => {
                state.note_return(day);
            }
            Payload::ChurnDeclared(_) if !state.churn_declared => {
                state.churn_declared = true;
                state.note(day, HappeningKind::ChurnDeclared);
            }
            Payload::RelationshipClosed(_) if !state.closed => {
                state.closed = true;
                state.note(day, HappeningKind::Closed);
            }
            Payload::PartyRegistered(_) => state.note_once_a_day(day, HappeningKind::Registered),
            Payload::ContactOccurred(_) | Payload::EnquiryReceived(_) => {
                state.note_once_a_day(day, HappeningKind::Contact);
            }
            Payload::RefundIssued(_) => state.note_once_a_day(day, HappeningKind::Refund),
            Payload::LifecycleStageAsserted(said) => {
                let place = state.assertions.partition_point(|known| known.day <= day);
                let scheme = said.scheme.clone();
                let assertion = Assertion { day, scheme, stage: said.stage.clone() };
                state.assertions.insert(place, assertion);
            }
            payload => {
                apply_complaint(state, day, payload);
                apply_subscription(state, day, payload);
            }
        }
    }

    fn view(
        &self,
        state: &LifecycleState,
        context: &ViewContext<'_, LifecycleRules>,
    ) -> LifecycleView {
        LifecycleView::new(state, context.rules, context.today)
    }

    fn population(
        &self,
        customers: &[(PartyId, LifecycleState)],
        context: &ViewContext<'_, LifecycleRules>,
    ) -> LifecyclePopulation {
        let states = customers.iter().map(|(_, state)| state);
        LifecyclePopulation::new(states, context.rules, context.today)
    }
}

fn apply_complaint(state: &mut LifecycleState, day: Date, payload: &Payload) {
    let (number, opens) = match payload {
        Payload::ComplaintReceived(event) => (&event.complaint, true),
        Payload::ComplaintReopened(event) => (&event.complaint, true),
        Payload::ComplaintClosed(event) => (&event.complaint, false),
        Payload::ComplaintWithdrawn(event) => (&event.complaint, false),
        _ => return,
    };
    if opens && open(&mut state.complaints_open, number) {
        state.note(day, HappeningKind::ComplaintOpened);
    }
    if !opens && close(&mut state.complaints_open, number) {
        state.note(day, HappeningKind::ComplaintEnded);
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
