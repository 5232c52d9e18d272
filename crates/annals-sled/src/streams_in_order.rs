//! All streams of all volumes in the order of their names, each from volume to volume: what must be
//! known of each is one number at a time, however many streams there are.
//!
//! The tables of sealed volumes are in that order, volumes in sled are put into it.

use crate::flaw::Flaw;
use crate::index::Index;
use crate::place_hash::stream_name;
use crate::sealed_volume::SealedVolume;
use crate::stream_table::{Numbers, Walk};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// What a volume has of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Which volume, in the order in which they were added.
    pub(crate) volume: usize,
    pub(crate) first_version: u64,
    pub(crate) last_version: u64,
    /// The place of the first event, where the volume is in sled.
    pub(crate) place: u32,
}

/// Goes through the streams of some volumes together.
#[derive(Default)]
pub(crate) struct StreamsInOrder<'v> {
    volumes: usize,
    ways: BinaryHeap<Reverse<Way<'v>>>,
}

impl<'v> StreamsInOrder<'v> {
    /// Adds a sealed volume, behind those added.
    pub(crate) fn add_sealed(&mut self, volume: &'v SealedVolume) -> Result<(), Flaw> {
        let (number, mut walk) = (self.volumes, volume.streams()?.walk());
        self.volumes += 1;
        if let Some(span) = walk.step()?.map(|(_, numbers)| Span::sealed(number, &numbers)) {
            self.ways.push(Reverse(Way { source: Source::Sealed(Box::new(walk)), span }));
        }
        Ok(())
    }

    /// Adds a volume in sled, behind those added.
    pub(crate) fn add_in_sled(&mut self, index: &'v Index) {
        let volume = self.volumes;
        self.volumes += 1;
        let streams = index.streams().map(|(stream, part)| {
            let (first_version, last_version) =
                (part.first_version.get(), part.last_version().get());
            let place = part.places.first().copied().unwrap_or_default();
            (stream_name(stream), Span { volume, first_version, last_version, place })
        });
        let mut rest: Vec<_> = streams.collect();
        // The last is taken first.
        rest.sort_unstable_by_key(|(name, _)| Reverse(*name));
        if let Some((name, span)) = rest.pop() {
            self.ways.push(Reverse(Way { source: Source::InSled { rest, name }, span }));
        }
    }

    /// Shows what each volume has of each stream; with the volume in which they end where one
    /// cannot be read.
    pub(crate) fn for_each(
        mut self,
        mut show: impl FnMut(&[u8], Span),
    ) -> Result<(), (usize, Flaw)> {
        while let Some(mut first) = self.ways.peek_mut() {
            let Reverse(way) = &mut *first;
            show(way.name(), way.span);
            let volume = way.span.volume;
            if !way.step().map_err(|flaw| (volume, flaw))? {
                PeekMut::pop(first);
            }
        }
        Ok(())
    }
}

impl Span {
    fn sealed(volume: usize, numbers: &Numbers<'_>) -> Self {
        let (first_version, last_version) = (numbers.first_version, numbers.last_version());
        Self { volume, first_version, last_version, place: 0 }
    }
}

/// The streams of a volume that are still to come, the last that came included.
struct Way<'v> {
    source: Source<'v>,
    span: Span,
}

enum Source<'v> {
    Sealed(Box<Walk<'v>>),
    InSled { rest: Vec<(&'v [u8], Span)>, name: &'v [u8] },
}

impl Way<'_> {
    fn name(&self) -> &[u8] {
        match &self.source {
            Source::Sealed(walk) => walk.name(),
            Source::InSled { name, .. } => name,
        }
    }

    /// Goes on to the next stream, if there is one.
    fn step(&mut self) -> Result<bool, Flaw> {
        let volume = self.span.volume;
        let next = match &mut self.source {
            Source::Sealed(walk) => walk.step()?.map(|(_, numbers)| Span::sealed(volume, &numbers)),
            Source::InSled { rest, name } => rest.pop().map(|(next, span)| {
                *name = next;
                span
            }),
        };
        Ok(next.map(|span| self.span = span).is_some())
    }
}

impl Ord for Way<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_name = self.name().cmp(other.name());
        by_name.then(self.span.volume.cmp(&other.span.volume))
    }
}

impl PartialOrd for Way<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Way<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Way<'_> {}
