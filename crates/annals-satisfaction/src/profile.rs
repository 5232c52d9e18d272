//! The measures that are made the same way of one customer and of all: by level and aspect, at
//! touchpoints, along the journey, in care, unasked, around complaints.

use crate::answer_consistency::{AnswerConsistency, GivenAnswerSums};
use crate::answer_set::AnswerSetSums;
use crate::asked_again::{AskedAgain, AskedAgainSums};
use crate::aspects::{AspectSums, Aspects};
use crate::care::{CareGrid, CareSums};
use crate::complaint_effect::{ComplaintEffect, ComplaintEffectSums};
use crate::contacts::{ContactSums, Contacts};
use crate::indirect::{IndirectIndicators, IndirectSums};
use crate::instrument_report::{InstrumentReport, InstrumentSums};
use crate::journey::{Journey, JourneySums};
use crate::kano::{KanoFeature, KanoSums};
use crate::price_consistency::{PriceConsistency, PriceSums};
use crate::promise::{PromiseReport, PromiseSums};
use crate::response_rate::{ResponseRate, ResponseSums};
use crate::rules::SatisfactionRules;
use crate::servqual::ServiceQuality;
use crate::state::SatisfactionState;
use crate::touchpoints::{TouchpointReport, TouchpointSums};
use annals_events::Code;
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

type Context<'r> = ViewContext<'r, SatisfactionRules>;

/// Measures of a customer or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// What features are (Kano).
    pub kano: Vec<KanoFeature>,
    /// Answers by level, aspect and quality, with gaps.
    #[serde(flatten)]
    pub aspects: Aspects,
    /// Service quality: gaps by dimension.
    pub servqual: ServiceQuality,
    /// How touchpoints feel.
    pub touchpoints: BTreeMap<Code, TouchpointReport>,
    /// Contacts and how they were served.
    pub contacts: Contacts,
    /// Whether a product has the same price on every channel.
    pub price_consistency: PriceConsistency,
    /// Whether a question is answered the same on every channel.
    pub answer_consistency: AnswerConsistency,
    /// Who had to ask again, and whether elsewhere.
    pub asked_again: AskedAgain,
    /// The journey as it was walked.
    pub journey: Journey,
    /// Care by area and phase.
    pub care: CareGrid,
    /// Promises kept and broken.
    pub promises: PromiseReport,
    /// What spoke unasked.
    pub indirect: IndirectIndicators,
    /// What complaints did to satisfaction.
    pub complaint_effect: ComplaintEffect,
    /// How many of the surveys sent came back, per instrument.
    pub response: BTreeMap<Code, ResponseRate>,
    /// What came back per instrument, and what of it could not be used.
    pub instruments: Vec<InstrumentReport>,
}

/// The sums these measures are made of.
pub(crate) struct ProfileSums<'r> {
    kano: KanoSums,
    aspects: AspectSums,
    servqual: Option<AnswerSetSums<'r>>,
    touchpoints: TouchpointSums,
    contacts: ContactSums,
    prices: PriceSums,
    given_answers: GivenAnswerSums,
    asked_again: AskedAgainSums,
    journey: JourneySums,
    care: CareSums,
    promises: PromiseSums,
    indirect: IndirectSums,
    complaint_effect: ComplaintEffectSums,
    response: ResponseSums,
    instruments: InstrumentSums<'r>,
}

impl<'r> ProfileSums<'r> {
    pub(crate) fn new(rules: &'r SatisfactionRules) -> Self {
        let servqual = rules.servqual.as_ref();
        Self {
            kano: KanoSums::default(),
            aspects: AspectSums::default(),
            servqual: servqual.map(|servqual| AnswerSetSums::new(&servqual.instrument)),
            touchpoints: TouchpointSums::default(),
            contacts: ContactSums::default(),
            prices: PriceSums::default(),
            given_answers: GivenAnswerSums::default(),
            asked_again: AskedAgainSums::default(),
            journey: JourneySums::default(),
            care: CareSums::default(),
            promises: PromiseSums::default(),
            indirect: IndirectSums::default(),
            complaint_effect: ComplaintEffectSums::default(),
            response: ResponseSums::default(),
            instruments: InstrumentSums::new(&rules.instruments),
        }
    }

    /// Adds a customer.
    pub(crate) fn add(&mut self, state: &SatisfactionState, context: &Context<'r>) {
        let Context { rules, today, zone, .. } = *context;
        self.kano.add(state, rules);
        self.aspects.add(state, rules);
        if let Some(servqual) = &mut self.servqual {
            servqual.add(state);
        }
        self.touchpoints.add(state);
        self.contacts.add(state, rules);
        self.prices.add(state);
        self.given_answers.add(state);
        self.asked_again.add(&state.questions, rules, today);
        self.journey.add(state);
        self.care.add(state, today);
        self.promises.add(state, today);
        self.indirect.add(state);
        self.complaint_effect.add(state, rules, zone);
        self.response.add(state);
        self.instruments.add(state);
    }

    pub(crate) fn profile(self, rules: &SatisfactionRules) -> Profile {
        let sample = rules.sample;
        Profile {
            kano: self.kano.features(rules),
            aspects: self.aspects.report(sample),
            servqual: ServiceQuality::of(self.servqual, rules),
            touchpoints: self.touchpoints.reports(sample),
            contacts: self.contacts.report(rules),
            price_consistency: PriceConsistency::of(self.prices, rules),
            answer_consistency: AnswerConsistency::of(self.given_answers),
            asked_again: self.asked_again.report(rules),
            journey: self.journey.report(rules),
            care: self.care.report(sample),
            promises: self.promises.report(),
            indirect: self.indirect.report(),
            complaint_effect: self.complaint_effect.report(sample),
            response: self.response.rates(),
            instruments: self.instruments.reports(),
        }
    }
}
