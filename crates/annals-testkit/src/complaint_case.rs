//! A complaint from receipt to closing, by the stages of ISO 10002:2018 clause 7. Some cases stall
//! and stay open, some are withdrawn, reopened or taken outside.

use crate::story::{Moment, Story, code, personal};
use annals_events::{
    Channel, Code, CompensationGranted, CompensationPaid, CompensationType, ComplaintAcknowledged,
    ComplaintAssessed, ComplaintAssigned, ComplaintClosed, ComplaintDeadlineExtended,
    ComplaintDecisionCommunicated, ComplaintEscalated, ComplaintInfoReceived,
    ComplaintInfoRequested, ComplaintInvestigated, ComplaintProgressNotified, ComplaintReceived,
    ComplaintReferredExternal, ComplaintRemedyAccepted, ComplaintRemedyRejected, ComplaintReopened,
    ComplaintResponseOffered, ComplaintWithdrawn, Count, Decision, ExternalBody, Grade,
    InformationSource, Urgency, YesNoUnknown,
};

/// What people complain about, in which words, and what is behind it.
const GROUNDS: &[(&str, &str, &str)] = &[
    ("delivery.late", "The parcel came a week late and nobody told me.", "carrier_capacity"),
    ("delivery.damaged", "The box was open and one disc is cracked.", "packaging"),
    ("product.defect", "It stopped working after two days.", "supplier_quality"),
    ("billing.wrong_amount", "I was charged twice for the same order.", "system_error"),
    ("service.unfriendly", "The clerk put the phone down on me.", "training"),
    ("service.unreachable", "I waited forty minutes on the line.", "staffing"),
];

/// Tells a complaint that comes in at a moment; the customer's mood follows how it goes.
pub(crate) fn complain(story: &mut Story<'_>, at: Moment) {
    let channel =
        story.dice.one_of(&[Channel::Phone, Channel::Email, Channel::Email, Channel::Web]);
    let number = story.number("CMP");
    let (category, words, cause) = story.dice.one_of(GROUNDS);
    let claimed = story.dice.happens(300).then(|| story.dice.between(500, 9_000));
    let received = ComplaintReceived {
        complaint: number.clone(),
        category: code(category),
        product: None,
        description: Some(personal(words)),
        on_behalf_of: None,
        remedy_sought: story.dice.happens(500).then(|| code("refund")),
        remedy_words: None,
        amount_claimed: claimed.map(|amount| story.money(amount)),
        jurisdiction: None,
        ruleset: None,
        ruleset_version: None,
    };
    story.tell(at, Some(channel), received);
    story.mood -= 25;
    let automated = story.dice.happens(600);
    let mut at = if automated { story.later(at, 0, 0) } else { story.later(at, 1, 3) };
    let method = Some(channel);
    story.tell(at, None, ComplaintAcknowledged { complaint: number.clone(), method, automated });
    if story.dice.happens(40) {
        at = story.later(at, 1, 5);
        story.tell(at, Some(channel), ComplaintWithdrawn { complaint: number, reason: None });
        return;
    }
    let Some(at) = examine(story, at, &number, cause) else { return };
    let at = decide(story, at, &number, channel);
    close(story, at, &number);
}

/// Assessment and investigation; `None` where the case stalls.
fn examine(story: &mut Story<'_>, at: Moment, number: &Code, cause: &str) -> Option<Moment> {
    let severity = story.dice.one_of(&[1, 2, 2, 3, 3, 4, 5]);
    let grade = |number| Grade::new(number).expect("a grade is 1 to 5");
    let mut at = story.later(at, 0, 2);
    let complexity = story.dice.between(1, 5);
    let assessed = ComplaintAssessed {
        complaint: number.clone(),
        severity: grade(severity),
        complexity: Some(grade(complexity)),
        impact: None,
        safety: severity == 5 && story.dice.happens(300),
        urgency: Some(if severity >= 4 { Urgency::High } else { Urgency::Normal }),
        admissible: true,
        reason: None,
    };
    story.tell(at, None, assessed);
    at = story.later(at, 0, 1);
    let assigned = ComplaintAssigned {
        complaint: number.clone(),
        handler: story.staff("handler", 8),
        unit: Some(code("complaints")),
        conflict_of_interest_checked: true,
    };
    story.tell(at, None, assigned);
    if story.dice.happens(80) {
        return None;
    }
    if story.dice.happens(250) {
        at = question(story, at, number);
    }
    if story.dice.happens(300) {
        at = story.later(at, 2, 6);
        let notified = ComplaintProgressNotified {
            complaint: number.clone(),
            method: Some(Channel::Email),
            text: None,
        };
        story.tell(at, Some(Channel::Email), notified);
    }
    if severity >= 4 && story.dice.happens(500) {
        at = story.later(at, 1, 3);
        let level = Count::new(2).expect("2 is a count");
        let (to, reason) = (Some(code("head-of-service")), Some(code("severity")));
        story.tell(at, None, ComplaintEscalated { complaint: number.clone(), level, to, reason });
    }
    at = story.later(at, 1, 8);
    let findings = None;
    let root_cause = Some(code(cause));
    story.tell(at, None, ComplaintInvestigated { complaint: number.clone(), findings, root_cause });
    Some(at)
}

