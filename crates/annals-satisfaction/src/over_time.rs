//! NPS and CSAT month by month, with their counts and intervals: what a chart over time is drawn
//! from.
//!
//! Months are those of the ledger's time zone. A month without an answer is not in the list; a
//! month with too few has its counts and says so.

use crate::answer_pool::{AnswerPool, given};
use crate::csat::CustomerSatisfaction;
use crate::nps::NetPromoterScore;
use crate::rules::{Question, SatisfactionRules};
use crate::state::SatisfactionState;
use annals_events::{Month, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// The asked measures month by month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverTime {
    /// Net Promoter Score of the answers of each month.
    pub nps: Vec<InMonth<NetPromoterScore>>,
    /// Customer satisfaction of the answers of each month.
    pub csat: Vec<InMonth<CustomerSatisfaction>>,
}

/// A measure over the answers of one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InMonth<M> {
    /// The month.
    pub month: Month,
    /// The measure.
    #[serde(flatten)]
    pub measure: M,
}

/// The answers to a question, month by month.
pub(crate) struct MonthlyPools<'q> {
    question: &'q Question,
    months: BTreeMap<Month, AnswerPool<'q>>,
}

impl<'q> MonthlyPools<'q> {
    pub(crate) fn new(question: &'q Question) -> Self {
        Self { question, months: BTreeMap::new() }
    }

    /// Adds a customer's answers.
    pub(crate) fn add(&mut self, state: &SatisfactionState, zone: &Zone) {
        for (survey, _, rating) in given(state, self.question) {
            let month = zone.date_of(survey.at).month();
            let new = || AnswerPool::new(self.question);
            self.months.entry(month).or_insert_with(new).count(rating);
        }
    }

    /// The answers of all months.
    pub(crate) fn all(&self) -> AnswerPool<'q> {
        let mut all = AnswerPool::new(self.question);
        self.months.values().for_each(|pool| all.merge(pool));
        all
    }

    fn measured<M>(self, measure: impl Fn(&AnswerPool<'q>) -> M) -> Vec<InMonth<M>> {
        let measured = |(month, pool)| InMonth { month, measure: measure(&pool) };
        self.months.into_iter().map(measured).collect()
    }
}

impl OverTime {
    pub(crate) fn of(
        nps: MonthlyPools<'_>,
        csat: MonthlyPools<'_>,
        rules: &SatisfactionRules,
    ) -> Self {
        let sample = rules.sample;
        Self {
            nps: nps.measured(|pool| NetPromoterScore::of(pool, &rules.nps, sample)),
            csat: csat.measured(|pool| CustomerSatisfaction::of(pool, &rules.csat, sample)),
        }
    }
}
