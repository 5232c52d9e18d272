//! What is shown of one customer.

use crate::acsi::CustomerSatisfactionIndex;
use crate::answer_pool::{AnswerPool, last_answer};
use crate::answer_set::AnswerSetSums;
use crate::ces::CustomerEffortScore;
use crate::complaints_view::CustomerComplaints;
use crate::csat::CustomerSatisfaction;
use crate::last_answer::WithLast;
use crate::nps::NetPromoterScore;
use crate::peak_end::CustomerPeakEnd;
use crate::profile::{Profile, ProfileSums};
use crate::rules::{Question, SatisfactionRules};
use crate::state::SatisfactionState;
use annals_projection::ViewContext;
use serde::Serialize;

/// One customer's satisfaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SatisfactionView {
    /// Net Promoter Score over the customer's own answers.
    pub nps: WithLast<NetPromoterScore>,
    /// Customer satisfaction.
    pub csat: WithLast<CustomerSatisfaction>,
    /// Customer Effort Score.
    pub ces: WithLast<CustomerEffortScore>,
    /// Complaints.
    pub complaints: CustomerComplaints,
    /// How episodes are remembered.
    pub peak_end: CustomerPeakEnd,
    /// The index of three questions, over the customer's own answer sets.
    pub acsi: CustomerSatisfactionIndex,
    /// The other measures.
    #[serde(flatten)]
    pub profile: Profile,
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

impl SatisfactionView {
    pub(crate) fn of(state: &SatisfactionState, context: &Context<'_>) -> Self {
        let rules = context.rules;
        let SatisfactionRules { sample, nps, csat, ces, .. } = rules;
        let pool = |question| {
            let mut pool = AnswerPool::new(question);
            pool.add(state);
            pool
        };
        let last = |question: &Question| last_answer(state, question, context.zone);
        let acsi = rules.acsi.as_ref().map(|acsi| {
            let mut sets = AnswerSetSums::new(&acsi.instrument);
            sets.add(state);
            sets
        });
        let mut profile = ProfileSums::new(rules);
        profile.add(state, context);
        Self {
            nps: WithLast {
                measure: NetPromoterScore::of(&pool(&nps.question), nps, *sample),
                last: last(&nps.question),
            },
            csat: WithLast {
                measure: CustomerSatisfaction::of(&pool(&csat.question), csat, *sample),
                last: last(&csat.question),
            },
            ces: WithLast {
                measure: CustomerEffortScore::of(&pool(&ces.question), ces, *sample),
                last: last(&ces.question),
            },
            complaints: CustomerComplaints::of(state, context),
            peak_end: CustomerPeakEnd::of(&state.episodes, context.zone),
            acsi: CustomerSatisfactionIndex::of(
                acsi,
                rules,
                Err("it is fitted over all customers"),
            ),
            profile: profile.profile(rules),
        }
    }
}
