//! A customer's way through the stages of a scheme, exact to the day.
//!
//! Between two days on which something happens that the scheme reads, every condition holds on some
//! days in a row, which follow from its bounds. So the rules are looked at on the days of such
//! happenings and where a stage may give way to another, and the result is that of deciding them on
//! every single day.

use crate::activity::{self, Activity};
use crate::condition::Stretch;
use crate::route::Route;
use crate::rules::{SchemeKind, Stage};
use crate::standing::Standing;
use crate::state::LifecycleState;
use annals_events::Date;

/// The stages passed, each with the day it began; no two neighbours are the same stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    /// Places in the scheme's list of stages, and first days.
    pub(crate) spells: Vec<(usize, Date)>,
    /// Whether the last stage is an asserted one.
    pub(crate) asserted: bool,
    /// Room for the places of the rules that may hold, kept between customers.
    possible: Vec<usize>,
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
        let happenings = state.happenings_until(today);
        let mut possible = std::mem::take(&mut self.possible);
        route.find_possible(occasions, happenings, &mut possible);
        let mut occasions = occasions.iter().peekable();
        let mut happenings = happenings.iter().filter(|known| route.reads(known.kind)).peekable();
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
            let (decided, until) = route.stay(&possible, &standing, quiet);
            // What is asserted holds until the facts decide otherwise.
            asserted = named.or(asserted.filter(|asserted| !is_read || *asserted == decided));
            self.enter(asserted.unwrap_or(decided), day);
            let mut quiet = Stretch { first: until + 1, ..quiet };
            while asserted.is_none() && quiet.first <= quiet.last {
                let (then, until) = route.stay(&possible, &standing, quiet);
                let days = i32::try_from(quiet.first - i64::from(day.days())).unwrap_or_default();
                self.enter(then, day.plus_days(days));
                quiet.first = until + 1;
            }
            match next {
                Some(next) => day = next,
                None => break,
            }
        }
        self.asserted = asserted.is_some();
        self.possible = possible;
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
