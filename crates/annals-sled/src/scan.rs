//! Scanning: reading a long range of the log as fast as it can be decoded, on threads of the
//! caller's own, without a future for each event.

use crate::log_pages::forwards;
use crate::sealed_volume::Group;
use crate::shared::Shared;
use annals_events::Position;
use annals_log::{Page, ReadError, Record};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Reads a range, page by page, in order. Blocks while it reads; a page is a group of a sealed
/// volume or a block, a hundred events or so. Ends after the first error. It holds nothing between
/// two pages: the log may be sealed and closed meanwhile.
pub struct Scan {
    shared: Arc<Shared>,
    next: Position,
    end: Position,
    group: Group,
}

impl Scan {
    /// Splits a range into so many scans of about the same length, in order.
    pub(crate) fn parts(
        shared: &Arc<Shared>,
        start: Position,
        end: Position,
        parts: usize,
    ) -> Vec<Self> {
        let count = end.get().saturating_sub(start.get());
        let parts = parts.max(1) as u64;
        let at = |part: u64| {
            let share = u128::from(count) * u128::from(part) / u128::from(parts);
            start.plus(u64::try_from(share).unwrap_or(count))
        };
        let scan = |part| Self {
            shared: Arc::clone(shared),
            next: at(part),
            end: at(part + 1),
            group: Group::default(),
        };
        (0..parts).map(scan).collect()
    }
}

impl Iterator for Scan {
    type Item = Result<Page, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let volumes = self.shared.volumes();
        let page =
            volumes.and_then(|volumes| forwards(&volumes, self.next, self.end, 1, &mut self.group));
        let is_last = page.as_ref().map_or(true, |page| {
            let unreadable = |error| matches!(error, &ReadError::Unreadable { .. });
            page.iter().any(|event| event.as_ref().is_err_and(|error| !unreadable(error)))
        });
        self.next = match &page {
            Ok(page) if !is_last => self.next.plus(page.len() as u64),
            _ => self.end,
        };
        Some(page)
    }
}

/// Shows the records of a range in order, undecoded, until `visit` breaks off. Holds the volumes no
/// longer than one group or block.
pub(crate) fn visit_records(
    shared: &Shared,
    start: Position,
    end: Position,
    visit: &mut dyn FnMut(Position, Record<'_>) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let mut group = Group::default();
    let mut next = start;
    while next < end {
        let volumes = shared.volumes()?;
        let flow = volumes.with_records(next, &mut group, |records| {
            let until = end.min(records.next());
            for position in (next.get()..until.get()).map(Position::new) {
                let record = records.record_at(position);
                let record = record.ok_or_else(|| volumes.missing(position))?;
                if visit(position, record).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            next = until;
            Ok(ControlFlow::Continue(()))
        })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}
