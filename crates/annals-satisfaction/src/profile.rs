//! The measures that are made the same way of one customer and of all: by level and aspect, at
//! touchpoints, along the journey, in care, unasked, around complaints.

use crate::answer_consistency::AnswerConsistency;
use crate::asked_again::AskedAgain;
use crate::aspects::Aspects;
use crate::care::CareGrid;
use crate::complaint_effect::ComplaintEffect;
use crate::contacts::Contacts;
use crate::indirect::IndirectIndicators;
use crate::instrument_report::InstrumentReport;
use crate::journey::Journey;
use crate::kano::KanoFeature;
use crate::price_consistency::PriceConsistency;
use crate::promise::PromiseReport;
use crate::response_rate::{ResponseRate, response_rates};
use crate::rules::SatisfactionRules;
use crate::servqual::ServiceQuality;
use crate::state::SatisfactionState;
use crate::touchpoints::{TouchpointReport, touchpoints};
use annals_events::Code;
use annals_projection::ViewContext;
use serde::Serialize;
use std::collections::BTreeMap;

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

impl Profile {
    pub(crate) fn of(
        states: &[&SatisfactionState],
        context: &ViewContext<'_, SatisfactionRules>,
    ) -> Self {
        let (rules, each) = (context.rules, || states.iter().copied());
        Self {
            kano: KanoFeature::all(each(), rules),
            aspects: Aspects::of(states, rules),
            servqual: ServiceQuality::of(states, rules),
            touchpoints: touchpoints(states, rules.sample),
            contacts: Contacts::of(states, rules),
            price_consistency: PriceConsistency::of(states, rules),
            answer_consistency: AnswerConsistency::of(states),
            asked_again: AskedAgain::of(states, rules, context.today),
            journey: Journey::of(states, rules),
            care: CareGrid::of(states, rules.sample, context.today),
            promises: PromiseReport::of(each(), context.today),
            indirect: IndirectIndicators::of(states),
            complaint_effect: ComplaintEffect::of(states, rules, context.zone),
            response: response_rates(states),
            instruments: InstrumentReport::all(each(), &rules.instruments),
        }
    }
}
