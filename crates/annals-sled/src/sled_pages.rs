//! Reading the log page by page out of the open volume.

use crate::open_volume::{KeyAndBlock, OpenVolume};
use crate::shared::Shared;
use annals_events::{Position, RecordedEvent};
use annals_log::{Block, Page, Pages, ReadError};
use std::sync::Arc;

/// A page ends with the block in which it gets this long, so that small blocks are read together.
const PAGE_EVENTS: usize = 512;

pub(crate) struct SledPages(pub(crate) Arc<Shared>);

impl Pages for SledPages {
    fn forwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        self.0.with_volume(|volume| {
            gather(volume, start, volume.blocks_from(start), |block, page| {
                let from = start.plus(page.len() as u64);
                let until = end.min(block.first().plus(block.count() as u64));
                let places = from.get()..until.get();
                add_events(page, places.map(|place| event_in(volume, block, place))) && until < end
            })
        })
    }

    fn backwards(&self, start: Position, end: Position) -> Result<Page, ReadError> {
        self.0.with_volume(|volume| {
            let last = Position::new(end.get().saturating_sub(1));
            gather(volume, last, volume.blocks_back_from(last), |block, page| {
                let until = end.get().saturating_sub(page.len() as u64);
                let from = start.max(block.first());
                let places = (from.get()..until).rev();
                add_events(page, places.map(|place| event_in(volume, block, place))) && from > start
            })
        })
    }

    fn at(&self, positions: &[Position]) -> Result<Page, ReadError> {
        self.0.with_volume(|volume| {
            let mut page = Page::with_capacity(positions.len());
            let mut positions = positions.iter().peekable();
            while let Some(&&position) = positions.peek() {
                let found = volume.blocks_back_from(position).next();
                let read = found.unwrap_or_else(|| Err(volume.missing(position).into())).and_then(
                    |(_, bytes)| {
                        let block = volume.block(&bytes, position)?;
                        // Neighbours in a stream are often in one block, which is read once.
                        while let Some(&position) =
                            positions.next_if(|position| block.record_at(**position).is_some())
                        {
                            page.push(event_in(volume, &block, position.get()));
                        }
                        Ok(())
                    },
                );
                if let Err(error) = read {
                    page.push(Err(error));
                    break;
                }
                if positions.peek().is_some_and(|next| **next == position) {
                    page.push(Err(volume.missing(position).into()));
                    break;
                }
            }
            Ok(page)
        })
    }
}

/// Adds events block by block, the one at `first` before all, until there are enough or `take` says
/// that there are no more. An error behind the first events is left for the page that begins with
/// it.
fn gather(
    volume: &OpenVolume,
    first: Position,
    blocks: impl Iterator<Item = Result<KeyAndBlock, ReadError>>,
    mut take: impl FnMut(&Block<'_>, &mut Page) -> bool,
) -> Result<Page, ReadError> {
    let mut page = Page::new();
    for block in blocks {
        let before = page.len();
        let more = block.and_then(|(key, bytes)| {
            let key = <[u8; 8]>::try_from(&*key).map_or(0, u64::from_be_bytes);
            Ok(take(&volume.block(&bytes, Position::new(key))?, &mut page))
        });
        match more {
            Ok(true) if page.len() < PAGE_EVENTS && page.len() > before => {}
            Err(error) if page.is_empty() => return Err(error),
            _ => break,
        }
    }
    if page.is_empty() { Err(volume.missing(first).into()) } else { Ok(page) }
}

/// Adds events up to the first that is damaged, behind which a stream ends; whether there was none.
fn add_events(
    page: &mut Page,
    events: impl Iterator<Item = Result<RecordedEvent, ReadError>>,
) -> bool {
    for event in events {
        let is_damaged = matches!(event, Err(ReadError::Damaged { .. }));
        page.push(event);
        if is_damaged {
            return false;
        }
    }
    true
}

/// The event at a place of a block that must hold it.
fn event_in(
    volume: &OpenVolume,
    block: &Block<'_>,
    place: u64,
) -> Result<RecordedEvent, ReadError> {
    let position = Position::new(place);
    let record = block.record_at(position).ok_or_else(|| volume.missing(position))?;
    record.decode(position).map_err(|why| ReadError::Unreadable { position, why })
}
