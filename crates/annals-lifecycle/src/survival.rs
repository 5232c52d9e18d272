//! Survival: how long until something happens, with those to whom it has not happened yet.
//!
//! Kaplan and Meier 1958: S(t) = product, over the days up to t on which something happened, of
//! (1 - d / n), with d = how many it happened to after so many days and n = how many had been
//! followed so long without it. Those followed no longer than that (censored) are still counted in
//! n. A duration of zero days is an event like any other.
//!
//! The 95 % interval is that of log(-log S) (Kalbfleisch and Prentice 1980): S^exp(-+ z se), with
//! se = sqrt(sum d / (n (n - d))) / |log S|. It is open (null) from S = 0 on.

use crate::ratio::real;
use crate::state::{HappeningKind, LifecycleState};
use annals_events::Date;
use annals_projection::NORMAL_97_5;
use serde::Serialize;

/// A day on which the curve steps down.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurvivalRow {
    /// Days since the beginning.
    pub t_days: u32,
    /// Share to whom it has not happened after so many days, that day included.
    pub s: f64,
    /// Lower end of the 95 % interval.
    pub lower: Option<f64>,
    /// Upper end of the 95 % interval.
    pub upper: Option<f64>,
    /// How many had been followed so long without it.
    pub at_risk: u64,
    /// To how many it happened after so many days.
    pub events: u64,
}

/// Durations in days: to how many it happened, and how many were followed no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durations(Vec<[u64; 2]>);

impl Durations {
    /// Notes a duration: ended by what was waited for, or not yet. Negative ones are no durations.
    pub(crate) fn add(&mut self, days: i32, happened: bool) {
        let Ok(days) = usize::try_from(days) else { return };
        if self.0.len() <= days {
            self.0.resize(days + 1, [0; 2]);
        }
        if let Some([events, censored]) = self.0.get_mut(days) {
            *(if happened { events } else { censored }) += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), [0; 2]);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
    }

    /// The curve: a row for every duration after which it happened to somebody.
    pub(crate) fn kaplan_meier(&self) -> Vec<SurvivalRow> {
        let mut at_risk: u64 = self.0.iter().flatten().sum();
        let (mut s, mut variance) = (1.0, 0.0);
        let mut rows = Vec::new();
        for (t_days, [events, censored]) in (0..).zip(&self.0) {
            let events = *events;
            if events > 0 {
                let staying = at_risk - events;
                s *= real(staying) / real(at_risk);
                variance += real(events) / (real(at_risk) * real(staying));
                let (lower, upper) = log_log_interval(s, variance).unzip();
                rows.push(SurvivalRow { t_days, s, lower, upper, at_risk, events });
            }
            at_risk -= events + censored;
        }
        rows
    }

    /// How many durations there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().flatten().sum()
    }
}

fn log_log_interval(s: f64, variance: f64) -> Option<(f64, f64)> {
    let log = s.ln();
    (s > 0.0 && log < 0.0).then(|| {
        let reach = NORMAL_97_5 * variance.sqrt() / log.abs();
        (s.powf(reach.exp()), s.powf((-reach).exp()))
    })
}

/// The durations told in reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SurvivalTally {
    /// From the first purchase to the second; on the same day it is zero.
    pub(crate) second_purchase: Durations,
    /// From the first purchase occasion to the second.
    pub(crate) second_occasion: Durations,
    /// From the first purchase or subscription to the declaration that the customer is lost, or
    /// the closing of the relationship.
    pub(crate) churn: Durations,
}

impl SurvivalTally {
    pub(crate) fn add(&mut self, state: &LifecycleState, today: Date) {
        let occasions = state.occasions.until(today);
        if let Some(first) = occasions.first() {
            let second = occasions.get(1);
            let days = second.unwrap_or(&today).days_since(*first);
            self.second_occasion.add(days, second.is_some());
            if state.bought_again_on_first_day {
                self.second_purchase.add(0, true);
            } else {
                self.second_purchase.add(days, second.is_some());
            }
        }
        let happenings = state.happenings_until(today);
        if happenings.is_empty() {
            if let Some(first) = occasions.first() {
                self.churn.add(today.days_since(*first), false);
            }
            return;
        }
        let subscribed =
            happenings.iter().find(|known| known.kind == HappeningKind::SubscriptionBegan);
        let began = occasions.first().copied().into_iter().chain(subscribed.map(|known| known.day));
        let is_gone = |kind| matches!(kind, HappeningKind::ChurnDeclared | HappeningKind::Closed);
        let mut gone = happenings.iter().filter(|known| is_gone(known.kind)).map(|known| known.day);
        let Some(began) = began.min() else { return };
        match gone.find(|gone| *gone >= began) {
            Some(gone) => self.churn.add(gone.days_since(began), true),
            None => self.churn.add(today.days_since(began), false),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.second_purchase.merge(&other.second_purchase);
        self.second_occasion.merge(&other.second_occasion);
        self.churn.merge(&other.churn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Remission of 42 leukaemia patients (Freireich et al. 1963, Gehan 1965), against lifelines.
    #[test]
    fn curves_of_the_leukaemia_data_are_those_of_an_independent_program() {
        let fixture: Value = serde_json::from_str(include_str!("../tests/fixtures/survival.json"))
            .expect("the fixture is JSON");
        for data in fixture["data"].as_array().expect("data sets") {
            let mut durations = Durations::default();
            for pair in data["durations"].as_array().expect("durations") {
                let days = i32::try_from(pair[0].as_i64().expect("days")).expect("days");
                durations.add(days, pair[1] == 1);
            }
            let rows = durations.kaplan_meier();
            let expected = data["rows"].as_array().expect("rows");
            assert_eq!(rows.len(), expected.len(), "{}", data["name"]);
            for (row, expected) in rows.iter().zip(expected) {
                let near = |found: f64, key: &str| {
                    let expected = expected[key].as_f64().expect("a number");
                    assert!((found - expected).abs() < 1e-12, "{key} {found} {expected}");
                };
                assert_eq!(u64::from(row.t_days), expected["t"]);
                assert_eq!(
                    (row.at_risk, row.events),
                    (
                        expected["at_risk"].as_u64().expect("a count"),
                        expected["events"].as_u64().expect("a count"),
                    )
                );
                near(row.s, "s");
                match (row.lower, row.upper) {
                    (Some(lower), Some(upper)) => {
                        near(lower, "lower");
                        near(upper, "upper");
                    }
                    open => assert!(open == (None, None) && row.s == 0.0, "open only at the end"),
                }
            }
        }
    }

    #[test]
    fn durations_of_zero_are_events_and_negative_ones_are_none() {
        let mut durations = Durations::default();
        for (days, happened) in [(0, true), (0, false), (-3, true), (5, true), (9, false)] {
            durations.add(days, happened);
        }
        let rows = durations.kaplan_meier();
        let told: Vec<_> = rows.iter().map(|row| (row.t_days, row.at_risk, row.events)).collect();
        assert_eq!(told, [(0, 4, 1), (5, 2, 1)]);
        let shares: Vec<_> = rows.iter().map(|row| row.s.to_string()).collect();
        assert_eq!(shares, ["0.75", "0.375"]);
        assert_eq!(Durations::default().kaplan_meier(), []);
    }
}
