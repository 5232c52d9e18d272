//! Reading the log page by page, across its volumes.

use crate::sealed_volume::Group;
use crate::shared::Shared;
use crate::volumes::{Records, Volumes};
use annals_events::{Position, RecordedEvent};
use annals_log::{Page, Pages, ReadError};
use std::sync::Arc;

/// A page ends with the block or group in which it gets this long, so that small ones are read
/// together.
const PAGE_EVENTS: usize = 512;

pub(crate) struct LogPages(pub(crate) Arc<Shared>);

impl Pages for LogPages {
    fn forwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        forwards(&*self.0.volumes()?, start, end)
    }

    fn backwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        let volumes = self.0.volumes()?;
        let (mut page, mut end) = (Page::new(), end);
        while start < end && page.len() < PAGE_EVENTS {
            let last = Position::new(end.get() - 1);
            let read = volumes.with_records(last, &mut Group::default(), |records| {
                let from = start.max(records.first());
                let places = (from.get()..end.get()).rev();
                Ok((from, add_events(&mut page, places, &volumes, records)))
            });
            match read {
                Ok((from, true)) => end = from,
                Err(error) if page.is_empty() => return Err(error),
                _ => break,
            }
        }
        Ok(page)
    }

    fn at(&self, positions: &[Position]) -> Result<Page, ReadError> {
        let volumes = self.0.volumes()?;
        let mut page = Page::with_capacity(positions.len());
        let mut positions = positions.iter().peekable();
        let mut group = Group::default();
        while let Some(&&position) = positions.peek() {
            // Neighbours in a stream often lie together, and are then read once.
            let read = volumes.with_records(position, &mut group, |records| {
                let together =
                    |position: &&Position| (records.first()..records.next()).contains(*position);
                while let Some(position) = positions.next_if(together) {
                    page.push(event_in(&volumes, records, position.get()));
                }
                Ok(())
            });
            if let Err(error) = read {
                page.push(Err(error));
                break;
            }
        }
        Ok(page)
    }
}

/// A page of events from `start` on. An error behind the first events is left for the page that
/// begins with it.
fn forwards(volumes: &Volumes, start: Position, end: Position) -> Result<Page, ReadError> {
    let (mut page, mut start) = (Page::with_capacity(PAGE_EVENTS), start);
    let mut group = Group::default();
    while start < end && page.len() < PAGE_EVENTS {
        let read = volumes.with_records(start, &mut group, |records| {
            let until = end.min(records.next());
            page.reserve(usize::try_from(until.get() - start.get()).unwrap_or(0));
            Ok((until, add_events(&mut page, start.get()..until.get(), volumes, records)))
        });
        match read {
            Ok((until, true)) => start = until,
            Err(error) if page.is_empty() => return Err(error),
            _ => break,
        }
    }
    Ok(page)
}

/// Adds events up to the first that is damaged, behind which a stream ends; whether there was none.
fn add_events(
    page: &mut Page,
    places: impl Iterator<Item = u64>,
    volumes: &Volumes,
    records: &Records<'_>,
) -> bool {
    for place in places {
        let event = event_in(volumes, records, place);
        let is_damaged = matches!(event, Err(ReadError::Damaged { .. }));
        page.push(event);
        if is_damaged {
            return false;
        }
    }
    true
}

/// The event at a place of records that must hold it.
fn event_in(
    volumes: &Volumes,
    records: &Records<'_>,
    place: u64,
) -> Result<RecordedEvent, ReadError> {
    let position = Position::new(place);
    let record = records.record_at(position).ok_or_else(|| volumes.missing(position))?;
    record.decode(position).map_err(|why| ReadError::Unreadable { position, why })
}
