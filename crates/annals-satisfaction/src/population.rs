//! What is shown of all customers together, and of groups of them.
//!
//! Every measure is made of sums that take one customer after another, so all customers are visited
//! once: fetching a million states from memory again for each measure takes longer than measuring.
//! A customer is added to the sums of all and to those of its group on the same visit. Two threads
//! share the measures, not the customers, so that nothing depends on how many there are.

use crate::acsi::CustomerSatisfactionIndex;
use crate::answer_pool::AnswerPool;
use crate::answer_set::AnswerSetSums;
use crate::ces::CustomerEffortScore;
use crate::complaints_view::{ComplaintSums, PopulationComplaints};
use crate::csat::CustomerSatisfaction;
use crate::ecsi::{PathModelView, PathRows};
use crate::later::{LaterBehaviour, LaterSums};
use crate::nps::NetPromoterScore;
use crate::over_time::{MonthlyPools, OverTime};
use crate::peak_end::{PeakEndSums, PopulationPeakEnd};
use crate::profile::{Profile, ProfileSums};
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use crate::trap::{TrapReport, TrapSums};
use annals_events::PartyId;
use annals_projection::{Groups, ViewContext, both, in_parallel, threads_at_once};
use serde::Serialize;

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

type Context<'r> = ViewContext<'r, SatisfactionRules>;

impl SatisfactionPopulation {
    /// Of all.
    pub(crate) fn of(customers: &[&(PartyId, SatisfactionState)], context: &Context<'_>) -> Self {
        Self::of_groups(customers, &Groups::default(), context).0
    }

    /// Of all, and of each group.
    pub(crate) fn of_groups(
        customers: &[&(PartyId, SatisfactionState)],
        groups: &Groups,
        context: &Context<'_>,
    ) -> (Self, Vec<Self>) {
        let mut sums = PopulationSums::new(context);
        sums.grow(groups.count() + 1);
        sums.add(|| {
            let places = groups.places().iter().map(Some).chain(std::iter::repeat(None));
            customers.iter().zip(places).flat_map(|((_, state), place)| {
                let group = place.map(|place| (place + 1, state));
                std::iter::once((0, state)).chain(group)
            })
        });
        let mut measured = sums.measured();
        let groups = measured.split_off(1);
        (measured.pop().expect("all come before the groups"), groups)
    }
}

/// The sums of several groups.
pub(crate) struct PopulationSums<'r> {
    context: &'r Context<'r>,
    asked: Vec<AskedSums<'r>>,
    lived: Vec<LivedSums<'r>>,
}

impl<'r> PopulationSums<'r> {
    pub(crate) fn new(context: &'r Context<'r>) -> Self {
        Self { context, asked: Vec::new(), lived: Vec::new() }
    }

    /// Makes room for groups, if there are fewer.
    pub(crate) fn grow(&mut self, groups: usize) {
        let rules = self.context.rules;
        let missing = groups.saturating_sub(self.asked.len());
        self.asked.extend((0..missing).map(|_| AskedSums::new(rules)));
        self.lived.extend((0..missing).map(|_| LivedSums::new(rules)));
    }

    /// Adds states, each to the group at a place.
    pub(crate) fn add<'s, V: Iterator<Item = (usize, &'s SatisfactionState)>>(
        &mut self,
        visits: impl Fn() -> V + Sync,
    ) {
        let Self { context, asked, lived } = self;
        both(
            || visit(asked, visits(), |sums, state| sums.add(state, context)),
            || visit(lived, visits(), |sums, state| sums.add(state, context)),
        );
    }

    /// The measures of each group.
    pub(crate) fn measured(self) -> Vec<SatisfactionPopulation> {
        let sums = self.asked.into_iter().zip(self.lived).collect();
        let measured = |(asked, lived)| measured(asked, lived, self.context);
        in_parallel(sums, threads_at_once(), measured)
    }
}

/// Adds each state to the sums of its group.
fn visit<'s, S>(
    sums: &mut [S],
    visits: impl Iterator<Item = (usize, &'s SatisfactionState)>,
    add: impl Fn(&mut S, &SatisfactionState),
) {
    for (group, state) in visits {
        if let Some(sums) = sums.get_mut(group) {
            add(sums, state);
        }
    }
}

fn measured(
    asked: AskedSums<'_>,
    lived: LivedSums<'_>,
    context: &Context<'_>,
) -> SatisfactionPopulation {
    let rules = context.rules;
    let SatisfactionRules { sample, nps, csat, ces, .. } = rules;
    let fitted = asked.path_rows.fit();
    let weights = fitted.as_ref().map_err(String::as_str);
    SatisfactionPopulation {
        customers: lived.customers,
        nps: NetPromoterScore::of(&asked.nps.all(), nps, *sample),
        csat: CustomerSatisfaction::of(&asked.csat.all(), csat, *sample),
        ces: CustomerEffortScore::of(&asked.ces, ces, *sample),
        complaints: lived.complaints.population(context),
        peak_end: lived.peak_end.population(),
        acsi: CustomerSatisfactionIndex::of(asked.acsi, rules, weights),
        trap: TrapReport::of(&asked.trap),
        ecsi: asked.path_rows.view(&fitted),
        profile: lived.profile.profile(rules),
        later: asked.later.tables(),
        over_time: OverTime::of(asked.nps, asked.csat, rules),
    }
}

/// The sums of what customers were asked.
struct AskedSums<'r> {
    nps: MonthlyPools<'r>,
    csat: MonthlyPools<'r>,
    ces: AnswerPool<'r>,
    acsi: Option<AnswerSetSums<'r>>,
    path_rows: PathRows<'r>,
    trap: TrapSums<'r>,
    later: LaterSums<'r>,
}

impl<'r> AskedSums<'r> {
    fn new(rules: &'r SatisfactionRules) -> Self {
        Self {
            nps: MonthlyPools::new(&rules.nps.question),
            csat: MonthlyPools::new(&rules.csat.question),
            ces: AnswerPool::new(&rules.ces.question),
            acsi: rules.acsi.as_ref().map(|acsi| AnswerSetSums::new(&acsi.instrument)),
            path_rows: PathRows::new(rules.ecsi.as_ref()),
            trap: TrapSums::new(&rules.trap),
            later: LaterSums::new(rules),
        }
    }

    fn add(&mut self, state: &SatisfactionState, context: &Context<'_>) {
        let Context { today, zone, .. } = *context;
        self.nps.add(state, zone);
        self.csat.add(state, zone);
        self.ces.add(state);
        if let Some(acsi) = &mut self.acsi {
            acsi.add(state);
        }
        self.path_rows.add(state);
        self.trap.add(state, today, zone);
        self.later.add(state, today, zone);
    }
}

/// The sums of what they lived through, and of the measures made as for one customer.
struct LivedSums<'r> {
    customers: u64,
    complaints: ComplaintSums<'r>,
    peak_end: PeakEndSums,
    profile: ProfileSums<'r>,
}

impl<'r> LivedSums<'r> {
    fn new(rules: &'r SatisfactionRules) -> Self {
        Self {
            customers: 0,
            complaints: ComplaintSums::default(),
            peak_end: PeakEndSums::default(),
            profile: ProfileSums::new(rules),
        }
    }

    fn add(&mut self, state: &SatisfactionState, context: &Context<'r>) {
        self.customers += 1;
        self.complaints.add(state, context);
        self.peak_end.add(&state.episodes);
        self.profile.add(state, context);
    }
}
