//! Activity by calendar month: the one place where its definition is written.
//!
//! A month in which the customer bought is new (the first), returning (bought in the month before
//! too) or resurrecting (not in the month before). A month without is dormant where the customer
//! bought in the month before, else none of the four. The running month is judged by what it has
//! seen so far.

use annals_events::{Date, Month};

/// What a calendar month was for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The first purchase occasion lies in this month.
    New,
    /// Occasions in this month and the one before.
    Returning,
    /// An occasion in this month, none in the one before, and not new.
    Resurrecting,
    /// An occasion in the month before, none in this one.
    Dormant,
    /// None in either.
    Inactive,
}

impl Activity {
    /// The four that are counted.
    pub const TOLD: [Self; 4] = [Self::New, Self::Returning, Self::Resurrecting, Self::Dormant];

    /// The name, as in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
            Self::Resurrecting => "resurrecting",
            Self::Dormant => "dormant",
            Self::Inactive => "inactive",
        }
    }

    /// The place in the list of a scheme's stages.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::New => 0,
            Self::Returning => 1,
            Self::Resurrecting => 2,
            Self::Dormant => 3,
            Self::Inactive => 4,
        }
    }

    /// Whether the customer bought in the month.
    pub(crate) const fn is_active(self) -> bool {
        matches!(self, Self::New | Self::Returning | Self::Resurrecting)
    }
}

/// So many months of one activity, one after the other. Only inactive months come in runs of more
/// than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) activity: Activity,
    pub(crate) from: Month,
    pub(crate) months: i32,
}

/// A customer's months from that of the first occasion to `through`, given the occasions up to
/// then, in order.
pub(crate) fn runs(occasions: &[Date], through: Month, mut visit: impl FnMut(Run)) {
    let mut last: Option<Month> = None;
    for month in occasions.iter().map(|day| day.month()) {
        let activity = match last.map(|last| month.since(last)) {
            Some(0) => continue,
            None => Activity::New,
            Some(1) => Activity::Returning,
            Some(_) => Activity::Resurrecting,
        };
        if let Some(last) = last {
            silent(last, month, &mut visit);
        }
        visit(Run { activity, from: month, months: 1 });
        last = Some(month);
    }
    if let Some(last) = last {
        silent(last, through.plus(1), &mut visit);
    }
}

/// The months between one with an occasion and another month.
fn silent(last: Month, end: Month, visit: &mut impl FnMut(Run)) {
    let months = end.since(last) - 1;
    if months >= 1 {
        visit(Run { activity: Activity::Dormant, from: last.plus(1), months: 1 });
    }
    if months >= 2 {
        visit(Run { activity: Activity::Inactive, from: last.plus(2), months: months - 1 });
    }
}
