//! Cuts: the population's measures by channel, form of service, product, touchpoint, agent,
//! instrument, level, aspect, period or class.
//!
//! A cut is part of the question, not of the state: each customer's state is parted into one state
//! per group, and the same measures are made of each group. Parted are answers, moments, Kano
//! pairs, contacts and complaints, each by what it says of itself; what does not say belongs to
//! `not_stated`, so that the groups add up. A class parts whole customers. Purchases and what
//! speaks unasked come along with every group a customer is in, because what came after an answer
//! belongs to it (by product, what speaks unasked is parted by the product it is about); care,
//! promises and invitations have nothing to be parted by and are left out.

use crate::code_table::CodeIndex;
use crate::complaint_case::Receipt;
use crate::population::{PopulationSums, SatisfactionPopulation};
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use crate::survey::{Response, Survey};
use annals_events::{Channel, Code, Date, PartyId};
use annals_projection::{ViewContext, in_parallel, threads_at_once};
use std::collections::{BTreeMap, BTreeSet};
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

impl Cut {
    /// The period a day belongs to; `None` where the cut is not by period.
    fn period(&self, day: Date) -> Option<String> {
        let (year, month, _) = day.year_month_day();
        match self {
            Self::Month => Some(day.month().to_string()),
            Self::Quarter => Some(format!("{year:04}-Q{}", (month - 1) / 3 + 1)),
            Self::Year => Some(format!("{year:04}")),
            _ => None,
        }
    }
}

type Context<'a> = ViewContext<'a, SatisfactionRules>;

/// Customers are parted and counted so many at a time, for the parts of all take more memory than
/// their states.
const CUSTOMERS_AT_ONCE: usize = 8 * CUSTOMERS_PER_CHUNK;
/// One thread parts so many.
const CUSTOMERS_PER_CHUNK: usize = 1024;

/// The population's measures of each group, in the order of the groups' names.
pub(crate) fn population_cut(
    customers: &[&(PartyId, SatisfactionState)],
    context: &Context<'_>,
    cut: &Cut,
) -> Vec<(String, SatisfactionPopulation)> {
    if let Cut::Class(scheme) = cut {
        return by_class(customers, context, scheme);
    }
    let parted = |chunk: &[&(PartyId, SatisfactionState)]| {
        let mut groups = BTreeMap::<String, Vec<SatisfactionState>>::new();
        for (_, state) in chunk {
            for (group, part) in parted(state, context, cut) {
                groups.entry(group).or_default().push(part);
            }
        }
        groups
    };
    let mut sums = PopulationSums::new(context);
    let mut places = BTreeMap::new();
    for some in customers.chunks(CUSTOMERS_AT_ONCE) {
        let chunks = some.chunks(CUSTOMERS_PER_CHUNK).collect();
        let chunks = in_parallel(chunks, threads_at_once(), parted);
        for name in chunks.iter().flat_map(BTreeMap::keys) {
            if !places.contains_key(name) {
                places.insert(name.clone(), places.len());
            }
        }
        sums.grow(places.len());
        sums.add(|| {
            let groups = chunks.iter().flatten();
            let groups = groups.filter_map(|(name, parts)| Some((*places.get(name)?, parts)));
            groups.flat_map(|(place, parts)| parts.iter().map(move |part| (place, part)))
        });
        in_parallel(chunks, threads_at_once(), drop);
    }
    named(places, sums)
}

/// The measures of each group, whose names come in order.
fn named(
    places: impl IntoIterator<Item = (String, usize)>,
    sums: PopulationSums<'_>,
) -> Vec<(String, SatisfactionPopulation)> {
    let mut by_place: BTreeMap<_, _> = (0..).zip(sums.measured()).collect();
    let named = |(name, place)| Some((name, by_place.remove(&place)?));
    places.into_iter().filter_map(named).collect()
}

/// Classes part whole customers.
fn by_class<'s>(
    customers: &[&'s (PartyId, SatisfactionState)],
    context: &Context<'_>,
    scheme: &Code,
) -> Vec<(String, SatisfactionPopulation)> {
    let states = || customers.iter().map(|(_, state)| state);
    let class = |state: &'s SatisfactionState| {
        state.classes.class(scheme, context.today).map_or(NOT_STATED, Code::as_str)
    };
    let names: BTreeSet<_> = states().map(class).collect();
    let places: BTreeMap<_, _> = names.into_iter().zip(0..).collect();
    let mut sums = PopulationSums::new(context);
    sums.grow(places.len());
    sums.add(|| states().filter_map(|state| Some((*places.get(class(state))?, state))));
    named(places.into_iter().map(|(name, place)| (name.to_owned(), place)), sums)
}

/// A customer's state, one part for each group of a cut that does not part whole customers.
fn parted(
    state: &SatisfactionState,
    context: &Context<'_>,
    cut: &Cut,
) -> BTreeMap<String, SatisfactionState> {
    let mut parts = Parts { whole: state, cut, context, by_group: BTreeMap::new() };
    for survey in &state.surveys {
        parts.add_survey(survey);
    }
    parts.add_moments();
    parts.add_complaints();
    parts.add_contacts();
    for pair in &state.rest().kano {
        let day = context.zone.date_of(pair.at);
        let group = match cut {
            Cut::Channel | Cut::Form => parts.way(pair.channel),
            _ => cut.period(day),
        };
        parts.part(group).rest_mut().kano.push(*pair);
    }
    if *cut == Cut::Product {
        for signal in &state.rest().signals {
            let group = parts.named(signal.product);
            parts.part(group).rest_mut().signals.push(*signal);
        }
    }
    parts.by_group
}

