//! Which events a reader wants.

use annals_events::{Event, Instant, RecordedEvent, StreamId};

/// Conditions that all must hold; an empty filter lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Kinds, by name or by the beginning of a name with a star: `complaint.*`. Empty: all.
    pub kinds: Vec<String>,
    /// Streams. Empty: all.
    pub streams: Vec<StreamId>,
    /// Events that occurred at this instant or later.
    pub occurred_from: Option<Instant>,
    /// Events that occurred before this instant.
    pub occurred_before: Option<Instant>,
    /// Events the ledger learned at this instant or later.
    pub recorded_from: Option<Instant>,
    /// Events the ledger learned before this instant.
    pub recorded_before: Option<Instant>,
}

impl Filter {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// Events of these kinds.
    pub fn kinds<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Self {
        Self { kinds: kinds.into_iter().map(str::to_owned).collect(), ..Self::default() }
    }

    /// Whether an event is wanted.
    pub fn admits(&self, recorded: &RecordedEvent) -> bool {
        let event: &Event = &recorded.event;
        let occurred = event.occurred_at();
        let from = |bound: Option<Instant>, time| bound.is_none_or(|bound| time >= bound);
        let before = |bound: Option<Instant>, time| bound.is_none_or(|bound| time < bound);
        (self.kinds.is_empty() || self.kinds.iter().any(|kind| matches_kind(kind, event.kind())))
            && (self.streams.is_empty() || self.streams.contains(event.stream()))
            && from(self.occurred_from, occurred)
            && before(self.occurred_before, occurred)
            && from(self.recorded_from, recorded.recorded_at)
            && before(self.recorded_before, recorded.recorded_at)
    }
}

fn matches_kind(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => kind == pattern,
    }
}
