//! Indirect indicators beside the asked ones (ISO 10004): complaints, returns, repairs, losses and
//! what else speaks without being asked.

use crate::ratio::ratio;
use crate::signal::SignalKind;
use crate::state::SatisfactionState;
use serde::Serialize;
use std::collections::BTreeMap;

/// What spoke unasked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndirectIndicators {
    /// Customers looked at.
    pub customers: u64,
    /// Purchase occasions: distinct days of a customer.
    pub purchase_occasions: u64,
    /// Complaints received.
    pub complaints: Indicator,
    /// Each other kind that happened.
    pub signals: BTreeMap<SignalKind, Indicator>,
}

/// One indicator.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Indicator {
    /// How often.
    pub n: u64,
    /// Customers concerned.
    pub customers: u64,
    /// Per 100 customers looked at.
    pub per_100_customers: Option<f64>,
    /// Per 100 purchase occasions; null without purchases.
    pub per_100_purchases: Option<f64>,
}

impl Indicator {
    fn add(&mut self, n: u64) {
        self.n += n;
        self.customers += u64::from(n > 0);
    }

    fn rated(mut self, customers: u64, purchases: u64) -> Self {
        self.per_100_customers = ratio(100 * i128::from(self.n), customers);
        self.per_100_purchases = ratio(100 * i128::from(self.n), purchases);
        self
    }
}

/// What spoke unasked, counted so far.
#[derive(Default)]
pub(crate) struct IndirectSums {
    customers: u64,
    purchases: u64,
    complaints: Indicator,
    signals: BTreeMap<SignalKind, Indicator>,
}

impl IndirectSums {
    /// Adds a customer.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        self.customers += 1;
        self.purchases += state.purchase_days.len() as u64;
        let received = state.complaints.values().filter(|case| case.receipt.is_some());
        self.complaints.add(received.count() as u64);
        let mut own = BTreeMap::<SignalKind, u64>::new();
        for signal in &state.rest().signals {
            *own.entry(signal.kind).or_default() += 1;
        }
        for (kind, n) in own {
            self.signals.entry(kind).or_default().add(n);
        }
    }

    pub(crate) fn report(self) -> IndirectIndicators {
        let Self { customers, purchases, complaints, signals } = self;
        let rated = |(kind, indicator): (SignalKind, Indicator)| {
            (kind, indicator.rated(customers, purchases))
        };
        IndirectIndicators {
            customers,
            purchase_occasions: purchases,
            complaints: complaints.rated(customers, purchases),
            signals: signals.into_iter().map(rated).collect(),
        }
    }
}
