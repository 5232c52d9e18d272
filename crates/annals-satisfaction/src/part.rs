//! The parts of a customer's state, one for each group of a cut.
//!
//! Parted are answers, moments, Kano pairs, contacts and complaints, each by what it says of
//! itself; what does not say belongs to `not_stated`, so that the groups add up. Purchases and what
//! speaks unasked come along with every group a customer is in, because what came after an answer
//! belongs to it (by product, what speaks unasked is parted by the product it is about). A class
//! parts whole customers. Deliberately absent: care, promises and invitations, which nothing else
//! parts.
//!
//! A customer's parts are made one after another in the same place, which costs a fraction of
//! keeping them side by side: of a million customers' contacts by month there are millions.

use crate::code_table::CodeIndex;
use crate::complaint_case::{ComplaintCase, Receipt};
use crate::contact::Contact;
use crate::cut::{Cut, Group};
use crate::episode::{EpisodeKey, Felt};
use crate::kano::KanoPair;
use crate::rules::SatisfactionRules;
use crate::signal::Signal;
use crate::state::SatisfactionState;
use crate::survey::{Response, Survey};
use annals_events::{Channel, Code, Instant, Level};
use annals_projection::ViewContext;
use std::collections::BTreeMap;

/// What is in one group as a whole.
enum Piece<'s> {
    Survey(&'s Survey),
    /// Some of a survey's answers.
    Responses(&'s Survey, Vec<Response>),
    Moment(&'s EpisodeKey, &'s Felt),
    Complaint(&'s Code, &'s ComplaintCase),
    Contact(&'s Contact),
    Kano(&'s KanoPair),
    Signal(&'s Signal),
}

impl Piece<'_> {
    fn add_to(&self, part: &mut SatisfactionState) {
        match self {
            Self::Survey(survey) => part.surveys.push((*survey).clone()),
            Self::Responses(survey, responses) => {
                let responses = responses.clone();
                part.surveys.push(Survey { responses, ..(*survey).clone() });
            }
            Self::Moment(key, felt) => {
                part.episodes.entry((*key).clone()).or_default().moments.push(**felt);
            }
            Self::Complaint(number, case) => {
                part.complaints.insert((*number).clone(), Box::new((*case).clone()));
            }
            Self::Contact(contact) => part.contacts.push(**contact),
            Self::Kano(pair) => part.rest_mut().kano.push(**pair),
            Self::Signal(signal) => part.rest_mut().signals.push(**signal),
        }
    }
}

/// Parts customers, one after another.
pub(crate) struct Parts<'s, 'c> {
    cut: &'c Cut,
    context: &'c ViewContext<'c, SatisfactionRules>,
    /// Of the customer being parted.
    pieces: Vec<(Group<'s>, Piece<'s>)>,
    /// Where each part is made.
    part: SatisfactionState,
}

impl<'s, 'c> Parts<'s, 'c> {
    pub(crate) fn new(context: &'c ViewContext<'c, SatisfactionRules>, cut: &'c Cut) -> Self {
        Self { cut, context, pieces: Vec::new(), part: SatisfactionState::default() }
    }

    /// Shows each part of a customer, in the order of the groups.
    pub(crate) fn visit(
        &mut self,
        whole: &'s SatisfactionState,
        mut each: impl FnMut(Group<'s>, &SatisfactionState),
    ) {
        if let Cut::Class(scheme) = self.cut {
            let class = whole.classes.class(scheme, self.context.today);
            return each(Group::of(class.map(Code::as_str)), whole);
        }
        self.pieces.clear();
        self.take_apart(whole);
        self.pieces.sort_by_key(|(group, _)| *group);
        let part = &mut self.part;
        part.codes.clone_from(&whole.codes);
        part.purchase_days.clone_from(&whole.purchase_days);
        let rest = whole.rest();
        let signals = if *self.cut == Cut::Product { &[][..] } else { &rest.signals };
        if part.rest().signals != signals || part.rest().expectations != rest.expectations {
            part.rest_mut().signals = signals.to_vec();
            part.rest_mut().expectations.clone_from(&rest.expectations);
        }
        for pieces in self.pieces.chunk_by(|(one, _), (other, _)| one == other) {
            for (_, piece) in pieces {
                piece.add_to(part);
            }
            if let Some((group, _)) = pieces.first() {
                each(*group, part);
            }
            part.surveys.clear();
            part.contacts.clear();
            part.complaints.clear();
            part.episodes.clear();
            if !part.rest().kano.is_empty() {
                part.rest_mut().kano.clear();
            }
            if !part.rest().signals.is_empty() {
                part.rest_mut().signals.truncate(signals.len());
            }
        }
    }

    fn take_apart(&mut self, whole: &'s SatisfactionState) {
        for survey in &whole.surveys {
            self.add_survey(whole, survey);
        }
        self.add_moments(whole);
        for (number, case) in &whole.complaints {
            let group = case.receipt.as_ref().map(|receipt| self.complaint_group(receipt));
            self.add(group.unwrap_or(Group::NOT_STATED), Piece::Complaint(number, case));
        }
        for contact in &whole.contacts {
            let group = match self.cut {
                Cut::Channel | Cut::Form => self.way(contact.channel),
                Cut::Agent => named(whole, contact.agent),
                _ => self.period(contact.at),
            };
            self.add(group, Piece::Contact(contact));
        }
        for pair in &whole.rest().kano {
            let group = match self.cut {
                Cut::Channel | Cut::Form => self.way(pair.channel),
                _ => self.period(pair.at),
            };
            self.add(group, Piece::Kano(pair));
        }
        if *self.cut == Cut::Product {
            for signal in &whole.rest().signals {
                self.add(named(whole, signal.product), Piece::Signal(signal));
            }
        }
    }

    fn add(&mut self, group: Group<'s>, piece: Piece<'s>) {
        self.pieces.push((group, piece));
    }

    /// The channel, or the form of service it is, as the cut asks.
    fn way(&self, channel: Option<Channel>) -> Group<'s> {
        let name = channel.and_then(|channel| match self.cut {
            Cut::Form => self.context.rules.forms.get(&channel).map(|form| form.as_str()),
            _ => Some(channel.as_str()),
        });
        Group::of(name)
    }

    /// The period, where the cut asks for one.
    fn period(&self, at: Instant) -> Group<'s> {
        self.cut.period(self.context.zone.date_of(at))
    }

    fn add_survey(&mut self, whole: &'s SatisfactionState, survey: &'s Survey) {
        let group = match self.cut {
            Cut::Channel | Cut::Form => self.way(survey.channel),
            Cut::Touchpoint => named(whole, survey.touchpoint),
            Cut::Agent => named(whole, survey.agent),
            Cut::Instrument => named(whole, Some(survey.instrument)),
            Cut::Product => {
                let order = survey.correlation.map(|order| whole.codes.code(order));
                let products = order.map(|order| whole.orders.products(order)).unwrap_or_default();
                for product in &products {
                    self.add(Group::Named(product), Piece::Survey(survey));
                }
                if !products.is_empty() {
                    return;
                }
                Group::NOT_STATED
            }
            Cut::Level => {
                return self.add_responses(survey, |each| Group::of(each.level.map(Level::as_str)));
            }
            Cut::Aspect => return self.add_responses(survey, |each| named(whole, each.aspect)),
            _ => self.period(survey.at),
        };
        self.add(group, Piece::Survey(survey));
    }

    /// Parts one survey by its answers.
    fn add_responses(&mut self, survey: &'s Survey, group: impl Fn(&Response) -> Group<'s>) {
        let mut groups = BTreeMap::<_, Vec<Response>>::new();
        for response in &survey.responses {
            groups.entry(group(response)).or_default().push(*response);
        }
        for (group, responses) in groups {
            self.add(group, Piece::Responses(survey, responses));
        }
    }

    fn add_moments(&mut self, whole: &'s SatisfactionState) {
        for (key, episode) in &whole.episodes {
            for felt in &episode.moments {
                let group = match self.cut {
                    Cut::Channel | Cut::Form => self.way(felt.channel),
                    Cut::Touchpoint => named(whole, Some(felt.touchpoint.unwrap_or(felt.step))),
                    _ => self.period(felt.at),
                };
                self.add(group, Piece::Moment(key, felt));
            }
        }
    }

    fn complaint_group(&self, receipt: &'s Receipt) -> Group<'s> {
        match self.cut {
            Cut::Channel | Cut::Form => self.way(receipt.channel),
            Cut::Product => Group::of(receipt.product.as_ref().map(Code::as_str)),
            _ => self.cut.period(receipt.at.day(self.context.zone)),
        }
    }
}

fn named(whole: &SatisfactionState, code: Option<CodeIndex>) -> Group<'_> {
    Group::of(code.map(|code| whole.codes.code(code).as_str()))
}
