//! Early warning for one customer: which rules warn today, why, and by which events.
//!
//! A warning is shown, not recorded: whoever wants it in the ledger asks for the payloads and
//! appends them. No fold ever does.

use crate::alert_rules::{AlertRule, Clue, Sign, Watched};
use crate::condition::rhythm_a_day;
use crate::dealings::{CaseKind, Signal, SignalKind};
use crate::fact::Fact;
use crate::rules::LifecycleRules;
use crate::standing::{Course, Standing};
use crate::state::LifecycleState;
use annals_events::{
    AlertLevel, AlertRaised, Code, Date, Decimal, EventId, PartyId, VersionNumber,
};
use serde::Serialize;

/// No warning names more events than this: the latest ones.
const EVIDENCE_MAX: usize = 8;

/// A warning about a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// The rule.
    pub rule: String,
    /// How loud.
    pub level: AlertLevel,
    /// What it means, with the values it rests on.
    pub because: String,
    /// The events it rests on, the latest last.
    pub evidence: Vec<EventId>,
    /// Whether an alert of this rule is recorded and not closed.
    pub raised: bool,
}

/// A value as a fraction.
type Fraction = (i128, i128);

/// What is known of a customer today.
pub(crate) struct Watch<'s> {
    pub(crate) state: &'s LifecycleState,
    pub(crate) standing: &'s Standing,
    pub(crate) today: Date,
    /// A model's probability that the customer is still one.
    pub(crate) p_alive: Option<Decimal>,
}