struct Parts<'s> {
    whole: &'s SatisfactionState,
    cut: &'s Cut,
    context: &'s Context<'s>,
    by_group: BTreeMap<String, SatisfactionState>,
}

impl Parts<'_> {
    fn part(&mut self, group: Option<String>) -> &mut SatisfactionState {
        let (whole, cut) = (self.whole, self.cut);
        let group = group.unwrap_or_else(|| NOT_STATED.to_owned());
        self.by_group.entry(group).or_insert_with(|| {
            let mut part = SatisfactionState::default();
            part.codes.clone_from(&whole.codes);
            part.purchase_days.clone_from(&whole.purchase_days);
            let rest = whole.rest();
            if !rest.signals.is_empty() || !rest.expectations.is_empty() {
                if *cut != Cut::Product {
                    part.rest_mut().signals.clone_from(&rest.signals);
                }
                part.rest_mut().expectations.clone_from(&rest.expectations);
            }
            part
        })
    }

    fn named(&self, code: Option<CodeIndex>) -> Option<String> {
        code.map(|code| self.whole.codes.code(code).to_string())
    }

    /// The channel, or the form of service it is, as the cut asks.
    fn way(&self, channel: Option<Channel>) -> Option<String> {
        let channel = channel?;
        match self.cut {
            Cut::Form => self.context.rules.forms.get(&channel).map(ToString::to_string),
            _ => Some(channel.to_string()),
        }
    }

    fn add_contacts(&mut self) {
        for contact in &self.whole.contacts {
            let group = match self.cut {
                Cut::Channel | Cut::Form => self.way(contact.channel),
                Cut::Agent => self.named(contact.agent),
                _ => self.cut.period(self.context.zone.date_of(contact.at)),
            };
            self.part(group).contacts.push(*contact);
        }
    }

    fn add_survey(&mut self, survey: &Survey) {
        let day = self.context.zone.date_of(survey.at);
        let group = match self.cut {
            Cut::Channel | Cut::Form => self.way(survey.channel),
            Cut::Touchpoint => self.named(survey.touchpoint),
            Cut::Agent => self.named(survey.agent),
            Cut::Instrument => self.named(Some(survey.instrument)),
            Cut::Product => {
                let products = self.products(survey);
                for product in &products {
                    self.part(Some(product.to_string())).surveys.push(survey.clone());
                }
                if !products.is_empty() {
                    return;
                }
                None
            }
            Cut::Level => {
                return self
                    .add_responses(survey, |_, each| each.level.map(|level| level.to_string()));
            }
            Cut::Aspect => {
                return self.add_responses(survey, |parts, each| parts.named(each.aspect));
            }
            _ => self.cut.period(day),
        };
        self.part(group).surveys.push(survey.clone());
    }

    /// Parts one survey by its answers.
    fn add_responses(
        &mut self,
        survey: &Survey,
        group: impl Fn(&Self, &Response) -> Option<String>,
    ) {
        let mut groups = BTreeMap::<Option<String>, Vec<Response>>::new();
        for response in &survey.responses {
            groups.entry(group(self, response)).or_default().push(*response);
        }
        for (group, responses) in groups {
            self.part(group).surveys.push(Survey { responses, ..survey.clone() });
        }
    }

    /// The products of the order a survey is about, each once.
    fn products(&self, survey: &Survey) -> Vec<Code> {
        let Some(order) = survey.correlation.map(|place| self.whole.codes.code(place)) else {
            return Vec::new();
        };
        let orders = self.whole.orders.iter().filter(|(number, _)| number == order);
        let mut products: Vec<Code> = orders.flat_map(|(_, products)| products.clone()).collect();
        products.sort();
        products.dedup();
        products
    }

    fn add_moments(&mut self) {
        let whole = self.whole;
        for (key, episode) in &whole.episodes {
            for felt in &episode.moments {
                let day = self.context.zone.date_of(felt.at);
                let group = match self.cut {
                    Cut::Channel | Cut::Form => self.way(felt.channel),
                    Cut::Touchpoint => self.named(Some(felt.touchpoint.unwrap_or(felt.step))),
                    _ => self.cut.period(day),
                };
                let part = self.part(group);
                part.episodes.entry(key.clone()).or_default().moments.push(*felt);
            }
        }
    }

    fn add_complaints(&mut self) {
        let whole = self.whole;
        for (number, case) in &whole.complaints {
            let receipt = case.receipt.as_ref();
            let say = |of: &dyn Fn(&Receipt) -> Option<String>| receipt.and_then(of);
            let group = match self.cut {
                Cut::Channel | Cut::Form => say(&|receipt| self.way(receipt.channel)),
                Cut::Product => say(&|receipt| receipt.product.as_ref().map(Code::to_string)),
                _ => say(&|receipt| self.cut.period(receipt.at.day(self.context.zone))),
            };
            self.part(group).complaints.insert(number.clone(), case.clone());
        }
    }
}
