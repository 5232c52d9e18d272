//! Writing a sealed volume, record by record.
//!
//! Everything but the records is made from them here, not taken from the index of the open volume:
//! a fault there must not be sealed for ever.

use crate::chain::ChainEnd;
use crate::flaw::Flaw;
use crate::options::Compression;
use crate::place_hash::{hash_of_id, stream_name};
use crate::place_table::{POSITION_LIMIT, Place, PlaceTableWriter};
use crate::sealed_footer::{Frame, SECTIONS, Section};
use crate::stream_table::{StreamPart, StreamTableWriter};
use crate::varint::put_varint;
use annals_audit::{Hash, leaf_hash};
use annals_events::{Event, StreamId};
use annals_log::Record;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// A group ends before the record with which it would be longer; one record may be longer alone.
const GROUP_BYTES: usize = 16 * 1024;
/// Nodes of this level are kept: one hash for 256 records.
pub(crate) const NODE_LEVEL: u32 = 8;

/// A sealed volume in the making.
pub(crate) struct SealedWriter {
    out: BufWriter<File>,
    compression: Compression,
    start: ChainEnd,
    end: ChainEnd,
    group: Vec<u8>,
    group_records: u32,
    groups_bytes: u64,
    group_table: Vec<u8>,
    ids: Vec<Place>,
    streams: HashMap<StreamId, StreamPart>,
    nodes: Vec<u8>,
}

impl SealedWriter {
    /// Begins a volume behind the end of the one before, in a file that is replaced.
    pub(crate) fn create(
        file: &Path,
        start: &ChainEnd,
        compression: Compression,
    ) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
        out.write_all(&Frame::header(compression, start))?;
        Ok(Self {
            out,
            compression,
            start: start.clone(),
            end: start.clone(),
            group: Vec::with_capacity(GROUP_BYTES),
            group_records: 0,
            groups_bytes: 0,
            group_table: Vec::new(),
            ids: Vec::new(),
            streams: HashMap::new(),
            nodes: Vec::new(),
        })
    }

    /// Adds the next record.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        let malformed = |error: annals_events::codec::DecodeError| Flaw::Damaged(error.to_string());
        let record = Record::parse(bytes).map_err(malformed)?;
        let summary = Event::decode_summary(record.caller_bytes()).map_err(malformed)?;
        let position = self.end.next().get();
        let place = u32::try_from(self.ids.len())
            .ok()
            .filter(|_| position < POSITION_LIMIT)
            .ok_or_else(|| Flaw::Damaged("the volume is too long to be sealed".to_owned()))?;
        if !self.group.is_empty() && self.group.len() + bytes.len() + 3 > GROUP_BYTES {
            self.end_group()?;
        }
        put_varint(&mut self.group, bytes.len() as u64);
        self.group.extend_from_slice(bytes);
        self.group_records += 1;
        self.ids.push((hash_of_id(summary.id), position));
        if let Some(part) = self.streams.get_mut(&summary.stream) {
            part.places.push(place);
        } else {
            let first_version = record.stream_version();
            let part = StreamPart { first_version, places: vec![place] };
            self.streams.insert(summary.stream, part);
        }
        let nodes = &mut self.nodes;
        self.end.push_leaf(leaf_hash(bytes), record.recorded_at(), |level, node| {
            if level == NODE_LEVEL {
                nodes.extend_from_slice(&node.0);
            }
        });
        Ok(())
    }

    fn end_group(&mut self) -> io::Result<()> {
        let raw = std::mem::take(&mut self.group);
        let compressed;
        let stored = match self.compression {
            Compression::None => &raw,
            Compression::Lz4 => {
                compressed = lz4_flex::block::compress(&raw);
                &compressed
            }
        };
        self.out.write_all(stored)?;
        self.groups_bytes += stored.len() as u64;
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a group is below 128 KiB");
        for number in [size(stored), size(&raw), self.group_records, crc32c::crc32c(stored)] {
            self.group_table.extend_from_slice(&number.to_le_bytes());
        }
        self.group = raw;
        self.group.clear();
        self.group_records = 0;
        Ok(())
    }

    /// Writes all that stands behind the records and syncs the file. `previous` is the hash of the
    /// header of the last block. Gives where the chain then stands.
    pub(crate) fn finish(mut self, previous: Hash) -> io::Result<ChainEnd> {
        if !self.group.is_empty() {
            self.end_group()?;
        }
        self.end.end_at(previous);
        let mut sections = [(0, 0); SECTIONS];
        let mut note = |section: Section, length: u64, checksum: u32| {
            if let Some(place) = sections.get_mut(section as usize) {
                *place = (length, checksum);
            }
        };
        note(Section::Groups, self.groups_bytes, 0);
        let out = &mut self.out;
        let mut put = |section, bytes: &[u8], out: &mut BufWriter<File>| {
            note(section, bytes.len() as u64, crc32c::crc32c(bytes));
            out.write_all(bytes)
        };
        put(Section::GroupTable, &self.group_table, out)?;

        let mut streams: Vec<_> = self.streams.into_iter().collect();
        streams.sort_unstable_by(|a, b| stream_name(&a.0).cmp(stream_name(&b.0)));
        let mut pages = Counted { to: out, bytes: 0 };
        let mut table = StreamTableWriter::new(streams.len() as u64);
        for (stream, part) in &streams {
            table.push(stream_name(stream), part, &mut pages)?;
        }
        let resident = table.finish(&mut pages)?;
        let streams_bytes = pages.bytes;
        put(Section::StreamsResident, &resident, out)?;

        self.ids.sort_unstable();
        let mut pages = Counted { to: out, bytes: 0 };
        let mut table = PlaceTableWriter::new(self.ids.len() as u64);
        for place in &self.ids {
            table.push(*place, &mut pages)?;
        }
        let resident = table.finish(&mut pages)?;
        let ids_bytes = pages.bytes;
        put(Section::IdsResident, &resident, out)?;
        put(Section::Nodes, &self.nodes, out)?;
        note(Section::Streams, streams_bytes, 0);
        note(Section::Ids, ids_bytes, 0);

        let (compression, start, end) = (self.compression, self.start, self.end);
        let frame = Frame { compression, start, end, sections };
        self.out.write_all(&frame.ending())?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(frame.end)
    }
}

