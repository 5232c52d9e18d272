//! What the fold keeps for one customer.
//!
//! Survey items are few, so they lie in sorted vectors; complaints and episodes may be many, so
//! they lie in trees, boxed so that a tree of one costs little.

use crate::answers::{AnswerBook, count_answers};
use crate::complaint_case::{ComplaintCase, Ending};
use crate::episode::{Episode, EpisodeKey};
use crate::moment::Moment;
use crate::remedies::Remedies;
use annals_events::{Code, Event, Payload, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A customer's answers, complaints and episodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SatisfactionState {
    pub(crate) answers: AnswerBook,
    /// By the complaint's number.
    pub(crate) complaints: BTreeMap<Code, Box<ComplaintCase>>,
    /// What was granted and paid without a complaint.
    pub(crate) other_remedies: Remedies,
    pub(crate) episodes: BTreeMap<EpisodeKey, Box<Episode>>,
}

impl SatisfactionState {
    fn case(&mut self, number: &Code) -> &mut ComplaintCase {
        self.complaints.entry(number.clone()).or_default()
    }

    fn remedies(&mut self, complaint: Option<&Code>) -> &mut Remedies {
        match complaint {
            Some(number) => &mut self.case(number).remedies,
            None => &mut self.other_remedies,
        }
    }

    /// Folds one event in; kinds that say nothing of satisfaction change nothing.
    pub(crate) fn apply(&mut self, event: &Event, zone: &Zone) {
        let at = Moment::of(event);
        match event.payload() {
            Payload::SurveyAnswered(survey) => {
                count_answers(&mut self.answers, survey, event.occurred_at());
            }
            Payload::TouchpointExperienced(moment) => {
                let key = EpisodeKey::of(moment, event.occurred_at(), zone);
                self.episodes.entry(key).or_default().live(moment, event.occurred_at());
            }
            Payload::ComplaintReceived(complaint) => {
                self.case(&complaint.complaint).receive(complaint, event);
            }
            Payload::ComplaintAcknowledged(fact) => self.case(&fact.complaint).acknowledge(at),
            Payload::ComplaintInvestigated(fact) => {
                let case = self.case(&fact.complaint);
                case.cause = fact.root_cause.clone().or(case.cause.take());
            }
            Payload::ComplaintResponseOffered(fact) => {
                self.case(&fact.complaint).decide(Some(fact.decision), at);
            }
            Payload::ComplaintDecisionCommunicated(fact) => {
                self.case(&fact.complaint).decide(None, at);
            }
            Payload::ComplaintRemedyAccepted(fact) => {
                self.case(&fact.complaint).accepted = Some(at);
            }
            Payload::ComplaintRemedyRejected(fact) => self.case(&fact.complaint).accepted = None,
            Payload::ComplaintClosed(fact) => {
                let case = self.case(&fact.complaint);
                case.end(Ending::Closed, at);
                case.satisfied = Some(fact.satisfied);
            }
            Payload::ComplaintWithdrawn(fact) => {
                self.case(&fact.complaint).end(Ending::Withdrawn, at);
            }
            Payload::ComplaintReopened(fact) => self.case(&fact.complaint).reopen(at),
            Payload::CompensationGranted(fact) => {
                self.remedies(fact.complaint.as_ref()).granted.add(fact.amount);
            }
            Payload::CompensationPaid(fact) => {
                self.remedies(fact.complaint.as_ref()).paid.add(fact.amount);
            }
            _ => {}
        }
    }
}
