//! NPS and CSAT month by month, with their counts and intervals: what a chart over time is drawn
//! from.
//!
//! Months are those of the ledger's time zone. A month without an answer is not in the list; a
//! month with too few has its counts and says so.

use crate::answer_pool::AnswerPool;
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

impl OverTime {
    pub(crate) fn of(
        states: &[&SatisfactionState],
        rules: &SatisfactionRules,
        zone: &Zone,
    ) -> Self {
        let nps = by_month(states, &rules.nps.question, zone).into_iter().map(|(month, pool)| {
            InMonth { month, measure: NetPromoterScore::of(&pool, &rules.nps, rules.sample) }
        });
        let csat = by_month(states, &rules.csat.question, zone).into_iter().map(|(month, pool)| {
            InMonth { month, measure: CustomerSatisfaction::of(pool, &rules.csat, rules.sample) }
        });
        Self { nps: nps.collect(), csat: csat.collect() }
    }
}

fn by_month<'q>(
    states: &[&SatisfactionState],
    question: &'q Question,
    zone: &Zone,
) -> BTreeMap<Month, AnswerPool<'q>> {
    let mut months = BTreeMap::new();
    for state in states {
        for survey in &state.surveys {
            let month = zone.date_of(survey.at).month();
            let pool = months.entry(month).or_insert_with(|| AnswerPool::new(question));
            pool.add_survey(state, survey);
        }
    }
    months.retain(|_, pool| pool.n() > 0 || pool.off_scale > 0);
    months
}