/// Counts what is written.
struct Counted<'a, W> {
    to: &'a mut W,
    bytes: u64,
}

impl<W: io::Write> io::Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed_volume::SealedVolume;
    use annals_events::{
        Custom, CustomKind, Envelope, EventId, Instant, JsonText, OccurredAt, Payload,
        StreamVersion,
    };
    use annals_log::write_record;
    use std::fmt::Write as _;
    use uuid::Uuid;

    /// Records 0 to 299 of three streams and the ledger's own, in one place for ever.
    fn records() -> Vec<Vec<u8>> {
        let record = |number: u64| {
            let id = EventId::new(Uuid::from_u128(u128::from(number) + 1)).unwrap();
            let stream = match number % 4 {
                3 => StreamId::Ledger,
                other => StreamId::party(&format!("customer-{other}")).unwrap(),
            };
            let at = OccurredAt::utc(Instant::from_unix_seconds(1_700_000_000));
            let kind = CustomKind::new("x.golden").unwrap();
            let data = JsonText::new(&format!("{{\"number\":{number}}}")).unwrap();
            let payload = Payload::Custom(Custom { kind, data });
            let event = Event::new(Envelope::new(id, stream, at), payload).unwrap();
            let mut bytes = Vec::new();
            let (version, at) = (StreamVersion::new(number / 4 + 1), Instant::from_unix_seconds(9));
            write_record(&mut bytes, version, at, &event.encode().unwrap());
            bytes
        };
        (0..300).map(record).collect()
    }

    fn write(file: &Path, records: &[Vec<u8>], start: &ChainEnd) -> ChainEnd {
        let mut writer = SealedWriter::create(file, start, Compression::None).unwrap();
        for record in records {
            writer.push(record).unwrap();
        }
        writer.finish(Hash([7; 32])).unwrap()
    }

    /// Goal: no change of code changes a byte of a sealed volume unnoticed. Method: two small
    /// volumes, one behind the other, are written anew and must be the bytes kept here since format
    /// version 1. Other bytes are another format version: write a new file, never change this one.
    #[test]
    fn a_sealed_volume_has_the_bytes_that_format_version_1_gave_it() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        let records = records();
        let end = write(&first, &records[..20], &ChainEnd::empty());
        write(&second, &records[20..], &end);
        let mut text = String::new();
        for file in [&first, &second] {
            for line in std::fs::read(file).unwrap().chunks(32) {
                for byte in line {
                    write!(text, "{byte:02x}").unwrap();
                }
                text.push('\n');
            }
            text.push('\n');
        }
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sealed-v1.hex");
        if !golden.exists() && std::env::var("ANNALS_BLESS").as_deref() == Ok("1") {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, &text).unwrap();
        }
        assert!(std::fs::read_to_string(&golden).unwrap() == text, "other bytes than version 1");

        let volume = SealedVolume::open(&second).unwrap();
        assert_eq!((volume.first().get(), volume.next().get()), (20, 300));
        assert_eq!(volume.nodes().unwrap().len(), 32);
        for (position, record) in (20..).zip(&records[20..]) {
            let read = volume.record_bytes(annals_events::Position::new(position)).unwrap();
            assert_eq!(read, *record);
        }
        crate::verify_sealed::verify_sealed(&volume, None, crate::recovery::summary_of).unwrap();
    }
}
