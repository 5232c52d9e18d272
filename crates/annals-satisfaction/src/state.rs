//! What the fold keeps for one customer.
//!
//! Answers, complaints and episodes are in most ledgers; the rest is rare, so it lies behind one
//! pointer and costs a customer without it nothing.

use crate::code_table::CodeTable;
use crate::complaint_case::{ComplaintCase, Ending};
use crate::episode::{Episode, EpisodeKey};
use crate::moment::Moment;
use crate::remedies::Remedies;
use crate::rest::Rest;
use crate::survey::Survey;
use annals_events::{Code, Date, Event, Payload, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A customer's answers, complaints, episodes, and what else speaks of satisfaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SatisfactionState {
    pub(crate) codes: CodeTable,
    /// In the order they came back.
    pub(crate) surveys: Vec<Survey>,
    /// The local days with a purchase, each once, in order.
    pub(crate) purchase_days: Vec<Date>,
    /// By the complaint's number.
    pub(crate) complaints: BTreeMap<Code, Box<ComplaintCase>>,
    pub(crate) episodes: BTreeMap<EpisodeKey, Box<Episode>>,
    rest: Option<Box<Rest>>,
}

static NO_REST: LazyLock<Rest> = LazyLock::new(Rest::default);

impl SatisfactionState {
    /// What few customers have.
    pub(crate) fn rest(&self) -> &Rest {
        self.rest.as_deref().unwrap_or(&NO_REST)
    }

    pub(crate) fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn case(&mut self, number: &Code) -> &mut ComplaintCase {
        self.complaints.entry(number.clone()).or_default()
    }

    fn remedies(&mut self, complaint: Option<&Code>) -> &mut Remedies {
        match complaint {
            Some(number) => &mut self.case(number).remedies,
            None => &mut self.rest_mut().other_remedies,
        }
    }

    /// Folds one event in; kinds that say nothing of satisfaction change nothing.
    pub(crate) fn apply(&mut self, event: &Event, zone: &Zone) {
        match event.payload() {
            Payload::SurveyAnswered(survey) => {
                let survey = Survey::of(&mut self.codes, survey, event);
                self.surveys.push(survey);
            }
            Payload::TouchpointExperienced(moment) => {
                let key = EpisodeKey::of(moment, event.occurred_at(), zone);
                self.episodes.entry(key).or_default().live(moment, event.occurred_at());
            }
            _ => self.apply_to_case(event),
        }
    }

    fn apply_to_case(&mut self, event: &Event) {
        let at = Moment::of(event);
        match event.payload() {
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
