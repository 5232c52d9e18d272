//! A customer's way through the stages of a scheme, exact to the day.
//!
//! Between two days on which something happens a stage can only change on a day on which some
//! condition's bound is crossed, and those days follow from the bounds. So the rules are decided
//! on the days of happenings and of crossings alone, and the result is that of deciding them on
//! every single day.

use crate::activity::{self, Activity};
use crate::condition::{Bound, Condition};
use crate::rules::{self, Scheme, SchemeKind, Stage};
use crate::standing::Standing;
use crate::state::LifecycleState;
use annals_events::Date;

/// A scheme made ready for following many customers through it.
#[derive(Clone, Debug)]
pub(crate) struct Route<'r> {
    pub(crate) scheme: &'r Scheme,
    /// The bounds that are crossed as days pass, each once.
    bounds: Vec<Bound>,
    reads_occasions: bool,
}

impl<'r> Route<'r> {
    pub(crate) fn new(scheme: &'r Scheme) -> Self {
        let stages = match &scheme.kind {
            SchemeKind::Stages(stages) => stages.as_slice(),
            SchemeKind::CalendarMonthActivity { .. } => &[],
        };
        let mut bounds = Vec::new();
        for bound in rules::conditions(stages).flat_map(Condition::bounds) {
            if !bounds.contains(&bound) {
                bounds.push(bound);
            }
        }
        Self { scheme, bounds, reads_occasions: rules::read_occasions(stages) }
    }
}

/// The stages passed, each with the day it began; no two neighbours are the same stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// Places in the scheme's list of stages, and first days.
    pub(crate) spells: Vec<(usize, Date)>,
    /// Whether the last stage is an asserted one.
    pub(crate) asserted: bool,
    /// Room for the days of crossings, kept between customers.
    crossings: Vec<i64>,
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
        let mut occasions = state.occasions.until(today).iter().peekable();
        let mut happenings = state.happenings_until(today).iter().peekable();
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
                is_read |= asserted.is_some() && route.reads_occasions;
            }
            while let Some(happening) = happenings.next_if(|happening| happening.day <= day) {
                standing.happen(happening.day, happening.kind);
                is_read |= asserted.is_some() && rules::read(stages, happening.kind);
            }
            let decided = rules::stage_on(stages, &standing, day);
            if is_read && asserted != Some(decided) {
                asserted = None;
            }
            while let Some(assertion) = assertions.next_if(|assertion| assertion.day <= day) {
                let named = |stage: &Stage| stage.id == assertion.stage.as_str();
                asserted = stages.iter().position(named).or(asserted);
            }
            self.enter(asserted.unwrap_or(decided), day);
            let next = [
                occasions.peek().map(|day| **day),
                happenings.peek().map(|happening| happening.day),
                assertions.peek().map(|assertion| assertion.day),
            ];
            let next = next.into_iter().flatten().min();
            if asserted.is_none() {
                let last = next.map_or(today, |next| next.plus_days(-1));
                self.follow_days(route, stages, &standing, day, last);
            }
            match next {
                Some(next) => day = next,
                None => break,
            }
        }
        self.asserted = asserted.is_some();
    }

    /// Goes through the days after one, up to and including another, on which nothing happens.
    fn follow_days(
        &mut self,
        route: &Route<'_>,
        stages: &[Stage],
        standing: &Standing,
        day: Date,
        last: Date,
    ) {
        let mut crossings = std::mem::take(&mut self.crossings);
        crossings.clear();
        let between = (i64::from(day.days()) + 1)..=i64::from(last.days());
        for bound in &route.bounds {
            if let Some(crossing) = bound.crossing(standing)
                && between.contains(&crossing)
            {
                crossings.push(crossing);
            }
        }
        crossings.sort_unstable();
        crossings.dedup();
        for crossing in &crossings {
            let days = i32::try_from(crossing - i64::from(day.days())).unwrap_or_default();
            let crossing = day.plus_days(days);
            self.enter(rules::stage_on(stages, standing, crossing), crossing);
        }
        self.crossings = crossings;
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
