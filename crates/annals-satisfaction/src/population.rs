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
        let mut sums = PopulationSums::new(context, groups.count());
        sums.add(|add| {
            let places = groups.places().iter().map(Some).chain(std::iter::repeat(None));
            for ((_, state), place) in customers.iter().zip(places) {
                add(None, state);
                if place.is_some() {
                    add(place.copied(), state);
                }
            }
        });
        sums.measured()
    }
}

/// The sums of all customers and of groups of them, those of all first.
pub(crate) struct PopulationSums<'r> {
    context: &'r Context<'r>,
    asked: Vec<AskedSums<'r>>,
    lived: Vec<LivedSums<'r>>,
}

impl<'r> PopulationSums<'r> {
    /// Nobody's yet, of so many groups known beforehand: they have measures even where nobody
    /// comes to be in them.
    pub(crate) fn new(context: &'r Context<'r>, groups: usize) -> Self {
        let Context { rules, .. } = *context;
        let (mut asked, mut lived) = (Vec::new(), Vec::new());
        asked.resize_with(groups + 1, || AskedSums::new(rules));
        lived.resize_with(groups + 1, || LivedSums::new(rules));
        Self { context, asked, lived }
    }

    /// Adds the states a visit shows, each to a group or, without one, to all. Two threads share
    /// the measures and make the same visit, so what it gives is the same of both.
    pub(crate) fn add<T: Send>(
        &mut self,
        visit: impl Fn(&mut dyn FnMut(Option<usize>, &SatisfactionState)) -> T + Sync,
    ) -> T {
        let Self { context, asked, lived } = self;
        let rules = context.rules;
        let mut ask = |group, state: &SatisfactionState| {
            of_group(asked, group, || AskedSums::new(rules)).add(state, context);
        };
        let mut live = |group, state: &SatisfactionState| {
            of_group(lived, group, || LivedSums::new(rules)).add(state, context);
        };
        both(|| visit(&mut ask), || visit(&mut live)).0
    }

    /// The measures of all, and of each group.
    pub(crate) fn measured(self) -> (SatisfactionPopulation, Vec<SatisfactionPopulation>) {
        let sums = self.asked.into_iter().zip(self.lived).collect();
        let measured = |(asked, lived)| measured(asked, lived, self.context);
        let mut all = in_parallel(sums, threads_at_once(), measured);
        let groups = all.split_off(1);
        (all.pop().expect("those of all come first"), groups)
    }
}

/// The sums of a group, begun with those before it where they are not yet there.
fn of_group<S>(sums: &mut Vec<S>, group: Option<usize>, new: impl FnMut() -> S) -> &mut S {
    let place = group.map_or(0, |group| group + 1);
    if sums.len() <= place {
        sums.resize_with(place + 1, new);
    }
    sums.get_mut(place).expect("room was made for it")
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
        later: lived.later.tables(),
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
        }
    }

    fn add(&mut self, state: &SatisfactionState, context: &Context<'_>) {
        // Of a cut by month, most parts are contacts alone.
        if state.surveys.is_empty() {
            return;
        }
        let Context { today, zone, .. } = *context;
        self.nps.add(state, zone);
        self.csat.add(state, zone);
        self.ces.add(state);
        if let Some(acsi) = &mut self.acsi {
            acsi.add(state);
        }
        self.path_rows.add(state);
        self.trap.add(state, today, zone);
    }
}

/// The sums of what they lived through, of what came after answers, and of the measures made as for
/// one customer.
struct LivedSums<'r> {
    customers: u64,
    complaints: ComplaintSums<'r>,
    peak_end: PeakEndSums,
    later: LaterSums<'r>,
    profile: ProfileSums<'r>,
}

impl<'r> LivedSums<'r> {
    fn new(rules: &'r SatisfactionRules) -> Self {
        Self {
            customers: 0,
            complaints: ComplaintSums::default(),
            peak_end: PeakEndSums::default(),
            later: LaterSums::new(rules),
            profile: ProfileSums::new(rules),
        }
    }

    fn add(&mut self, state: &SatisfactionState, context: &Context<'r>) {
        self.customers += 1;
        self.complaints.add(state, context);
        self.peak_end.add(&state.episodes);
        self.later.add(state, context.today, context.zone);
        self.profile.add(state, context);
    }
}
