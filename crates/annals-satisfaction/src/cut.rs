//! Cuts: the population's measures by channel, form of service, product, touchpoint, agent,
//! instrument, level, aspect, period or class.
//!
//! A cut is part of the question, not of the state: each customer's state is parted into one state
//! per group, and the same measures are made of each group.

use crate::part::Parts;
use crate::population::{PopulationSums, SatisfactionPopulation};
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use annals_events::{Code, Date, Month, PartyId};
use annals_projection::ViewContext;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a population is cut by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The channel an answer, moment, pair or complaint came by.
    Channel,
    /// The form of service of that channel: physical, virtual or personal.
    Form,
    /// The products of the order a survey is about; the product of a complaint. A survey on an
    /// order of several products counts for each.
    Product,
    /// The touchpoint of an answer or moment: a branch, a page, a till.
    Touchpoint,
    /// Who served the customer, by pseudonym: the answer's actor.
    Agent,
    /// The survey's instrument.
    Instrument,
    /// The level of satisfaction an answer belongs to.
    Level,
    /// The aspect an answer is about.
    Aspect,
    /// The calendar month in the ledger's time zone.
    Month,
    /// The calendar quarter.
    Quarter,
    /// The calendar year.
    Year,
    /// The customer's class of a scheme on the day of the question.
    Class(Code),
}

/// The group of what does not say which one it belongs to.
pub const NOT_STATED: &str = "not_stated";

const EXPECTED: &str = "one of channel, product, touchpoint (or branch), agent, form, instrument, \
                        level, aspect, month, quarter, year, or class:SCHEME";

/// A text that names no cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCut(String);

impl fmt::Display for UnknownCut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "expected {EXPECTED}, got {:?}", self.0)
    }
}

impl std::error::Error for UnknownCut {}

impl FromStr for Cut {
    type Err = UnknownCut;

    fn from_str(text: &str) -> Result<Self, UnknownCut> {
        let unknown = || UnknownCut(text.to_owned());
        if let Some(scheme) = text.strip_prefix("class:") {
            return Code::new(scheme).map(Self::Class).map_err(|_| unknown());
        }
        Ok(match text {
            "channel" => Self::Channel,
            "form" => Self::Form,
            "product" => Self::Product,
            // The touchpoint says which branch, page or till it was.
            "touchpoint" | "branch" => Self::Touchpoint,
            "agent" => Self::Agent,
            "instrument" => Self::Instrument,
            "level" => Self::Level,
            "aspect" => Self::Aspect,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return Err(unknown()),
        })
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(scheme) => write!(out, "class:{scheme}"),
            Self::Channel => out.write_str("channel"),
            Self::Form => out.write_str("form"),
            Self::Product => out.write_str("product"),
            Self::Touchpoint => out.write_str("touchpoint"),
            Self::Agent => out.write_str("agent"),
            Self::Instrument => out.write_str("instrument"),
            Self::Level => out.write_str("level"),
            Self::Aspect => out.write_str("aspect"),
            Self::Month => out.write_str("month"),
            Self::Quarter => out.write_str("quarter"),
            Self::Year => out.write_str("year"),
        }
    }
}

/// One group of a cut.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group<'s> {
    Named(&'s str),
    /// A month, quarter or year, by its first month.
    Period(Month),
}

impl<'s> Group<'s> {
    pub(crate) const NOT_STATED: Self = Self::Named(NOT_STATED);

    /// The group of what says so, or does not.
    pub(crate) fn of(name: Option<&'s str>) -> Self {
        name.map_or(Self::NOT_STATED, Self::Named)
    }
}

impl Cut {
    /// The period a day belongs to; what does not say, where the cut is not by period.
    pub(crate) fn period(&self, day: Date) -> Group<'static> {
        let month = day.month();
        // Months are counted from a January.
        let months_before = |cycle| month.since(Month::default()).rem_euclid(cycle);
        Group::Period(match self {
            Self::Month => month,
            Self::Quarter => month.plus(-months_before(3)),
            Self::Year => month.plus(-months_before(12)),
            _ => return Group::NOT_STATED,
        })
    }

    fn name(&self, group: Group<'_>) -> String {
        let first = match group {
            Group::Named(name) => return name.to_owned(),
            Group::Period(first) => first,
        };
        let (year, month, _) = first.first_day().year_month_day();
        match self {
            Self::Quarter => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
            Self::Year => format!("{year:04}"),
            _ => first.to_string(),
        }
    }
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

/// The population's measures, and those of each group in the order of the groups' names.
pub(crate) fn population_and_cut(
    customers: &[&(PartyId, SatisfactionState)],
    context: &Context<'_>,
    cut: &Cut,
) -> (SatisfactionPopulation, Vec<(String, SatisfactionPopulation)>) {
    let mut sums = PopulationSums::new(context, 0);
    let places = sums.add(|add| {
        let mut places = BTreeMap::new();
        let mut parts = Parts::new(context, cut);
        for (_, state) in customers {
            add(None, state);
            parts.visit(state, |group, part| {
                let next = places.len();
                add(Some(*places.entry(group).or_insert(next)), part);
            });
        }
        places
    });
    let (all, groups) = sums.measured();
    let mut by_place: BTreeMap<_, _> = (0..).zip(groups).collect();
    let names = places.into_iter().map(|(group, place)| (cut.name(group), place));
    let measured = |(name, place)| Some((name, by_place.remove(&place)?));
    let groups = names.collect::<BTreeMap<_, _>>().into_iter().filter_map(measured);
    (all, groups.collect())
}
