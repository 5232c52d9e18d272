//! What is shown of one customer, and of all together.

use crate::acsi::CustomerSatisfactionIndex;
use crate::answer_pool::{AnswerPool, last_answer};
use crate::ces::CustomerEffortScore;
use crate::complaints_view::{CustomerComplaints, PopulationComplaints};
use crate::csat::CustomerSatisfaction;
use crate::ecsi::{PathModelView, PathRows};
use crate::instrument_report::InstrumentReport;
use crate::kano::KanoFeature;
use crate::last_answer::WithLast;
use crate::nps::NetPromoterScore;
use crate::peak_end::{CustomerPeakEnd, PeakEndSums, PopulationPeakEnd};
use crate::promise::PromiseReport;
use crate::rules::{Question, SatisfactionRules};
use crate::state::SatisfactionState;
use crate::trap::TrapReport;
use annals_events::PartyId;
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
    /// What features are to the customer (Kano).
    pub kano: Vec<KanoFeature>,
    /// Promises kept and broken.
    pub promises: PromiseReport,
    /// The index of three questions, over the customer's own answer sets.
    pub acsi: CustomerSatisfactionIndex,
    /// What came back per instrument, and what of it could not be used.
    pub instruments: Vec<InstrumentReport>,
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
    /// What features are to customers (Kano).
    pub kano: Vec<KanoFeature>,
    /// Promises kept and broken.
    pub promises: PromiseReport,
    /// Whether there is a satisfaction trap.
    pub trap: TrapReport,
    /// The path model of what acts on satisfaction and loyalty.
    pub ecsi: PathModelView,
    /// What came back per instrument, and what of it could not be used.
    pub instruments: Vec<InstrumentReport>,
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
            kano: KanoFeature::all([state], context.rules),
            promises: PromiseReport::of([state], context.today),
            instruments: InstrumentReport::all([state], &context.rules.instruments),
        }
    }
}

impl SatisfactionPopulation {
    pub(crate) fn of(customers: &[(PartyId, SatisfactionState)], context: &Context<'_>) -> Self {
        let SatisfactionRules { sample, nps, csat, ces, .. } = context.rules;
        let pool = |question| pooled(customers.iter().map(|(_, state)| state), question);
        let states = || customers.iter().map(|(_, state)| state);
        let mut peak_end = PeakEndSums::default();
        let mut path_rows = PathRows::new(context.rules.ecsi.as_ref());
        for state in states() {
            peak_end.add(&state.episodes);
            path_rows.add(state);
        }
        let fitted = path_rows.fit();
        Self {
            customers: customers.len() as u64,
            nps: NetPromoterScore::of(&pool(&nps.question), nps, *sample),
            csat: CustomerSatisfaction::of(pool(&csat.question), csat, *sample),
            ces: CustomerEffortScore::of(pool(&ces.question), ces, *sample),
            complaints: PopulationComplaints::of(customers, context),
            peak_end: peak_end.population(),
            acsi: CustomerSatisfactionIndex::of(
                states(),
                context.rules,
                fitted.as_ref().map_err(String::as_str),
            ),
            kano: KanoFeature::all(states(), context.rules),
            trap: TrapReport::of(
                &states().collect::<Vec<_>>(),
                &context.rules.trap,
                context.today,
                context.zone,
            ),
            ecsi: path_rows.view(&fitted),
            promises: PromiseReport::of(states(), context.today),
            instruments: InstrumentReport::all(states(), &context.rules.instruments),
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
