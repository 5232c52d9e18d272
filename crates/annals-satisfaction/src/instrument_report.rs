//! What came back per instrument, and what of it could not be used: unknown instruments, items off
//! their scale, items missing.

use crate::instrument_rules::InstrumentRules;
use crate::state::SatisfactionState;
use crate::survey::Survey;
use annals_events::Code;
use serde::Serialize;
use std::collections::BTreeMap;

/// The surveys of one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstrumentReport {
    /// The instrument's code.
    pub instrument: Code,
    /// Whether the ruleset declares it.
    pub known: bool,
    /// Surveys that came back.
    pub surveys: u64,
    /// Surveys with every item answered on its scale; null where that cannot be told.
    pub complete: Option<u64>,
    /// Answers on another scale than the instrument's.
    pub off_scale: u64,
    /// Answers to items the instrument does not have.
    pub unknown_items: u64,
    /// How often each item was not answered on its scale; items never missing are left out.
    pub missing: BTreeMap<Code, u64>,
    /// What is wrong, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl InstrumentReport {
    fn new(instrument: Code, rules: Option<&InstrumentRules>) -> Self {
        Self {
            instrument,
            known: rules.is_some(),
            surveys: 0,
            complete: rules.filter(|rules| !rules.items.is_empty()).map(|_| 0),
            off_scale: 0,
            unknown_items: 0,
            missing: BTreeMap::new(),
            why: None,
        }
    }

    fn explained(mut self, rules: Option<&InstrumentRules>) -> Self {
        let Some(rules) = rules else {
            self.why = Some(format!(
                "instrument {} is not declared in the ruleset: its items count where a measure \
                 names them, and nothing else of it is checked",
                self.instrument
            ));
            return self;
        };
        let mut reasons = Vec::new();
        if let Some(incomplete) = self.complete.map(|complete| self.surveys - complete)
            && incomplete > 0
        {
            reasons.push(format!("{incomplete} of {} surveys have items missing", self.surveys));
        }
        if self.off_scale > 0 {
            let (min, max) = (rules.min, rules.max);
            reasons.push(format!("{} answers are not on {min} to {max}", self.off_scale));
        }
        if self.unknown_items > 0 {
            reasons.push(format!("{} answers are to unknown items", self.unknown_items));
        }
        self.why = (!reasons.is_empty()).then(|| reasons.join("; "));
        self
    }

    fn add(&mut self, state: &SatisfactionState, survey: &Survey, rules: Option<&InstrumentRules>) {
        self.surveys += 1;
        let Some(rules) = rules else { return };
        let mut given = vec![false; rules.items.len()];
        for response in &survey.responses {
            let place = rules.place_of(state.codes.code(response.item));
            if place.is_none() && !rules.items.is_empty() {
                self.unknown_items += 1;
                continue;
            }
            let Some(rating) = response.rating() else { continue };
            if !rating.is_on(rules.min, rules.max) {
                self.off_scale += 1;
            } else if let Some(given) = place.and_then(|place| given.get_mut(place)) {
                *given = true;
            }
        }
        for (item, _) in rules.items.iter().zip(&given).filter(|(_, given)| !**given) {
            *self.missing.entry(item.clone()).or_default() += 1;
        }
        if let Some(complete) = &mut self.complete {
            *complete += u64::from(given.iter().all(|given| *given));
        }
    }
}

/// Surveys by instrument, counted so far.
pub(crate) struct InstrumentSums<'r> {
    instruments: &'r [InstrumentRules],
    /// In the ruleset's order.
    declared: Vec<InstrumentReport>,
    undeclared: BTreeMap<Code, InstrumentReport>,
}

impl<'r> InstrumentSums<'r> {
    pub(crate) fn new(instruments: &'r [InstrumentRules]) -> Self {
        let new = |rules: &InstrumentRules| InstrumentReport::new(rules.code.clone(), Some(rules));
        let declared = instruments.iter().map(new).collect();
        Self { instruments, declared, undeclared: BTreeMap::new() }
    }

    /// Adds a customer's surveys.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for survey in &state.surveys {
            let code = state.codes.code(survey.instrument);
            let mut declared = self.declared.iter_mut().zip(self.instruments);
            if let Some((report, rules)) = declared.find(|(_, rules)| rules.is(code)) {
                report.add(state, survey, Some(rules));
            } else {
                let new = || InstrumentReport::new(code.clone(), None);
                let report = self.undeclared.entry(code.clone()).or_insert_with(new);
                report.add(state, survey, None);
            }
        }
    }

    /// One report for each instrument that came back: declared ones in the ruleset's order, then
    /// the others by code.
    pub(crate) fn reports(self) -> Vec<InstrumentReport> {
        let declared = self.declared.into_iter().zip(self.instruments.iter().map(Some));
        let undeclared = self.undeclared.into_values().map(|report| (report, None));
        let met = declared.chain(undeclared).filter(|(report, _)| report.surveys > 0);
        met.map(|(report, rules)| report.explained(rules)).collect()
    }
}
