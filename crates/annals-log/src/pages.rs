//! Reading page by page: what every backend gives, and the streams made of it.
//!
//! A page is read when its first event is asked for, on a thread that may block. A reader that does
//! not read holds one page and nothing else.

use crate::error::ReadError;
use crate::event_log::EventStream;
use crate::filter::Filter;
use crate::position_range::{Direction, PositionRange};
use annals_events::{Position, RecordedEvent};
use futures::StreamExt as _;
use futures::{future, stream};
use std::sync::Arc;
use tokio::sync::watch;

/// Events of a page, or why one of them cannot be read.
pub type Page = Vec<Result<RecordedEvent, ReadError>>;

/// A log that can be read page by page. Calls may block.
pub trait Pages: Send + Sync + 'static {
    /// Some events from `start` on, in order, none at or behind `end`; at least one where `start <
    /// end`.
    ///
    /// # Errors
    /// When nothing can be read there.
    fn forwards(&self, start: Position, end: Position) -> Result<Page, ReadError>;

    /// Some events before `end`, newest first, none before `start`; at least one where `start <
    /// end`.
    ///
    /// # Errors
    /// When nothing can be read there.
    fn backwards(&self, start: Position, end: Position) -> Result<Page, ReadError>;

    /// The events at these positions, in the order given.
    ///
    /// # Errors
    /// When nothing can be read there.
    fn at(&self, positions: &[Position]) -> Result<Page, ReadError>;
}

/// Where the log ends, as its readers are told; `None` once it is closed.
pub type HeadSignal = watch::Receiver<Option<Position>>;

async fn page(
    pages: &Arc<dyn Pages>,
    read: impl FnOnce(&dyn Pages) -> Result<Page, ReadError> + Send + 'static,
) -> Page {
    let pages = Arc::clone(pages);
    match tokio::task::spawn_blocking(move || read(&*pages)).await {
        Ok(Ok(page)) => page,
        Ok(Err(error)) => vec![Err(error)],
        Err(_) => vec![Err(ReadError::Closed)],
    }
}

/// Whether the page ends the stream.
fn is_last(page: &Page) -> bool {
    page.iter()
        .any(|item| matches!(item, Err(error) if !matches!(error, ReadError::Unreadable { .. })))
}

fn flatten(pages: impl stream::Stream<Item = Page> + Send + 'static) -> EventStream {
    pages.flat_map(stream::iter).boxed()
}

/// Reads a range of a log whose end is at `head`.
pub fn read_range(
    pages: Arc<dyn Pages>,
    range: PositionRange,
    head: Position,
    filter: &Filter,
    direction: Direction,
) -> EventStream {
    let end = range.end.map_or(head, |end| end.min(head));
    let filter = filter.clone();
    let all = flatten(stream::unfold((range.start, end), move |(start, end)| {
        let pages = Arc::clone(&pages);
        async move {
            if start >= end {
                return None;
            }
            let read = page(&pages, move |pages| match direction {
                Direction::Forwards => pages.forwards(start, end),
                Direction::Backwards => pages.backwards(start, end),
            })
            .await;
            let rest = match direction {
                _ if is_last(&read) || read.is_empty() => (end, end),
                Direction::Forwards => (start.plus(read.len() as u64), end),
                Direction::Backwards => {
                    (start, Position::new(end.get().saturating_sub(read.len() as u64)))
                }
            };
            Some((read, rest))
        }
    }));
    let wanted = move |item: &Result<RecordedEvent, ReadError>| match item {
        Ok(event) => filter.admits(event),
        Err(_) => true,
    };
    all.filter(move |item| future::ready(wanted(item))).boxed()
}

/// Reads the events at some positions, in the order given.
pub fn read_positions(pages: Arc<dyn Pages>, positions: Vec<Position>) -> EventStream {
    const POSITIONS_PER_PAGE: usize = 64;
    flatten(stream::unfold(Some(positions.into_iter()), move |positions| {
        let pages = Arc::clone(&pages);
        async move {
            let mut positions = positions?;
            let wanted: Vec<_> = positions.by_ref().take(POSITIONS_PER_PAGE).collect();
            if wanted.is_empty() {
                return None;
            }
            let read = page_at(&pages, wanted).await;
            let rest = if is_last(&read) { None } else { Some(positions) };
            Some((read, rest))
        }
    }))
}

/// The events at the positions of a page. They lie far from each other, so that each costs a read;
/// two threads share a page of many.
async fn page_at(pages: &Arc<dyn Pages>, mut wanted: Vec<Position>) -> Page {
    /// For fewer, waking a second thread takes as long as it saves.
    const SHARED_POSITIONS_MIN: usize = 16;
    let at = |wanted: Vec<Position>| page(pages, move |pages| pages.at(&wanted));
    if wanted.len() < SHARED_POSITIONS_MIN {
        return at(wanted).await;
    }
    let behind = wanted.split_off(wanted.len() / 2);
    let (mut read, behind) = future::join(at(wanted), at(behind)).await;
    if !is_last(&read) {
        read.extend(behind);
    }
    read
}

/// Reads from a position to the head, and on as the head moves, until the log is closed.
pub fn follow(pages: Arc<dyn Pages>, from: Position, head: HeadSignal) -> EventStream {
    flatten(stream::unfold(Some((from, head)), move |state| {
        let pages = Arc::clone(&pages);
        async move {
            let (start, mut head) = state?;
            let end = {
                let moved = head.wait_for(|head| head.is_none_or(|end| end > start)).await;
                (*moved.ok()?)?
            };
            let read = page(&pages, move |pages| pages.forwards(start, end)).await;
            let rest =
                if is_last(&read) { None } else { Some((start.plus(read.len() as u64), head)) };
            Some((read, rest))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use annals_events::codec::DecodeError;

    /// Pages on which nothing can be read from a position on.
    struct DamagedFrom(u64);

    impl Pages for DamagedFrom {
        fn forwards(&self, _: Position, _: Position) -> Result<Page, ReadError> {
            Ok(Page::new())
        }

        fn backwards(&self, _: Position, _: Position) -> Result<Page, ReadError> {
            Ok(Page::new())
        }

        /// Events that cannot be decoded stand for events: they end nothing either.
        fn at(&self, positions: &[Position]) -> Result<Page, ReadError> {
            let why = DecodeError::malformed(format_args!("a test"));
            let sound = positions.iter().take_while(|position| position.get() < self.0);
            let unreadable = |position| Err(ReadError::Unreadable { position, why: why.clone() });
            let mut page: Page = sound.copied().map(unreadable).collect();
            if page.len() < positions.len() {
                page.push(Err(ReadError::Closed));
            }
            Ok(page)
        }
    }

    #[tokio::test]
    async fn positions_come_in_order_up_to_the_first_damage_though_two_threads_read_them() {
        for (count, damaged_from) in [(5, 9), (16, 99), (51, 99), (200, 999), (51, 10), (200, 70)] {
            let pages = Arc::new(DamagedFrom(damaged_from));
            let positions = (0..count).map(Position::new).collect();
            let read: Vec<_> = read_positions(pages, positions).collect().await;
            let places = read.iter().map(|item| match item {
                Err(ReadError::Unreadable { position, .. }) => Some(position.get()),
                _ => None,
            });
            let sound = (0..count.min(damaged_from)).map(Some);
            let expected = sound.chain((damaged_from < count).then_some(None));
            assert!(places.eq(expected), "{count} positions, damage at {damaged_from}: {read:?}");
        }
    }
}
