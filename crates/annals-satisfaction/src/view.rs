//! What is shown of one customer, and of all together.

use crate::acsi::CustomerSatisfactionIndex;
use crate::answer_pool::{AnswerPool, last_answer};
use crate::ces::CustomerEffortScore;
use crate::complaints_view::{CustomerComplaints, PopulationComplaints};
use crate::csat::CustomerSatisfaction;
use crate::ecsi::{PathModelView, PathRows};
use crate::last_answer::WithLast;
use crate::later::{LaterBehaviour, later_behaviour};
use crate::nps::NetPromoterScore;
use crate::over_time::OverTime;
use crate::peak_end::{CustomerPeakEnd, PeakEndSums, PopulationPeakEnd};
use crate::profile::Profile;
use crate::rules::{Question, SatisfactionRules};
use crate::state::SatisfactionState;
use crate::trap::TrapReport;
use annals_events::PartyId;
use annals_projection::{ViewContext, both};
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

/// The satisfaction of all customers together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SatisfactionPopulation {
    /// Customers looked at, with or without answers.
    pub customers: u64,
    /// Net Promoter Score over all answers.
    pub nps: NetPromoterScore,
    /// Customer satisfaction.
    pub csat: CustomerSatisfaction,
    /// Customer Effort Score.
    pub ces: CustomerEffortScore,
    /// Complaints.
    pub complaints: PopulationComplaints,
    /// How episodes are remembered.
    pub peak_end: PopulationPeakEnd,
    /// The index of three questions, 0 to 100.
    pub acsi: CustomerSatisfactionIndex,
    /// Whether there is a satisfaction trap.
    pub trap: TrapReport,
    /// The path model of what acts on satisfaction and loyalty.
    pub ecsi: PathModelView,
    /// The measures made as for one customer.
    #[serde(flatten)]
    pub profile: Profile,
    /// What came after answers on satisfaction, one table per window.
    pub later: Vec<LaterBehaviour>,
    /// The asked measures month by month.
    pub over_time: OverTime,
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

impl SatisfactionView {
    pub(crate) fn of(state: &SatisfactionState, context: &Context<'_>) -> Self {
        let SatisfactionRules { sample, nps, csat, ces, .. } = context.rules;
        let pool = |question| pooled([state], question);
        let last = |question: &Question| last_answer(state, question, context.zone);
        Self {
            nps: WithLast {
                measure: NetPromoterScore::of(&pool(&nps.question), nps, *sample),
                last: last(&nps.question),
            },
            csat: WithLast {
                measure: CustomerSatisfaction::of(pool(&csat.question), csat, *sample),
                last: last(&csat.question),
            },
            ces: WithLast {
                measure: CustomerEffortScore::of(pool(&ces.question), ces, *sample),
                last: last(&ces.question),
            },
            complaints: CustomerComplaints::of(state, context),
            peak_end: CustomerPeakEnd::of(&state.episodes, context.zone),
            acsi: CustomerSatisfactionIndex::of(
                [state],
                context.rules,
                Err("it is fitted over all customers"),
            ),
            profile: Profile::of(&[state], context),
        }
    }
}

impl SatisfactionPopulation {
    pub(crate) fn of(customers: &[&(PartyId, SatisfactionState)], context: &Context<'_>) -> Self {
        let all: Vec<_> = customers.iter().map(|(_, state)| state).collect();
        let (rules, zone) = (context.rules, context.zone);
        let SatisfactionRules { sample, nps, csat, ces, .. } = rules;
        let asked = || {
            let pool = |question| pooled(all.iter().copied(), question);
            (
                NetPromoterScore::of(&pool(&nps.question), nps, *sample),
                CustomerSatisfaction::of(pool(&csat.question), csat, *sample),
                CustomerEffortScore::of(pool(&ces.question), ces, *sample),
                OverTime::of(&all, rules, zone),
            )
        };
        let modelled = || {
            let mut path_rows = PathRows::new(rules.ecsi.as_ref());
            for state in &all {
                path_rows.add(state);
            }
            let fitted = path_rows.fit();
            let weights = fitted.as_ref().map_err(String::as_str);
            let acsi = CustomerSatisfactionIndex::of(all.iter().copied(), rules, weights);
            let trap = TrapReport::of(&all, &rules.trap, context.today, zone);
            (acsi, path_rows.view(&fitted), trap)
        };
        let lived = || {
            let mut peak_end = PeakEndSums::default();
            for state in &all {
                peak_end.add(&state.episodes);
            }
            let complaints = PopulationComplaints::of(customers, context);
            let later = later_behaviour(&all, rules, context.today, zone);
            (peak_end.population(), complaints, later)
        };
        let profile = || Profile::of(&all, context);
        let (((nps, csat, ces, over_time), (acsi, ecsi, trap)), (lived, profile)) =
            both(|| both(asked, modelled), || both(lived, profile));
        let (peak_end, complaints, later) = lived;
        Self {
            customers: customers.len() as u64,
            nps,
            csat,
            ces,
            complaints,
            peak_end,
            acsi,
            trap,
            ecsi,
            profile,
            later,
            over_time,
        }
    }
}

fn pooled<'q, 's>(
    states: impl IntoIterator<Item = &'s SatisfactionState>,
    question: &'q Question,
) -> AnswerPool<'q> {
    let mut pool = AnswerPool::new(question);
    for state in states {
        pool.add(state);
    }
    pool
}
