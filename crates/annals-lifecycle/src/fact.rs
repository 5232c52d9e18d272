//! The closed set of facts that a stage's conditions may speak of.

use crate::state::HappeningKind;

/// A fact about a customer on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Purchase occasions so far.
    Occasions,
    /// Days since the last purchase occasion; unknown before the first.
    SilenceDays,
    /// Days since the first purchase occasion; unknown before it.
    TenureDays,
    /// Silence divided by the customer's own mean gap between occasions; unknown before the second
    /// occasion. In millionths.
    RhythmRatio,
    /// Days since the first event of any kind.
    KnownDays,
    /// Days with a contact or an enquiry so far.
    Contacts,
    /// Days since the last of them; unknown before the first.
    ContactSilenceDays,
    /// Complaints open.
    ComplaintsOpen,
    /// Subscriptions running.
    SubscriptionsActive,
    /// Days with a refund so far.
    Refunds,
    /// Enquiries not answered.
    EnquiriesOpen,
    /// Days with an answer on trust so far.
    TrustAnswers,
    /// The last answer on trust, in percent of its scale; unknown before the first.
    Trust,
    /// Whether the party was registered.
    Registered,
    /// Whether the customer is declared lost and has not come back.
    ChurnDeclared,
    /// Whether the relationship is closed and has not been taken up again.
    Closed,
}

impl Fact {
    /// All facts.
    pub const ALL: [Self; 16] = [
        Self::Occasions,
        Self::SilenceDays,
        Self::TenureDays,
        Self::RhythmRatio,
        Self::KnownDays,
        Self::Contacts,
        Self::ContactSilenceDays,
        Self::ComplaintsOpen,
        Self::SubscriptionsActive,
        Self::Refunds,
        Self::EnquiriesOpen,
        Self::TrustAnswers,
        Self::Trust,
        Self::Registered,
        Self::ChurnDeclared,
        Self::Closed,
    ];

    /// The name in a ruleset, without `_min` and `_max`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Occasions => "occasions",
            Self::SilenceDays => "silence_days",
            Self::TenureDays => "tenure_days",
            Self::RhythmRatio => "rhythm_ratio",
            Self::KnownDays => "known_days",
            Self::Contacts => "contacts",
            Self::ContactSilenceDays => "contact_silence_days",
            Self::ComplaintsOpen => "complaints_open",
            Self::SubscriptionsActive => "subscriptions_active",
            Self::Refunds => "refunds",
            Self::EnquiriesOpen => "enquiries_open",
            Self::TrustAnswers => "trust_answers",
            Self::Trust => "trust",
            Self::Registered => "registered",
            Self::ChurnDeclared => "churn_declared",
            Self::Closed => "closed",
        }
    }

    /// Whether the fact is a yes or no, written `name = true`, rather than a number with bounds.
    pub const fn is_yes_or_no(self) -> bool {
        matches!(self, Self::Registered | Self::ChurnDeclared | Self::Closed)
    }

    /// The count that must be reached before the fact is known at all.
    pub(crate) const fn needs(self) -> Option<(Self, i64)> {
        match self {
            Self::SilenceDays | Self::TenureDays => Some((Self::Occasions, 1)),
            Self::RhythmRatio => Some((Self::Occasions, 2)),
            Self::ContactSilenceDays => Some((Self::Contacts, 1)),
            Self::Trust => Some((Self::TrustAnswers, 1)),
            _ => None,
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Some facts, one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FactSet(u32);

impl FactSet {
    /// What a purchase occasion changes.
    pub(crate) const OF_OCCASIONS: Self = Self(
        Fact::Occasions.bit()
            | Fact::SilenceDays.bit()
            | Fact::TenureDays.bit()
            | Fact::RhythmRatio.bit(),
    );

    /// What a happening changes.
    #[inline]
    pub(crate) const fn changed_by(kind: HappeningKind) -> Self {
        Self(match kind {
            HappeningKind::Registered => Fact::Registered.bit(),
            HappeningKind::Contact => Fact::Contacts.bit() | Fact::ContactSilenceDays.bit(),
            HappeningKind::ComplaintOpened | HappeningKind::ComplaintEnded => {
                Fact::ComplaintsOpen.bit()
            }
            HappeningKind::SubscriptionBegan | HappeningKind::SubscriptionEnded => {
                Fact::SubscriptionsActive.bit()
            }
            HappeningKind::Refund => Fact::Refunds.bit(),
            HappeningKind::EnquiryOpened | HappeningKind::EnquiryEnded => Fact::EnquiriesOpen.bit(),
            HappeningKind::TrustAnswered(_) => Fact::TrustAnswers.bit() | Fact::Trust.bit(),
            HappeningKind::WinBackOffered
            | HappeningKind::WinBackAccepted
            | HappeningKind::WinBackDeclined => 0,
            HappeningKind::ChurnDeclared => Fact::ChurnDeclared.bit(),
            HappeningKind::Closed => Fact::Closed.bit(),
            HappeningKind::Returned => Fact::ChurnDeclared.bit() | Fact::Closed.bit(),
        })
    }

    /// These and a fact.
    pub(crate) const fn with(self, fact: Fact) -> Self {
        Self(self.0 | fact.bit())
    }

    /// These and others.
    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether some are among others.
    pub(crate) const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether all are among others.
    pub(crate) const fn is_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }
}
