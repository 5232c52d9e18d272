//! Going through a long range of the log as fast as it can be decoded, on a thread of the caller's
//! own, without a future for each event.

use crate::sealed_volume::Group;
use crate::shared::Shared;
use annals_events::Position;
use annals_log::{ReadError, Record};
use std::ops::ControlFlow;

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
