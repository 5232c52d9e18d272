//! Satisfaction tied to what came after: of those who answered so, how many bought, recommended,
//! complained and left within so many days.
//!
//! Every answer counts whose window lies wholly before the day of the question; what happened on
//! the day of the answer itself is not after it.

use crate::answer_pool::answers;
use crate::interval::{Interval, wilson_95};
use crate::ratio::ratio;
use crate::rules::SatisfactionRules;
use crate::signal::SignalKind;
use crate::state::SatisfactionState;
use annals_events::{Date, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// What came within so many days of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaterBehaviour {
    /// The window in days.
    pub within_days: i32,
    /// Each value of the scale that was given, from low to high.
    pub levels: Vec<LaterLevel>,
    /// Answers left out, because their window has not passed yet.
    pub too_recent: u64,
}

/// What came after answers of one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaterLevel {
    /// The value.
    pub level: i16,
    /// Answers.
    pub n: u64,
    /// Answers after which the customer bought.
    pub bought: u64,
    /// bought / n, 0 to 1; null where withheld.
    pub bought_share: Option<f64>,
    /// Wilson's 95 % interval of the share.
    pub wilson_95: Option<Interval>,
    /// Mean purchase occasions in the window.
    pub mean_purchases: Option<f64>,
    /// Answers after which the customer recommended (a referral, or a good word to others).
    pub recommended: u64,
    /// Answers after which the customer complained.
    pub complained: u64,
    /// Answers after which the customer was lost.
    pub lost: u64,
    /// Why the share is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Default)]
struct Sums {
    n: u64,
    bought: u64,
    purchases: u64,
    recommended: u64,
    complained: u64,
    lost: u64,
}

/// What came after answers, within each of the ruleset's windows.
pub(crate) struct LaterSums<'r> {
    rules: &'r SatisfactionRules,
    windows: Vec<WindowSums>,
}

struct WindowSums {
    days: i32,
    levels: BTreeMap<i16, Sums>,
    too_recent: u64,
}

impl<'r> LaterSums<'r> {
    pub(crate) fn new(rules: &'r SatisfactionRules) -> Self {
        let window =
            |days: &i32| WindowSums { days: *days, levels: BTreeMap::new(), too_recent: 0 };
        Self { rules, windows: rules.later_windows_days.iter().map(window).collect() }
    }

    /// Adds a customer's answers.
    pub(crate) fn add(&mut self, state: &SatisfactionState, today: Date, zone: &Zone) {
        for (at, _, level) in answers(state, &self.rules.csat.question) {
            let day = zone.date_of(at);
            for window in &mut self.windows {
                window.add(state, level, day, today, zone);
            }
        }
    }

    /// One table for each window.
    pub(crate) fn tables(self) -> Vec<LaterBehaviour> {
        self.windows.into_iter().map(|window| window.table(self.rules)).collect()
    }
}

impl WindowSums {
    fn add(&mut self, state: &SatisfactionState, level: i16, day: Date, today: Date, zone: &Zone) {
        if today.days_since(day) < self.days {
            self.too_recent += 1;
            return;
        }
        let after = |on: Date| (1..=self.days).contains(&on.days_since(day));
        let purchases = state.purchase_days.iter().filter(|on| after(**on)).count() as u64;
        let signals = || state.rest().signals.iter().filter(|signal| after(signal.on));
        let any = |kinds: &[SignalKind]| signals().any(|each| kinds.contains(&each.kind));
        let received = state.complaints.values().filter_map(|case| case.receipt.as_ref());
        let complained = received.map(|receipt| receipt.at.day(zone)).any(after);
        let sums = self.levels.entry(level).or_default();
        sums.n += 1;
        sums.purchases += purchases;
        sums.bought += u64::from(purchases > 0);
        sums.recommended += u64::from(any(&[SignalKind::Referral, SignalKind::WordFor]));
        sums.complained += u64::from(complained);
        sums.lost += u64::from(any(&[SignalKind::Loss]));
    }

    fn table(self, rules: &SatisfactionRules) -> LaterBehaviour {
        let level = |(level, sums): (i16, Sums)| {
            let why = rules.sample.too_few(sums.n, &format!("the value {level}"));
            let given = why.is_none();
            LaterLevel {
                level,
                n: sums.n,
                bought: sums.bought,
                bought_share: ratio(sums.bought.into(), sums.n).filter(|_| given),
                wilson_95: wilson_95(sums.bought, sums.n).filter(|_| given),
                mean_purchases: ratio(sums.purchases.into(), sums.n).filter(|_| given),
                recommended: sums.recommended,
                complained: sums.complained,
                lost: sums.lost,
                why,
            }
        };
        LaterBehaviour {
            within_days: self.days,
            levels: self.levels.into_iter().map(level).collect(),
            too_recent: self.too_recent,
        }
    }
}
