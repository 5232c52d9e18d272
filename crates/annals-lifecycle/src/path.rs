//! A customer's way through the stages of a scheme, exact to the day.
//!
//! Between two days on which something happens that the scheme reads, every condition holds on some
//! days in a row, which follow from its bounds. So the rules are looked at on the days of such
//! happenings and where a stage may give way to another, and the result is that of deciding them on
//! every single day.

use crate::activity::{self, Activity};
use crate::condition::Stretch;
use crate::fact::Fact;
use crate::rules::{self, Scheme, SchemeKind, Stage};
use crate::standing::Standing;
use crate::state::{HappeningKind, LifecycleState};
use annals_events::Date;

/// A scheme made ready for following many customers through it.
#[derive(Clone, Debug)]
pub(crate) struct Route<'r> {
    pub(crate) scheme: &'r Scheme,
    /// The facts its conditions speak of, each once.
    facts: Vec<Fact>,
    reads_occasions: bool,
}

impl<'r> Route<'r> {
    pub(crate) fn new(scheme: &'r Scheme) -> Self {
        let stages = match &scheme.kind {
            SchemeKind::Stages(stages) => stages.as_slice(),
            SchemeKind::CalendarMonthActivity { .. } => &[],
        };
        let mut facts: Vec<_> = rules::conditions(stages).map(|condition| condition.fact).collect();
        facts.sort_unstable();
        facts.dedup();
        let reads_occasions = facts.iter().any(|fact| fact.reads_occasions());
        Self { scheme, facts, reads_occasions }
    }

    /// Whether a happening can change a stage.
    fn reads(&self, kind: HappeningKind) -> bool {
        self.facts.iter().any(|fact| fact.reads(kind))
    }
}

/// The stages passed, each with the day it began; no two neighbours are the same stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// Places in the scheme's list of stages, and first days.
    pub(crate) spells: Vec<(usize, Date)>,
    /// Whether the last stage is an asserted one.
    pub(crate) asserted: bool,
}

impl Path {
    /// Follows a customer through a scheme up to and including a day. Nothing is there before the
    /// customer's first event.
    pub(crate) fn follow(&mut self, state: &LifecycleState, route: &Route<'_>, today: Date) {
        self.spells.clear();
        self.asserted = false;
        let Some(known_since) = state.first_event.filter(|first| *first <= today) else { return };
        match &route.scheme.kind {
            SchemeKind::Stages(stages) => {
                self.follow_stages(state, route, stages, known_since, today);
            }
            SchemeKind::CalendarMonthActivity { .. } => {
                self.enter(Activity::Inactive.index(), known_since);
                activity::runs(state.occasions.until(today), today.month(), |run| {
                    self.enter(run.activity.index(), run.from.first_day().max(known_since));
                });
            }
        }
    }

    fn follow_stages(
        &mut self,
        state: &LifecycleState,
        route: &Route<'_>,
        stages: &[Stage],
        known_since: Date,
        today: Date,
    ) {
        let occasions = if route.reads_occasions { state.occasions.until(today) } else { &[] };
        let mut occasions = occasions.iter().peekable();
        let happenings = state.happenings_until(today).iter();
        let mut happenings = happenings.filter(|known| route.reads(known.kind)).peekable();
        let mut assertions = state
            .assertions_until(today)
            .iter()
            .filter(|assertion| assertion.scheme.as_str() == route.scheme.id)
            .peekable();
        let mut standing = Standing::new(known_since);
        let mut asserted: Option<usize> = None;
        let mut day = known_since;
        loop {
            let mut is_read = false;
            while let Some(bought) = occasions.next_if(|bought| **bought <= day) {
                standing.buy(*bought);
                is_read = true;
            }
            while let Some(happening) = happenings.next_if(|happening| happening.day <= day) {
                standing.happen(happening.day, happening.kind);
                is_read = true;
            }
            let mut named = None;
            while let Some(assertion) = assertions.next_if(|assertion| assertion.day <= day) {
                let is_named = |stage: &Stage| stage.id == assertion.stage.as_str();
                named = stages.iter().position(is_named).or(named);
            }
            let next = [
                occasions.peek().map(|day| **day),
                happenings.peek().map(|happening| happening.day),
                assertions.peek().map(|assertion| assertion.day),
            ];
            let next = next.into_iter().flatten().min();
            let last = next.map_or(today, |next| next.plus_days(-1));
            let quiet = Stretch { first: day.days().into(), last: last.days().into() };
            let (decided, until) = rules::stay(stages, &standing, quiet);
            // What is asserted holds until the facts decide otherwise.
            asserted = named.or(asserted.filter(|asserted| !is_read || *asserted == decided));
            self.enter(asserted.unwrap_or(decided), day);
            if asserted.is_none() {
                self.follow_quiet(stages, &standing, day, Stretch { first: until + 1, ..quiet });
            }
            match next {
                Some(next) => day = next,
                None => break,
            }
        }
        self.asserted = asserted.is_some();
    }

    /// Goes through days after one on which something happened, on which nothing happens.
    fn follow_quiet(
        &mut self,
        stages: &[Stage],
        standing: &Standing,
        day: Date,
        mut quiet: Stretch,
    ) {
        while quiet.first <= quiet.last {
            let (stage, until) = rules::stay(stages, standing, quiet);
            let days = i32::try_from(quiet.first - i64::from(day.days())).unwrap_or_default();
            self.enter(stage, day.plus_days(days));
            quiet.first = until + 1;
        }
    }

    /// Notes a stage on a day; days do not go back. Of several on a day the last counts.
    fn enter(&mut self, stage: usize, from: Date) {
        if self.spells.last().is_some_and(|(_, known)| *known == from) {
            self.spells.pop();
        }
        if self.spells.last().is_none_or(|(known, _)| *known != stage) {
            self.spells.push((stage, from));
        }
    }
}
