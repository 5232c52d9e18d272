//! The rules on when a complaint must be decided: a term per class of complaints, in calendar or
//! working days.

use crate::calendar::Calendar;
use crate::rules::{Checker, SatisfactionRules};
use annals_events::{Code, Date};
use annals_projection::RulesetError;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// The deadline of a class of complaints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRules {
    /// Its name.
    pub name: Code,
    /// The categories it holds for; none for the one of all other complaints.
    pub categories: BTreeSet<Code>,
    /// How long there is.
    pub term: Term,
}

/// How long there is; the day of the receipt does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// So many days.
    CalendarDays(i32),
    /// So many days of the ruleset's calendar that are worked.
    WorkingDays(i32),
}

impl DeadlineRules {
    /// The last day on which a complaint received on a day is decided in time.
    pub(crate) fn due(&self, received: Date, calendar: &Calendar) -> Date {
        match self.term {
            Term::CalendarDays(days) => received.plus_days(days),
            Term::WorkingDays(days) => calendar.after(received, days),
        }
    }
}

impl SatisfactionRules {
    /// The deadline of complaints of a category.
    pub(crate) fn deadline_of(&self, category: &Code) -> Option<&DeadlineRules> {
        let of_it = |deadline: &&DeadlineRules| deadline.categories.contains(category);
        let of_others = |deadline: &&DeadlineRules| deadline.categories.is_empty();
        let deadlines = || self.deadlines.iter();
        deadlines().find(of_it).or_else(|| deadlines().find(of_others))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenDeadline {
    name: Spanned<String>,
    categories: Option<Spanned<Vec<Spanned<String>>>>,
    calendar_days: Option<Spanned<i32>>,
    working_days: Option<Spanned<i32>>,
}

impl Checker<'_> {
    pub(crate) fn deadlines(
        &self,
        written: &[WrittenDeadline],
        has_calendar: bool,
    ) -> Result<Vec<DeadlineRules>, RulesetError> {
        let mut deadlines: Vec<DeadlineRules> = Vec::new();
        for each in written {
            let name = self.code(&each.name)?;
            if deadlines.iter().any(|known| known.name == name) {
                return self.refuse(&each.name, format!("deadline {name} is named twice"));
            }
            let categories = self.categories(each, &deadlines)?;
            let term = match (&each.calendar_days, &each.working_days) {
                (Some(days), None) => Term::CalendarDays(self.days(days)?),
                (None, Some(days)) if has_calendar => Term::WorkingDays(self.days(days)?),
                (None, Some(days)) => {
                    return self.refuse(days, "expected a section [calendar] beside working_days");
                }
                _ => {
                    let what = "expected either calendar_days or working_days beside the name";
                    return self.refuse(&each.name, what);
                }
            };
            deadlines.push(DeadlineRules { name, categories, term });
        }
        Ok(deadlines)
    }

    fn categories(
        &self,
        written: &WrittenDeadline,
        known: &[DeadlineRules],
    ) -> Result<BTreeSet<Code>, RulesetError> {
        let Some(listed) = &written.categories else {
            return match known.iter().find(|deadline| deadline.categories.is_empty()) {
                Some(DeadlineRules { name, .. }) => {
                    let what = format!("expected categories: {name} is for all others already");
                    self.refuse(&written.name, what)
                }
                None => Ok(BTreeSet::new()),
            };
        };
        if listed.get_ref().is_empty() {
            return self.refuse(listed, "expected at least one category, or none named at all");
        }
        for category in listed.get_ref() {
            let code = self.code(category)?;
            if let Some(other) = known.iter().find(|other| other.categories.contains(&code)) {
                let what = format!("category {code} has the deadline {} already", other.name);
                return self.refuse(category, what);
            }
        }
        self.codes(listed.get_ref())
    }
}
