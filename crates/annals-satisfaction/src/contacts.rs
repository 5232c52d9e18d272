//! Contacts by channel, queue and form of service: how many, how well served, how many settled at
//! once.
//!
//! The service level is made of what a contact says: whether somebody took it and how long it took.
//! Deliberately absent: the time waited, which no event states.

use crate::contact::Contact;
use crate::contact_rules::{ContactRules, ServiceForm};
use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use annals_events::{Channel, Code};
use serde::Serialize;
use std::collections::BTreeMap;

/// All contacts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contacts {
    /// All together.
    #[serde(flatten)]
    pub all: ContactReport,
    /// By channel; those without one are left out.
    pub by_channel: BTreeMap<Channel, ContactReport>,
    /// By the queue they waited in; those without one are left out.
    pub by_queue: BTreeMap<Code, ContactReport>,
    /// By form of service; those of a channel without a form are left out.
    pub by_form: BTreeMap<ServiceForm, ContactReport>,
}

/// Contacts counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactReport {
    /// Contacts.
    pub n: u64,
    /// Those the customer began.
    pub inbound: u64,
    /// Of the inbound ones, those whose outcome the ruleset calls lost.
    pub lost: u64,
    /// Of the inbound ones that were lost or say how long they took: neither lost nor longer than
    /// the ruleset allows.
    pub service_level: ContactShare,
    /// Of those that say so: nothing had to be taken up again.
    pub first_contact_resolution: ContactShare,
}

/// A share of contacts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactShare {
    /// Contacts that say.
    pub n: u64,
    /// Those of which it holds.
    pub met: u64,
    /// met / n, 0 to 1; null where none says.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson_95: Option<Interval>,
    /// Why there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Default)]
struct Tally {
    n: u64,
    inbound: u64,
    lost: u64,
    timed: u64,
    in_time: u64,
    told: u64,
    resolved_first: u64,
}

impl Tally {
    fn add(&mut self, contact: &Contact, lost: bool, rules: Option<&ContactRules>) {
        self.n += 1;
        self.inbound += u64::from(contact.inbound);
        if let Some(rules) = rules.filter(|_| contact.inbound) {
            let in_time =
                contact.duration_seconds.map(|seconds| seconds <= rules.duration_max_seconds);
            self.lost += u64::from(lost);
            self.timed += u64::from(lost || in_time.is_some());
            self.in_time += u64::from(!lost && in_time == Some(true));
        }
        self.told += u64::from(contact.resolved_first.is_some());
        self.resolved_first += u64::from(contact.resolved_first == Some(true));
    }

    fn report(&self, rules: Option<&ContactRules>) -> ContactReport {
        let level = match rules {
            None => "the ruleset has no section [contact]",
            Some(_) => "no inbound contact was lost or says how long it took",
        };
        ContactReport {
            n: self.n,
            inbound: self.inbound,
            lost: self.lost,
            service_level: share(self.in_time, self.timed, level),
            first_contact_resolution: share(
                self.resolved_first,
                self.told,
                "no contact says whether it was settled at once (first_contact_resolution)",
            ),
        }
    }
}

fn share(met: u64, n: u64, why: &str) -> ContactShare {
    ContactShare {
        n,
        met,
        rate: ratio(met.into(), n),
        wilson_95: wilson_95(met, n),
        why: (n == 0).then(|| why.to_owned()),
    }
}

/// Contacts counted so far.
#[derive(Default)]
pub(crate) struct ContactSums {
    all: Tally,
    by_channel: BTreeMap<Channel, Tally>,
    by_queue: BTreeMap<Code, Tally>,
    by_form: BTreeMap<ServiceForm, Tally>,
}

impl ContactSums {
    /// Adds a customer's contacts.
    pub(crate) fn add(&mut self, state: &SatisfactionState, rules: &SatisfactionRules) {
        let contact_rules = rules.contact.as_ref();
        for contact in &state.contacts {
            let outcome = contact.outcome.map(|outcome| state.codes.code(outcome));
            let lost = outcome
                .is_some_and(|code| contact_rules.is_some_and(|rules| rules.lost.contains(code)));
            let add = |tally: &mut Tally| tally.add(contact, lost, contact_rules);
            add(&mut self.all);
            if let Some(channel) = contact.channel {
                add(self.by_channel.entry(channel).or_default());
                if let Some(form) = rules.forms.get(&channel) {
                    add(self.by_form.entry(*form).or_default());
                }
            }
            if let Some(queue) = contact.queue {
                add(self.by_queue.entry(state.codes.code(queue).clone()).or_default());
            }
        }
    }

    pub(crate) fn report(self, rules: &SatisfactionRules) -> Contacts {
        let report = |tally: Tally| tally.report(rules.contact.as_ref());
        let Self { all, by_channel, by_queue, by_form } = self;
        Contacts {
            all: report(all),
            by_channel: by_channel.into_iter().map(|(of, tally)| (of, report(tally))).collect(),
            by_queue: by_queue.into_iter().map(|(of, tally)| (of, report(tally))).collect(),
            by_form: by_form.into_iter().map(|(of, tally)| (of, report(tally))).collect(),
        }
    }
}
