//! What happened to a customer, and how each event changed what was known.

use crate::customer_history::recorded_events;
use crate::error::AnnalsError;
use crate::ledger::Annals;
use crate::people::Customer;
use annals_events::{EventId, Instant, Payload, RecordedEvent};
use annals_projection::{AsOf, Change, History, changes};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One event of a timeline, as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// The event, personal fields sealed.
    pub recorded: RecordedEvent,
    /// Whether it was taken back.
    pub retracted: bool,
    /// The corrections that apply to it.
    pub corrected_by: Vec<EventId>,
}

/// One step of a replay: an event, and what it changed in each projection's view at the moment it
/// occurred.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The event as it counts: corrected.
    pub event: RecordedEvent,
    /// By projection, what changed.
    pub changes: BTreeMap<&'static str, Vec<Change>>,
}

impl Annals {
    /// Everything recorded about a customer, in the order it occurred: also what was retracted, and
    /// the corrections themselves.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn timeline(
        &self,
        customer: &Customer,
        as_of: AsOf,
    ) -> Result<Vec<TimelineEntry>, AnnalsError> {
        let mut recorded = recorded_events(self.log(), customer, None).await?;
        recorded
            .retain(|event| as_of.recorded_before.is_none_or(|bound| event.recorded_at < bound));
        let counting: HashSet<_> = History::new(recorded.clone(), as_of.recorded_before)
            .events
            .iter()
            .map(|event| event.event.id())
            .collect();
        let mut corrections: HashMap<EventId, Vec<EventId>> = HashMap::new();
        for event in &recorded {
            if let Payload::CorrectionRecorded(correction) = event.event.payload() {
                corrections.entry(correction.target).or_default().push(event.event.id());
            }
        }
        recorded.retain(|event| event.event.occurred_at() < as_of.occurred_before);
        recorded.sort_by_key(|event| (event.event.occurred_at(), event.position));
        let entry = |recorded: RecordedEvent| {
            let id = recorded.event.id();
            let keeps_books = annals_projection::is_book_keeping(&recorded.event);
            TimelineEntry {
                retracted: !keeps_books && !counting.contains(&id),
                corrected_by: corrections.remove(&id).unwrap_or_default(),
                recorded,
            }
        };
        Ok(recorded.into_iter().map(entry).collect())
    }

    /// What each event of a customer changed, one after the other. Each is read as of the moment it
    /// occurred, before it and with it, under the rules and rates known at the time asked about: so
    /// only what the event did is there, and not what passing time does.
    ///
    /// # Errors
    /// When the log or a ruleset cannot be read.
    pub async fn replay(&self, customer: &Customer, as_of: AsOf) -> Result<Vec<Step>, AnnalsError> {
        let recorded = recorded_events(self.log(), customer, None).await?;
        let history = History::new(recorded, as_of.recorded_before);
        let mut folds = Vec::new();
        for projection in &self.inner.projections {
            let asked = self.asked(&**projection, as_of).await?;
            folds.push((projection, asked, Self::fold(projection, customer, None, &[])?));
        }
        let mut steps = Vec::new();
        for event in history.before(as_of.occurred_before) {
            let after_it = event.event.occurred_at().unix_nanoseconds().saturating_add(1);
            let moment =
                AsOf { occurred_before: Instant::from_unix_nanoseconds(after_it), ..as_of };
            let mut changed = BTreeMap::new();
            for (projection, asked, state) in &mut folds {
                let question = asked.question_at(moment, self.zone());
                let before = projection.view(state, &question)?;
                *state =
                    Self::fold(projection, customer, Some(state), std::slice::from_ref(event))?;
                let after = projection.view(state, &question)?;
                changed.insert(projection.id(), changes(&before, &after));
            }
            steps.push(Step { event: event.clone(), changes: changed });
        }
        Ok(steps)
    }
}
