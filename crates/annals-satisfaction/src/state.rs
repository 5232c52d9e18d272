//! What the fold keeps for one customer.
//!
//! Classes, answers, contacts, purchases, complaints and episodes are in most ledgers; the rest is
//! rare, so it lies behind one pointer and costs a customer without it nothing. Classes come first,
//! because reports of other projections read them and nothing else.

use crate::care_action::CareAction;
use crate::code_table::CodeTable;
use crate::complaint_case::{ComplaintCase, Ending};
use crate::contact::Contact;
use crate::episode::{Episode, EpisodeKey};
use crate::kano::KanoPair;
use crate::kept_classes::KeptClasses;
use crate::moment::Moment;
use crate::orders::Orders;
use crate::promise::Promise;
use crate::remedies::Remedies;
use crate::rest::{Expectation, Invitation, Rest};
use crate::signal::Signal;
use crate::statement::{Enquiry, GivenAnswer, Question, UnitPrice};
use crate::survey::{Rating, Survey};
use annals_events::{Code, Date, Direction, Event, Payload, Valence, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A customer's answers, complaints, episodes, and what else speaks of satisfaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SatisfactionState {
    pub(crate) classes: KeptClasses,
    pub(crate) codes: CodeTable,
    /// In the order they came back.
    pub(crate) surveys: Vec<Survey>,
    /// In the order they occurred.
    pub(crate) contacts: Vec<Contact>,
    /// What was asked by which channel, in the order it was asked.
    pub(crate) questions: Vec<Question>,
    /// The local days with a purchase, each once, in order.
    pub(crate) purchase_days: Vec<Date>,
    pub(crate) orders: Orders,
    /// Prices that lines of purchases state, in the order of the purchases.
    pub(crate) prices: Vec<UnitPrice>,
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
                if let Some(number) = &survey.survey {
                    self.invitation(number).answered = true;
                }
                let survey = Survey::of(&mut self.codes, survey, event);
                self.surveys.push(survey);
            }
            Payload::TouchpointExperienced(moment) => {
                let key = EpisodeKey::of(moment, event.occurred_at(), zone);
                let episode = self.episodes.entry(key).or_default();
                episode.live(moment, event, &mut self.codes);
            }
            _ if self.apply_to_rest(event, zone.date_of(event.occurred_at())) => {}
            _ => self.apply_to_case(event),
        }
    }

    /// Folds in what few customers have; whether there was anything.
    fn apply_to_rest(&mut self, event: &Event, on: Date) -> bool {
        if let Some(signal) = Signal::of(event.payload(), on, &mut self.codes) {
            self.rest_mut().signals.push(signal);
            return true;
        }
        match event.payload() {
            Payload::PurchaseCompleted(purchase) => {
                if self.purchase_days.last() != Some(&on) {
                    self.purchase_days.push(on);
                }
                if let Some(order) = purchase.order.as_ref().filter(|_| !purchase.lines.is_empty())
                {
                    self.orders.add(order, &purchase.lines);
                }
                let channel = event.envelope().channel;
                let prices = channel
                    .map(|channel| UnitPrice::all(purchase, on, channel, &mut self.codes))
                    .filter(|prices| !prices.is_empty());
                if let Some(prices) = prices {
                    self.prices.extend(prices);
                }
            }
            Payload::PartyClassified(fact) => {
                self.classes.give(fact);
            }
            Payload::ContactOccurred(fact) => {
                let contact = Contact::of(fact, event, &mut self.codes);
                self.contacts.push(contact);
                if fact.direction == Direction::In {
                    self.ask(&fact.reason, event, on);
                }
            }
            Payload::EnquiryReceived(fact) => {
                let topic = self.codes.place(&fact.topic);
                let product = fact.product.as_ref().map(|product| self.codes.place(product));
                let enquiry = self.enquiry(&fact.enquiry);
                enquiry.topic = Some(topic);
                enquiry.product = product;
                enquiry.channel = event.envelope().channel;
                self.ask(&fact.topic, event, on);
            }
            Payload::EnquiryAnswered(fact) => {
                if let Some(answer) = &fact.answer {
                    let (channel, answer) = (event.envelope().channel, self.codes.place(answer));
                    let answers = &mut self.enquiry(&fact.enquiry).answers;
                    answers.push(GivenAnswer { on, channel, answer });
                }
            }
            Payload::KanoPairAnswered(fact) => {
                let pair = KanoPair {
                    at: event.occurred_at(),
                    channel: event.envelope().channel,
                    feature: self.codes.place(&fact.feature),
                    functional: fact.functional,
                    dysfunctional: fact.dysfunctional,
                };
                self.rest_mut().kano.push(pair);
            }
            Payload::ExpectationStated(fact) => {
                let (at, aspect) = (event.occurred_at(), self.codes.place(&fact.aspect));
                let rating = Rating::of(fact.scale);
                self.rest_mut().expectations.push(Expectation { at, aspect, rating });
            }
            Payload::SurveySent(fact) => {
                self.invitation(&fact.survey).sent = Some(fact.instrument.clone());
            }
            Payload::SurveyExpired(fact) => self.invitation(&fact.survey).expired = true,
            _ => return self.apply_to_service(event, on),
        }
        true
    }

    /// Folds in care and promises; whether there was anything.
    fn apply_to_service(&mut self, event: &Event, on: Date) -> bool {
        match event.payload() {
            Payload::CarePlanned(fact) => {
                let action = self.care(&fact.care);
                action.place = Some((fact.area, fact.phase));
                action.due = Some(fact.due);
            }
            Payload::CarePerformed(fact) => {
                let action = self.care(&fact.care);
                action.place.get_or_insert((fact.area, fact.phase));
                action.done.get_or_insert(on);
            }
            Payload::CareMissed(fact) => {
                self.care(&fact.care).missed.get_or_insert(on);
            }
            Payload::CareResponded(fact) => {
                let action = self.care(&fact.care);
                action.responded = true;
                action.valence = fact.valence.map(Valence::get).or(action.valence);
            }
            Payload::PromiseMade(fact) => {
                let promise = self.promise(&fact.promise);
                promise.what = Some(fact.what.clone());
                promise.made = Some(on);
                promise.due = fact.due;
            }
            Payload::PromiseKept(fact) => {
                self.promise(&fact.promise).kept.get_or_insert(on);
            }
            Payload::PromiseBroken(fact) => {
                self.promise(&fact.promise).broken.get_or_insert(on);
            }
            _ => return false,
        }
        true
    }

    fn care(&mut self, number: &Code) -> &mut CareAction {
        self.rest_mut().care.entry(number.clone()).or_default()
    }

    fn promise(&mut self, number: &Code) -> &mut Promise {
        self.rest_mut().promises.entry(number.clone()).or_default()
    }

    fn enquiry(&mut self, number: &Code) -> &mut Enquiry {
        self.rest_mut().enquiries.entry(number.clone()).or_default()
    }

    /// Keeps that the customer asked about a subject; without a channel there is nothing to keep.
    fn ask(&mut self, subject: &Code, event: &Event, on: Date) {
        if let Some(channel) = event.envelope().channel {
            let question = Question { on, channel, subject: self.codes.place(subject) };
            question.add_to(&mut self.questions);
        }
    }

    fn invitation(&mut self, number: &Code) -> &mut Invitation {
        self.rest_mut().invitations.entry(number.clone()).or_default()
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
