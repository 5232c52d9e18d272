//! The index of the open volume, saved when the log is closed in good order.
//!
//! ```text
//! head      magic "ANIX"; format version, u16: 1; 0, u16; CRC-32C of all that follows, u32
//! end       where the chain stands behind the volume, as in a sealed volume's footer
//! ids       count, u64; for each event in order its id, 16 bytes
//! streams   count, u64; for each: bytes of its name, the name, version of its first event here,
//!           count of events, place of the first, then how much further each next one lies
//! ```
//! Numbers without a size are of variable length; the others are little endian. It is used only
//! where `HEAD` and the last block of the database both agree with its end; else, and where it is
//! missing or damaged, the index is built from the blocks again.

use crate::chain::ChainEnd;
use crate::index::{Ids, Index, Streams};
use crate::open_volume::OpenVolume;
use crate::place_hash::{stream_name, stream_of_name};
use crate::sealed_footer::{chain_end, put_chain_end};
use crate::stream_table::StreamPart;
use crate::varint::{Reader, put_varint};
use annals_events::{EventId, Position, StreamVersion};
use annals_log::{FORMAT_VERSION, Head};
use foldhash::fast::RandomState;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use uuid::Uuid;

const MAGIC: [u8; 4] = *b"ANIX";

/// Saves the index of a volume behind which the chain stands at `end`.
pub(crate) fn save_index(path: &Path, index: &Index, end: &ChainEnd) -> io::Result<()> {
    let mut body = Vec::with_capacity(index.ids().len() * 24 + 4096);
    put_chain_end(&mut body, end);
    let mut ids: Vec<(u32, EventId)> = index.ids().map(|(id, place)| (place, id)).collect();
    ids.sort_unstable_by_key(|(place, _)| *place);
    body.extend_from_slice(&(ids.len() as u64).to_le_bytes());
    for (_, id) in &ids {
        body.extend_from_slice(id.as_bytes());
    }
    body.extend_from_slice(&(index.streams().len() as u64).to_le_bytes());
    for (stream, part) in index.streams() {
        let name = stream_name(stream);
        put_varint(&mut body, name.len() as u64);
        body.extend_from_slice(name);
        put_varint(&mut body, part.first_version.get());
        put_varint(&mut body, part.places.len() as u64);
        let mut before = 0;
        for place in &part.places {
            put_varint(&mut body, u64::from(place - before));
            before = *place;
        }
    }
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(&MAGIC)?;
    file.write_all(&FORMAT_VERSION.to_le_bytes())?;
    file.write_all(&[0, 0])?;
    file.write_all(&crc32c::crc32c(&body).to_le_bytes())?;
    file.write_all(&body)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// The index of a volume that begins behind `start`, and where the chain stands behind it; `None`
/// where what was saved is not that of this volume as it is.
pub(crate) fn load_index(
    path: &Path,
    volume: &OpenVolume,
    start: &ChainEnd,
    kept: Option<&Head>,
) -> Option<(Index, ChainEnd)> {
    let bytes = fs::read(path).ok()?;
    let mut reader = Reader(&bytes);
    let head = (reader.array()?, reader.array().map(u16::from_le_bytes)?, reader.array()?);
    if head != (MAGIC, FORMAT_VERSION, [0, 0]) || reader.u32()? != crc32c::crc32c(reader.0) {
        return None;
    }
    let end = chain_end(&mut reader)?;
    let kept = kept.filter(|kept| **kept == end.head())?;
    if !volume.ends_at(kept.next, end.previous(), start) {
        return None;
    }
    let index = read_index(&mut reader, start.next())?;
    let count = end.next().get().checked_sub(start.next().get())?;
    (reader.is_empty() && index.count() == count).then_some((index, end))
}

pub(crate) fn read_index(reader: &mut Reader<'_>, first: Position) -> Option<Index> {
    let ids = usize::try_from(reader.u64()?).ok()?;
    let ids = reader.bytes(ids.checked_mul(16)?)?.as_chunks::<16>().0;
    let (ids, streams) = thread::scope(|scope| {
        let ids = scope.spawn(|| read_ids(ids));
        let streams = read_streams(reader);
        (ids.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), streams)
    });
    Some(Index::from_parts(first, ids?, streams?))
}

fn read_ids(stored: &[[u8; 16]]) -> Option<Ids> {
    let mut ids = Ids::with_capacity_and_hasher(stored.len(), RandomState::default());
    for (place, id) in (0..).zip(stored) {
        ids.insert(EventId::new(Uuid::from_bytes(*id)).ok()?, place);
    }
    Some(ids)
}

fn read_streams(reader: &mut Reader<'_>) -> Option<Streams> {
    let count = usize::try_from(reader.u64()?).ok()?;
    // A stream takes three bytes or more.
    let count_max = reader.0.len() / 3;
    let mut streams =
        Streams::with_capacity_and_hasher(count.min(count_max), RandomState::default());
    for _ in 0..count {
        let length = reader.size()?;
        let stream = stream_of_name(reader.bytes(length)?)?;
        let first_version = StreamVersion::new(reader.varint()?);
        let count = reader.size()?;
        let mut places: Vec<u32> = Vec::with_capacity(count.min(reader.0.len()));
        for _ in 0..count {
            let before = places.last().copied().unwrap_or(0);
            places.push(before.checked_add(u32::try_from(reader.varint()?).ok()?)?);
        }
        streams.insert(stream, StreamPart { first_version, places });
    }
    Some(streams)
}
