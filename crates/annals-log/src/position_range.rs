//! Half-open ranges of positions and stream versions.

use annals_events::{Position, StreamVersion};

/// Positions from `start`, up to but without `end`; no end is the head at the time of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionRange {
    /// The first position.
    pub start: Position,
    /// The first position no longer read.
    pub end: Option<Position>,
}

impl PositionRange {
    /// The whole log.
    pub const ALL: Self = Self { start: Position::START, end: None };

    /// From a position to the head.
    pub const fn from(start: Position) -> Self {
        Self { start, end: None }
    }

    /// From one position up to another.
    pub const fn between(start: Position, end: Position) -> Self {
        Self { start, end: Some(end) }
    }
}

/// Stream versions from `start`, up to but without `end`; no end is the stream's last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The first version, 1 for the stream's first event.
    pub start: StreamVersion,
    /// The first version no longer read.
    pub end: Option<StreamVersion>,
}

impl VersionRange {
    /// The whole stream.
    pub const ALL: Self = Self { start: StreamVersion::new(1), end: None };

    /// From a version to the stream's end.
    pub const fn from(start: StreamVersion) -> Self {
        Self { start, end: None }
    }

    /// The positions of this range among all positions of a stream, which are in order.
    pub fn select(&self, positions: &[Position], direction: Direction) -> Vec<Position> {
        let index = |version: StreamVersion| {
            usize::try_from(version.get().saturating_sub(1))
                .unwrap_or(usize::MAX)
                .min(positions.len())
        };
        let end = self.end.map_or(positions.len(), index);
        let mut selected = positions.get(index(self.start)..end).unwrap_or_default().to_vec();
        if direction == Direction::Backwards {
            selected.reverse();
        }
        selected
    }
}

/// Which way to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forwards,
    /// Newest first.
    Backwards,
}