impl Watch<'_> {
    /// The warnings of all rules, in the order of the rules.
    pub(crate) fn alerts(&self, rules: &[AlertRule]) -> Vec<Alert> {
        rules.iter().filter_map(|rule| Some(self.alert(rule, self.holding(rule)?))).collect()
    }

    /// The first table of a rule whose clues all hold.
    pub(crate) fn holding<'r>(&self, rule: &'r AlertRule) -> Option<&'r [Clue]> {
        let holds = |clue: &Clue| {
            self.value(clue.watched, rule.within_days).is_some_and(|(value, over)| {
                i128::from(clue.min) * over <= value && value <= i128::from(clue.max) * over
            })
        };
        rule.when.iter().find(|table| table.iter().all(holds)).map(Vec::as_slice)
    }

    /// Whether an alert of a rule is recorded and not closed.
    pub(crate) fn is_raised(&self, rule: &AlertRule) -> bool {
        let open = self.state.dealings.iter().flat_map(|dealings| &dealings.alerts_open);
        open.into_iter().any(|alert| alert.rule.as_str() == rule.id)
    }

    fn alert(&self, rule: &AlertRule, table: &[Clue]) -> Alert {
        let value = |clue: &Clue| {
            let (value, over) = self.value(clue.watched, rule.within_days)?;
            Some(format!("{} {}", clue.watched.name(), shown(clue.watched, value, over)))
        };
        let values: Vec<_> = table.iter().filter_map(value).collect();
        let mut evidence: Vec<(Date, EventId)> =
            table.iter().flat_map(|clue| self.evidence(clue, rule.within_days)).collect();
        evidence.sort_unstable();
        evidence.dedup();
        let too_many = evidence.len().saturating_sub(EVIDENCE_MAX);
        Alert {
            rule: rule.id.clone(),
            level: rule.level,
            because: format!("{} ({})", rule.because, values.join(", ")),
            evidence: evidence.into_iter().skip(too_many).map(|(_, event)| event).collect(),
            raised: self.is_raised(rule),
        }
    }

    fn signals(
        &self,
        kind: SignalKind,
        within_days: i32,
    ) -> impl DoubleEndedIterator<Item = &Signal> {
        let dealings = self.state.dealings.as_deref();
        let signals =
            dealings.into_iter().flat_map(move |known| known.signals_until(kind, self.today));
        signals.filter(move |signal| self.today.days_since(signal.day) < within_days)
    }

    /// The value of what is watched; `None` where it is not known.
    fn value(&self, watched: Watched, within_days: i32) -> Option<Fraction> {
        let sign = match watched {
            Watched::Fact(fact) => {
                return Some(match self.standing.course(fact)? {
                    Course::Still(value) => (value.into(), 1),
                    Course::Days { since } => (self.today.days_since(since).into(), 1),
                    Course::Rhythm { since, gaps, span_days } => {
                        let days = i128::from(self.today.days_since(since));
                        (days * rhythm_a_day(gaps), span_days.into())
                    }
                });
            }
            Watched::Sign(sign) => sign,
        };
        let count = |kind| Some((self.signals(kind, within_days).count() as i128, 1));
        let values = |kind| self.signals(kind, within_days).map(|signal| i128::from(signal.value));
        match sign {
            Sign::Dissatisfactions => count(SignalKind::Dissatisfaction),
            Sign::SpokeAgainst => count(SignalKind::SpokeAgainst),
            Sign::KeyContactsLeft => count(SignalKind::KeyContactLeft),
            Sign::LowestAnswer => values(SignalKind::Answer).min().map(|lowest| (lowest, 1)),
            Sign::WorstFault => values(SignalKind::Fault).max().map(|worst| (worst, 1)),
            Sign::SentimentFall => {
                let felt: Vec<_> = values(SignalKind::Sentiment).collect();
                let (before, last) = felt.split_at_checked(felt.len().checked_sub(3)?)?;
                let count = i128::try_from(before.len()).ok().filter(|count| *count > 0)?;
                let fall = before.iter().sum::<i128>() * 3 - last.iter().sum::<i128>() * count;
                Some((fall * 1_000_000, count * 3))
            }
            Sign::EnquiryOpenDays => {
                let oldest = self.open_cases(CaseKind::Enquiry).map(|(day, _)| day).min()?;
                Some((self.today.days_since(oldest).into(), 1))
            }
            Sign::PAlive => Some((self.p_alive?.millionths().into(), 1)),
        }
    }

    fn open_cases(&self, kind: CaseKind) -> impl Iterator<Item = (Date, EventId)> {
        let cases = self.state.dealings.iter().flat_map(|dealings| &dealings.open_cases);
        let today = self.today;
        cases
            .filter(move |case| case.kind == kind && case.day <= today)
            .map(|case| (case.day, case.event))
    }

    /// The events that a clue rests on, as far as they are kept.
    fn evidence(&self, clue: &Clue, within_days: i32) -> Vec<(Date, EventId)> {
        let of = |kind: SignalKind, within_days: i32| -> Vec<_> {
            self.signals(kind, within_days).map(|signal| (signal.day, signal.event)).collect()
        };
        let last_of = |kind| -> Vec<_> { of(kind, i32::MAX).pop().into_iter().collect() };
        let within = |kind| -> Vec<_> {
            let signals = self.signals(kind, within_days);
            let values = clue.min..=clue.max;
            let signals = signals.filter(|signal| values.contains(&signal.value.into()));
            signals.map(|signal| (signal.day, signal.event)).collect()
        };
        match clue.watched {
            Watched::Fact(fact) => match fact {
                Fact::Occasions
                | Fact::SilenceDays
                | Fact::TenureDays
                | Fact::RhythmRatio
                | Fact::Refunds => {
                    let last = self.state.last_purchase;
                    last.filter(|(day, _)| *day <= self.today).into_iter().collect()
                }
                Fact::Contacts | Fact::ContactSilenceDays => {
                    let contacts = [SignalKind::Contact, SignalKind::Sentiment].map(last_of);
                    contacts.into_iter().flatten().max().into_iter().collect()
                }
                Fact::ComplaintsOpen => self.open_cases(CaseKind::Complaint).collect(),
                Fact::EnquiriesOpen => self.open_cases(CaseKind::Enquiry).collect(),
                Fact::Trust | Fact::TrustAnswers => last_of(SignalKind::Trust),
                Fact::ChurnDeclared | Fact::Closed => last_of(SignalKind::Gone),
                Fact::KnownDays | Fact::SubscriptionsActive | Fact::Registered => Vec::new(),
            },
            Watched::Sign(sign) => match sign {
                Sign::Dissatisfactions => of(SignalKind::Dissatisfaction, within_days),
                Sign::SpokeAgainst => of(SignalKind::SpokeAgainst, within_days),
                Sign::KeyContactsLeft => of(SignalKind::KeyContactLeft, within_days),
                Sign::SentimentFall => of(SignalKind::Sentiment, within_days),
                Sign::LowestAnswer => within(SignalKind::Answer),
                Sign::WorstFault => within(SignalKind::Fault),
                Sign::EnquiryOpenDays => self.open_cases(CaseKind::Enquiry).collect(),
                Sign::PAlive => Vec::new(),
            },
        }
    }
}

/// A value in words: what is counted in millionths with two places, rounded towards zero.
fn shown(watched: Watched, value: i128, over: i128) -> String {
    if !watched.is_decimal() || over == 0 {
        return value.to_string();
    }
    let hundredths = value / over / 10_000;
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The payloads of `alert.raised` for those warnings that are not recorded yet. Numbers are made of
/// rule, customer and day, so that asking twice on a day gives the same.
pub fn alerts_to_raise(
    alerts: &[Alert],
    customer: &PartyId,
    rules: &LifecycleRules,
    today: Date,
) -> Vec<AlertRaised> {
    let payload = |alert: &Alert| {
        let number = format!("{}/{customer}/{today}", alert.rule);
        Some(AlertRaised {
            alert: Code::new(&number).ok()?,
            rule: Code::new(&alert.rule).ok()?,
            rule_version: VersionNumber::new(rules.version.into()).ok()?,
            level: alert.level,
            evidence: alert.evidence.clone(),
        })
    };
    alerts.iter().filter(|alert| !alert.raised).filter_map(payload).collect()
}
