//! What the fold keeps for one customer.
//!
//! Purchases are kept by day and currency, never added up, because everything asked of them needs
//! the days: recency and frequency, rates, and the models that read (x, `t_x`, T). Nothing here
//! depends on a threshold, a rate or on today.

use crate::day_total::DayTotal;
use crate::particulars::Particulars;
use annals_events::{Code, Date};
use serde::{Deserialize, Serialize};

/// One customer's purchases and conduct. Its stored form is private to this version of the fold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoyaltyState {
    /// The day of the customer's first event of any kind.
    pub(crate) first_event: Option<Date>,
    /// In the order of (day, currency); the entries of a day are one purchase occasion.
    pub(crate) purchases: Vec<DayTotal>,
    /// `None` until there is something to keep.
    pub(crate) particulars: Option<Box<Particulars>>,
}

impl LoyaltyState {
    /// How many days the customer bought on.
    pub(crate) fn occasions(&self) -> u32 {
        u32::try_from(self.purchase_days().count()).unwrap_or(u32::MAX)
    }

    /// The days the customer bought on, in order.
    pub(crate) fn purchase_days(&self) -> impl Iterator<Item = Date> {
        let days = self.purchases.chunk_by(|one, next| one.day == next.day);
        days.filter_map(|day| day.first()).map(|total| total.day)
    }

    /// What was bought together, by purchase occasion.
    pub(crate) fn baskets(&self) -> impl Iterator<Item = &[Code]> {
        let baskets = self.particulars.iter().flat_map(|particulars| &particulars.baskets);
        baskets.map(|(_, products)| products.as_slice())
    }

    /// How many orders the customer placed.
    pub(crate) fn orders(&self) -> u64 {
        self.purchases.iter().map(|total| u64::from(total.count)).sum()
    }

    /// How many days the customer bought on from a day to a day.
    pub(crate) fn occasions_between(&self, from: Date, to: Date) -> u32 {
        let within = self.purchase_days().filter(|day| (from..=to).contains(day));
        u32::try_from(within.count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn first_purchase(&self) -> Option<Date> {
        self.purchases.first().map(|total| total.day)
    }

    pub(crate) fn last_purchase(&self) -> Option<Date> {
        self.purchases.last().map(|total| total.day)
    }

    pub(crate) fn referrals_made(&self) -> u32 {
        self.count_referrals(|referral| referral.made)
    }

    pub(crate) fn referrals_converted(&self) -> u32 {
        self.count_referrals(|referral| referral.converted)
    }

    fn count_referrals(&self, which: fn(&crate::particulars::Referral) -> bool) -> u32 {
        let count = self.particulars.as_ref().map_or(0, |particulars| {
            particulars.referrals.values().filter(|referral| which(referral)).count()
        });
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}