/// A question back, with the clock standing still until the answer.
fn question(story: &mut Story<'_>, at: Moment, number: &Code) -> Moment {
    let from = InformationSource::Complainant;
    let asked = story.later(at, 1, 2);
    let stops_clock = true;
    story.tell(
        asked,
        None,
        ComplaintInfoRequested { complaint: number.clone(), from, stops_clock },
    );
    let answered = story.later(asked, 1, 10);
    story.tell(answered, None, ComplaintInfoReceived { complaint: number.clone(), from });
    if answered.day().days_since(at.day()) > 8 {
        let extended = ComplaintDeadlineExtended {
            complaint: number.clone(),
            due: answered.day().plus_days(30),
            reason: code("waiting_for_customer"),
            approver: Some(code("head-of-service")),
            notified: true,
        };
        let at = story.later(answered, 0, 0);
        story.tell(at, None, extended);
        return at;
    }
    answered
}

/// Response, decision, remedy.
fn decide(story: &mut Story<'_>, at: Moment, number: &Code, channel: Channel) -> Moment {
    let decision = story.dice.one_of(&[
        Decision::Upheld,
        Decision::Upheld,
        Decision::PartlyUpheld,
        Decision::PartlyUpheld,
        Decision::Rejected,
        Decision::SettledWithoutAdmission,
    ]);
    let offer = (decision != Decision::Rejected).then(|| story.dice.between(300, 4_000));
    let mut at = story.later(at, 0, 3);
    let response = ComplaintResponseOffered {
        complaint: number.clone(),
        decision,
        remedy: Some(code(if offer.is_some() { "credit" } else { "explanation" })),
        offer: offer.map(|amount| story.money(amount)),
    };
    story.tell(at, Some(channel), response);
    at = story.later(at, 0, 0);
    let told = ComplaintDecisionCommunicated {
        complaint: number.clone(),
        method: Some(channel),
        external_recourse_told: true,
        language: Some(code("en")),
    };
    story.tell(at, Some(channel), told);
    at = story.later(at, 1, 6);
    let accepted = story.dice.happens(if offer.is_some() { 850 } else { 350 });
    let complaint = number.clone();
    if !accepted {
        story.mood -= 15;
        story.tell(at, Some(channel), ComplaintRemedyRejected { complaint, text: None });
        if story.dice.happens(200) {
            at = story.later(at, 3, 10);
            let body = ExternalBody::Ombudsman;
            let complaint = number.clone();
            story.tell(at, None, ComplaintReferredExternal { complaint, body, reference: None });
        }
        return at;
    }
    story.mood += 20;
    story.tell(at, Some(channel), ComplaintRemedyAccepted { complaint, text: None });
    if let Some(amount) = offer {
        let (complaint, amount) = (Some(number.clone()), Some(story.money(amount)));
        let compensation_type = CompensationType::Credit;
        at = story.later(at, 0, 0);
        let granted =
            CompensationGranted { complaint: complaint.clone(), compensation_type, amount };
        story.tell(at, None, granted);
        at = story.later(at, 1, 4);
        story.tell(at, None, CompensationPaid { complaint, compensation_type, amount });
    }
    at
}

/// Closing, and for some cases reopening; three in four of those are closed again.
fn close(story: &mut Story<'_>, at: Moment, number: &Code) {
    let mut at = story.later(at, 1, 5);
    let satisfied = match story.mood {
        55.. => YesNoUnknown::Yes,
        ..35 => YesNoUnknown::No,
        _ => YesNoUnknown::Unknown,
    };
    let closed = ComplaintClosed {
        complaint: number.clone(),
        closure: code("settled"),
        satisfied,
        recurrence_of: None,
    };
    story.tell(at, None, closed.clone());
    if story.dice.happens(if satisfied == YesNoUnknown::No { 200 } else { 40 }) {
        at = story.later(at, 3, 20);
        let (complaint, reason) = (number.clone(), code("remedy_did_not_help"));
        story.tell(at, Some(Channel::Phone), ComplaintReopened { complaint, reason });
        story.mood -= 10;
        if story.dice.happens(750) {
            at = story.later(at, 5, 20);
            story.tell(at, None, closed);
        }
    }
}
