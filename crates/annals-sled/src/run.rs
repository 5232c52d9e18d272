//! A run: the ids and streams of several sealed volumes in one pair of sorted tables.
//!
//! ```text
//! sections  pages of the id table; pages of the stream table; resident parts of both
//! footer    magic "ANRN"; format version, u16: 1; 0, u16; first position, u64; position behind the
//!           last, u64; RFC 6962 root over all records before that, 32 bytes; entries of the id
//!           table, u64, and of the stream table, u64; bytes of the resident parts, u64 each;
//!           their CRC-32C, u32 each; CRC-32C of the footer before this, u32
//! ```
//! All integers are little endian. In the stream table an entry leads from the hash of a name to
//! the position of the stream's first event in a volume, which says which volume to ask. A run is
//! derived from its volumes: where it is missing, damaged or not of this log (its root says), it is
//! left aside and made again.

use crate::archive::Source;
use crate::flaw::Flaw;
use crate::place_hash::hash_of_name;
use crate::place_table::{Place, PlaceTable, PlaceTableWriter, pages_bytes};
use crate::region::{Region, checked};
use crate::sealed_volume::SealedVolume;
use crate::varint::Reader;
use annals_audit::Hash;
use annals_events::Position;
use annals_log::FORMAT_VERSION;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const MAGIC: [u8; 4] = *b"ANRN";
const FOOTER_BYTES: u64 = 4 + 2 + 2 + 8 + 8 + 32 + 4 * 8 + 2 * 4 + 4;

/// A run that is sound as far as its resident parts go.
#[derive(Debug)]
pub(crate) struct Run {
    path: PathBuf,
    first: Position,
    next: Position,
    root: Hash,
    ids: PlaceTable,
    streams: PlaceTable,
}

impl Run {
    pub(crate) fn open(path: &Path) -> Result<Self, Flaw> {
        let file = Region::whole(File::open(path)?)?;
        let end = file.length().saturating_sub(FOOTER_BYTES);
        let footer = file.read(end, FOOTER_BYTES)?;
        let mut reader = Reader(checked(&footer, "the footer")?);
        let head = (reader.array(), reader.array().map(u16::from_le_bytes), reader.array());
        if head != (Some(MAGIC), Some(FORMAT_VERSION), Some([0, 0])) {
            return Flaw::damaged("the footer is not that of a run of this version");
        }
        let mut number = || reader.u64().unwrap_or_default();
        let (first, next) = (Position::new(number()), Position::new(number()));
        let root = Hash(reader.array().unwrap_or_default());
        let mut number = || reader.u64().unwrap_or_default();
        let [ids, streams, ids_resident, streams_resident] = [(); 4].map(|()| number());
        let mut checksum = || reader.u32().unwrap_or_default();
        let checksums = [checksum(), checksum()];
        let mut offset = 0;
        let mut section = |length: u64| {
            let part = file.part(offset, length);
            offset = offset.saturating_add(length);
            part
        };
        let (id_pages, stream_pages) = (section(pages_bytes(ids))?, section(pages_bytes(streams))?);
        let residents = [section(ids_resident)?, section(streams_resident)?];
        if offset != end {
            return Flaw::damaged("the sections do not fill the file");
        }
        let [ids_part, streams_part] = residents;
        let [ids_checksum, streams_checksum] = checksums;
        let ids_part = ids_part.read_checked(ids_checksum, "resident part of the ids")?;
        let streams_part = streams_part.read_checked(streams_checksum, "that of the streams")?;
        let ids = PlaceTable::new(id_pages, ids, &ids_part)?;
        let streams = PlaceTable::new(stream_pages, streams, &streams_part)?;
        Ok(Self { path: path.to_owned(), first, next, root, ids, streams })
    }

