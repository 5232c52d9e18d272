//! How a customer stands after what has happened so far: the values of all facts, each either
//! still or growing with the days.

use crate::fact::Fact;
use crate::state::{HappeningKind, LifecycleState};
use annals_events::Date;

/// What is known of a customer up to some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) known_since: Date,
    pub(crate) occasions: u32,
    pub(crate) first_occasion: Option<Date>,
    pub(crate) last_occasion: Option<Date>,
    contacts: u32,
    last_contact: Option<Date>,
    pub(crate) complaints_open: u32,
    pub(crate) subscriptions_active: u32,
    refunds: u32,
    pub(crate) enquiries_open: u32,
    trust_answers: u32,
    pub(crate) trust: Option<u8>,
    registered: bool,
    pub(crate) churn_declared: bool,
    pub(crate) closed: bool,
}

/// How a fact's value goes on if nothing happens.
pub(crate) enum Course {
    /// It stays.
    Still(u32),
    /// It is the days since a day.
    Days { since: Date },
    /// It is (days since a day) x gaps / (days of all gaps), in millionths; both are positive.
    Rhythm { since: Date, gaps: u32, span_days: i32 },
}

impl Standing {
    pub(crate) const fn new(known_since: Date) -> Self {
        Self {
            known_since,
            occasions: 0,
            first_occasion: None,
            last_occasion: None,
            contacts: 0,
            last_contact: None,
            complaints_open: 0,
            subscriptions_active: 0,
            refunds: 0,
            enquiries_open: 0,
            trust_answers: 0,
            trust: None,
            registered: false,
            churn_declared: false,
            closed: false,
        }
    }

    /// What is known of a customer on the evening of a day.
    pub(crate) fn on(state: &LifecycleState, today: Date) -> Self {
        let known_since = state.first_event.filter(|first| *first <= today);
        let mut standing = Self::new(known_since.unwrap_or(today));
        let occasions = state.occasions.until(today);
        standing.occasions = u32::try_from(occasions.len()).unwrap_or(u32::MAX);
        standing.first_occasion = occasions.first().copied();
        standing.last_occasion = occasions.last().copied();
        for happening in state.happenings_until(today) {
            standing.happen(happening.day, happening.kind);
        }
        standing
    }

    /// Takes in a purchase occasion; they come in the order of days.
    pub(crate) fn buy(&mut self, day: Date) {
        self.occasions += 1;
        self.first_occasion = self.first_occasion.or(Some(day));
        self.last_occasion = Some(day);
    }

    /// Takes in a happening; they come in the order of days.
    pub(crate) fn happen(&mut self, day: Date, kind: HappeningKind) {
        match kind {
            HappeningKind::Registered => self.registered = true,
            HappeningKind::Contact => {
                self.contacts += 1;
                self.last_contact = Some(day);
            }
            HappeningKind::ComplaintOpened => self.complaints_open += 1,
            HappeningKind::ComplaintEnded => {
                self.complaints_open = self.complaints_open.saturating_sub(1);
            }
            HappeningKind::SubscriptionBegan => self.subscriptions_active += 1,
            HappeningKind::SubscriptionEnded => {
                self.subscriptions_active = self.subscriptions_active.saturating_sub(1);
            }
            HappeningKind::Refund => self.refunds += 1,
            HappeningKind::EnquiryOpened => self.enquiries_open += 1,
            HappeningKind::EnquiryEnded => {
                self.enquiries_open = self.enquiries_open.saturating_sub(1);
            }
            HappeningKind::TrustAnswered(percent) => {
                self.trust_answers += 1;
                self.trust = Some(percent);
            }
            HappeningKind::WinBackOffered
            | HappeningKind::WinBackAccepted
            | HappeningKind::WinBackDeclined => {}
            HappeningKind::ChurnDeclared => self.churn_declared = true,
            HappeningKind::Closed => self.closed = true,
            HappeningKind::Returned => (self.churn_declared, self.closed) = (false, false),
        }
    }

    /// Days from the first to the last occasion and the number of gaps between, where there is one.
    pub(crate) fn gaps(&self) -> Option<(i32, u32)> {
        let span = self.last_occasion?.days_since(self.first_occasion?);
        (self.occasions >= 2 && span > 0).then_some((span, self.occasions - 1))
    }

    /// A fact's value and how it goes on; `None` where it is not known.
    #[inline]
    pub(crate) fn course(&self, fact: Fact) -> Option<Course> {
        let still = |value: u32| Some(Course::Still(value));
        let days = |since: Option<Date>| since.map(|since| Course::Days { since });
        match fact {
            Fact::Occasions => still(self.occasions),
            Fact::SilenceDays => days(self.last_occasion),
            Fact::TenureDays => days(self.first_occasion),
            Fact::RhythmRatio => {
                let (span_days, gaps) = self.gaps()?;
                Some(Course::Rhythm { since: self.last_occasion?, gaps, span_days })
            }
            Fact::KnownDays => days(Some(self.known_since)),
            Fact::Contacts => still(self.contacts),
            Fact::ContactSilenceDays => days(self.last_contact),
            Fact::ComplaintsOpen => still(self.complaints_open),
            Fact::SubscriptionsActive => still(self.subscriptions_active),
            Fact::Refunds => still(self.refunds),
            Fact::EnquiriesOpen => still(self.enquiries_open),
            Fact::TrustAnswers => still(self.trust_answers),
            Fact::Trust => still(u32::from(self.trust?)),
            Fact::Registered => still(u32::from(self.registered)),
            Fact::ChurnDeclared => still(u32::from(self.churn_declared)),
            Fact::Closed => still(u32::from(self.closed)),
        }
    }
}
