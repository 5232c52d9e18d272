//! A scheme made ready for following many customers through it.
//!
//! The rules of all stages stand in one list, in the order in which they are looked at. Most
//! customers never close anything, complain or subscribe: what cannot hold of a customer is left
//! out once, and not looked at again on every day on which something happens.

use crate::condition::{Condition, Stretch};
use crate::fact::FactSet;
use crate::rules::{Scheme, SchemeKind};
use crate::standing::Standing;
use crate::state::{Happening, HappeningKind};
use annals_events::Date;

/// A way into a stage: the stage's place in the scheme's list, and conditions that all must hold.
#[derive(Clone, Copy, Debug)]
struct Rule<'r> {
    stage: usize,
    conditions: &'r [Condition],
    /// The facts of the conditions that do not hold before anything happened.
    needs: FactSet,
}

/// A scheme of stages, or of activity by month, which has no rules.
#[derive(Clone, Debug)]
pub(crate) struct Route<'r> {
    pub(crate) scheme: &'r Scheme,
    rules: Vec<Rule<'r>>,
    /// The facts the rules speak of.
    facts: FactSet,
    pub(crate) reads_occasions: bool,
    /// The stage of those of whom no rule holds.
    last_stage: usize,
}

impl<'r> Route<'r> {
    pub(crate) fn new(scheme: &'r Scheme) -> Self {
        let stages = match &scheme.kind {
            SchemeKind::Stages(stages) => stages.as_slice(),
            SchemeKind::CalendarMonthActivity { .. } => &[],
        };
        let rules = stages.iter().enumerate().flat_map(|(stage, written)| {
            written.when.iter().map(move |conditions| Rule {
                stage,
                conditions,
                needs: facts(
                    conditions.iter().filter(|condition| !condition.may_hold_of_nothing()),
                ),
            })
        });
        let rules: Vec<_> = rules.collect();
        let facts = facts(rules.iter().flat_map(|rule| rule.conditions));
        let reads_occasions = facts.meets(FactSet::OF_OCCASIONS);
        Self { scheme, rules, facts, reads_occasions, last_stage: stages.len().saturating_sub(1) }
    }

    /// Whether a happening can change a stage.
    pub(crate) fn reads(&self, kind: HappeningKind) -> bool {
        self.facts.meets(FactSet::changed_by(kind))
    }

    /// Finds the places of the rules that may hold of a customer some day. The others have a
    /// condition that does not hold before anything happened, and nothing happens that changes it.
    pub(crate) fn find_possible(
        &self,
        occasions: &[Date],
        happenings: &[Happening],
        possible: &mut Vec<usize>,
    ) {
        let none = if occasions.is_empty() { FactSet::default() } else { FactSet::OF_OCCASIONS };
        let changed = happenings.iter().map(|happening| FactSet::changed_by(happening.kind));
        let changed = changed.fold(none, FactSet::and);
        let rules = self.rules.iter().enumerate();
        possible.clear();
        possible.extend(
            rules.filter(|(_, rule)| rule.needs.is_within(changed)).map(|(place, _)| place),
        );
    }

    /// The stage on the first of some days on which nothing more happens, and the last of them up
    /// to which it surely stays: the first stage of which a rule holds, until the rule ceases to
    /// hold or one before it begins to.
    pub(crate) fn stay(
        &self,
        possible: &[usize],
        standing: &Standing,
        days: Stretch,
    ) -> (usize, i64) {
        let Stretch { first, mut last } = days;
        for rule in possible.iter().filter_map(|place| self.rules.get(*place)) {
            let holds = rule.conditions.iter().try_fold(Stretch { first, last }, |days, known| {
                known.days(standing).and_then(|holds| days.and(holds))
            });
            match holds {
                Some(holds) if holds.first == first => return (rule.stage, holds.last),
                Some(later) => last = later.first - 1,
                None => {}
            }
        }
        (self.last_stage, last)
    }
}

fn facts<'c>(conditions: impl Iterator<Item = &'c Condition>) -> FactSet {
    conditions.fold(FactSet::default(), |facts, condition| facts.with(condition.fact))
}