    /// Makes a run over sources that follow each other; `None` where it was told to stop. The file
    /// is synced.
    pub(crate) fn write(
        path: &Path,
        sources: &[Source],
        stop: &AtomicBool,
    ) -> Result<Option<()>, Flaw> {
        let (Some(first), Some(last)) = (sources.first(), sources.last()) else {
            return Flaw::damaged("a run over nothing");
        };
        let mut writer = RunWriter::create(path)?;
        for part in [Part::Ids, Part::Streams] {
            let places = sources.iter().map(|source| part.places(source));
            let places = places.collect::<Result<Vec<_>, _>>()?;
            let count = places.iter().map(|(count, _)| count).sum();
            let merged = Merge::of(places.into_iter().map(|(_, places)| places))?;
            if writer.table(count, merged, stop)?.is_none() {
                return Ok(None);
            }
        }
        writer.finish(first.first(), last.next(), last.root())?;
        Ok(Some(()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn first(&self) -> Position {
        self.first
    }

    pub(crate) fn next(&self) -> Position {
        self.next
    }

    /// The root over all records up to its end.
    pub(crate) fn root(&self) -> Hash {
        self.root
    }

    /// Adds where events with this hash of their ids may lie.
    pub(crate) fn find_id(&self, hash: u64, found: &mut Vec<Position>) -> Result<(), Flaw> {
        self.ids.find(hash, found)
    }

    /// Adds a position in each volume that may have events of a stream whose name has this hash.
    pub(crate) fn find_stream(&self, hash: u64, found: &mut Vec<Position>) -> Result<(), Flaw> {
        self.streams.find(hash, found)
    }
}

/// Writes the file of a run: the table of ids, then that of streams, then what ends it.
pub(crate) struct RunWriter {
    out: BufWriter<File>,
    tables: Vec<(u64, Vec<u8>)>,
}

impl RunWriter {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(Self { out, tables: Vec::new() })
    }

    /// Writes a table of so many entries, which come in order; `None` where it was told to stop.
    pub(crate) fn table(
        &mut self,
        count: u64,
        places: impl Iterator<Item = Result<Place, Flaw>>,
        stop: &AtomicBool,
    ) -> Result<Option<()>, Flaw> {
        let mut table = PlaceTableWriter::new(count);
        for place in places {
            let place = place?;
            if place.1.is_multiple_of(4096) && stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            table.push(place, &mut self.out)?;
        }
        self.tables.push((count, table.finish(&mut self.out)?));
        Ok(Some(()))
    }

    /// Writes the resident parts and the footer, and syncs the file.
    pub(crate) fn finish(mut self, first: Position, next: Position, root: Hash) -> io::Result<()> {
        let mut footer = MAGIC.to_vec();
        footer.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        footer.extend_from_slice(&[0, 0]);
        for position in [first, next] {
            footer.extend_from_slice(&position.get().to_le_bytes());
        }
        footer.extend_from_slice(&root.0);
        for (count, _) in &self.tables {
            footer.extend_from_slice(&count.to_le_bytes());
        }
        for (_, resident) in &self.tables {
            self.out.write_all(resident)?;
            footer.extend_from_slice(&(resident.len() as u64).to_le_bytes());
        }
        for (_, resident) in &self.tables {
            footer.extend_from_slice(&crc32c::crc32c(resident).to_le_bytes());
        }
        footer.extend_from_slice(&crc32c::crc32c(&footer).to_le_bytes());
        self.out.write_all(&footer)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

#[derive(Clone, Copy)]
enum Part {
    Ids,
    Streams,
}

type PlaceIterator<'a> = Box<dyn Iterator<Item = Result<Place, Flaw>> + 'a>;

impl Part {
    fn places(self, source: &Source) -> Result<(u64, PlaceIterator<'_>), Flaw> {
        let table = match (self, source) {
            (Self::Ids, Source::Run(run)) => &run.ids,
            (Self::Streams, Source::Run(run)) => &run.streams,
            (Self::Ids, Source::Volume(volume)) => volume.ids()?,
            (Self::Streams, Source::Volume(volume)) => {
                let places = stream_places(volume)?;
                return Ok((places.len() as u64, Box::new(places.into_iter().map(Ok))));
            }
        };
        Ok((table.count(), Box::new(table.iter())))
    }
}

fn stream_places(volume: &SealedVolume) -> Result<Vec<Place>, Flaw> {
    let mut places = Vec::new();
    volume.streams()?.for_each(|name, part| {
        let first = part.places.first().copied().unwrap_or_default();
        places.push((hash_of_name(name), volume.first().get() + u64::from(first)));
        Ok(())
    })?;
    places.sort_unstable();
    Ok(places)
}

/// Several sorted sequences as one.
struct Merge<'a> {
    sequences: Vec<PlaceIterator<'a>>,
    heads: BinaryHeap<Reverse<(Place, usize)>>,
}

impl<'a> Merge<'a> {
    fn of(sequences: impl Iterator<Item = PlaceIterator<'a>>) -> Result<Self, Flaw> {
        let mut merge = Self { sequences: sequences.collect(), heads: BinaryHeap::new() };
        for index in 0..merge.sequences.len() {
            merge.draw(index)?;
        }
        Ok(merge)
    }

    fn draw(&mut self, index: usize) -> Result<(), Flaw> {
        if let Some(place) = self.sequences.get_mut(index).and_then(Iterator::next) {
            self.heads.push(Reverse((place?, index)));
        }
        Ok(())
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<Place, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((place, index)) = self.heads.pop()?;
        Some(self.draw(index).map(|()| place))
    }
}
