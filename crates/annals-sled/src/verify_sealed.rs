//! Verification of one sealed volume: every record is read, and everything else in the file is held
//! against the records.
//!
//! The tables are not made again: they are right where they are in order and have the very entries
//! that follow from the records, which is told by a hash over either ([`crate::multiset_hash`]).

use crate::chain::ChainEnd;
use crate::flaw::Flaw;
use crate::multiset_hash::{MultisetHash, MultisetKey};
use crate::place_hash::{full_hash_of_name, hash_of_id, stream_name};
use crate::recovery::Inspection;
use crate::sealed_volume::{Group, SealedVolume};
use crate::sealed_writer::NODE_LEVEL;
use annals_audit::leaf_hash;
use annals_events::Position;
use annals_log::{Head, ReadError, Record};

/// What the records say, to hold the tables against.
struct Seen {
    /// Hashes of ids with their positions.
    ids: MultisetHash,
    /// Hashes of streams' names with versions and places.
    streams: MultisetHash,
    key: MultisetKey,
    nodes: Vec<u8>,
    end: ChainEnd,
}

/// Verifies a volume; with the first position concerned where it is damaged. `kept` is a head the
/// log must agree with.
pub(crate) fn verify_sealed(
    volume: &SealedVolume,
    kept: Option<&Head>,
    inspect: Inspection,
) -> Result<(), (Position, Flaw)> {
    let key = MultisetKey::random();
    let mut seen = Seen {
        ids: MultisetHash::under(key),
        streams: MultisetHash::under(key),
        key,
        nodes: Vec::new(),
        end: volume.start().clone(),
    };
    let mut group = Group::default();
    for index in 0..volume.group_count() {
        let first = seen.end.next();
        volume.read_group(index, &mut group).map_err(|error| (first, as_flaw(error)))?;
        for (place, (position, bytes)) in (seen.streams.count()..).zip(group.records()) {
            seen.take(bytes, position, place, kept, inspect)
                .map_err(|what| (position, Flaw::Damaged(what)))?;
        }
    }
    let first = volume.first();
    seen.end.end_at(volume.end().previous());
    if seen.end != *volume.end() {
        let (has, says) = (seen.end.head().root, volume.end().head().root);
        let what = format!("the root over its records is {has}, the footer says {says}");
        return Err((first, Flaw::Damaged(what)));
    }
    seen.check_tables(volume).map_err(|flaw| (first, flaw))
}

impl Seen {
    fn take(
        &mut self,
        bytes: &[u8],
        position: Position,
        place: u64,
        kept: Option<&Head>,
        inspect: Inspection,
    ) -> Result<(), String> {
        let record = Record::parse(bytes).map_err(|error| error.to_string())?;
        let summary = inspect(&record).map_err(|error| error.to_string())?;
        let (before, this) = (self.end.head().recorded_at, record.recorded_at());
        if this < before {
            return Err(format!(
                "the event at {position} was recorded at {this}, before {before} of the one \
                 before it"
            ));
        }
        let nodes = &mut self.nodes;
        self.end.push_leaf(leaf_hash(bytes), this, |level, node| {
            if level == NODE_LEVEL {
                nodes.extend_from_slice(&node.0);
            }
        });
        self.ids.add([hash_of_id(summary.id), position.get()]);
        let name = full_hash_of_name(stream_name(&summary.stream));
        self.streams.add([name, record.stream_version().get(), place]);
        kept.map_or(Ok(()), |kept| self.end.agrees_with(kept))
    }

    fn check_tables(&self, volume: &SealedVolume) -> Result<(), Flaw> {
        if volume.nodes()? != self.nodes {
            return Flaw::damaged("the nodes of the Merkle tree are not those of the records");
        }
        self.check_ids(volume)?;
        self.check_streams(volume)
    }

    fn check_ids(&self, volume: &SealedVolume) -> Result<(), Flaw> {
        let (mut places, mut before) = (volume.ids()?.iter(), None);
        let mut ids = MultisetHash::under(self.key);
        loop {
            let together = places.next_together()?;
            if together.is_empty() {
                break;
            }
            for place in together {
                if before >= Some(*place) {
                    return Flaw::damaged(format!("the id table is not in order at {place:?}"));
                }
                before = Some(*place);
                ids.add([place.0, place.1]);
            }
        }
        if ids.is_same(&self.ids) {
            return Ok(());
        }
        let (has, records) = (ids.count(), self.ids.count());
        Flaw::damaged(format!(
            "the id table does not have the ids of the records: it has {has} entries, there are \
             {records} records"
        ))
    }

    fn check_streams(&self, volume: &SealedVolume) -> Result<(), Flaw> {
        let mut streams = MultisetHash::under(self.key);
        let (mut walk, mut count) = (volume.streams()?.walk(), 0);
        let mut name_before: Option<Vec<u8>> = None;
        while let Some((name, numbers)) = walk.step()? {
            if name_before.as_deref() >= Some(name) {
                return Flaw::damaged("the streams are not in order");
            }
            let before = name_before.get_or_insert_default();
            before.clear();
            before.extend_from_slice(name);
            let (hash, mut version) = (full_hash_of_name(name), numbers.first_version);
            numbers.each_place(|place| {
                streams.add([hash, version, u64::from(place)]);
                version = version.wrapping_add(1);
            })?;
            count += 1;
        }
        if streams.is_same(&self.streams) && count == volume.streams()?.count() {
            return Ok(());
        }
        let (has, records) = (streams.count(), self.streams.count());
        Flaw::damaged(format!(
            "the stream table does not have the streams of the records: it has {has} events in \
             {count} streams, there are {records} records"
        ))
    }
}

fn as_flaw(error: ReadError) -> Flaw {
    match error {
        ReadError::Io { what, .. } => Flaw::Io(std::io::Error::other(what)),
        ReadError::Damaged { what, .. } => Flaw::Damaged(what),
        error => Flaw::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Compression;
    use crate::recovery::summary_of;
    use crate::region::Region;
    use crate::sealed_footer::{Frame, HEADER_BYTES, Section};
    use crate::sealed_writer::SealedWriter;
    use annals_audit::Hash;
    use annals_events::StreamId;
    use annals_testkit::{custom_event, record_of};
    use std::fs::{self, File};

    /// The first, second or third version and so on of one of three streams in turn.
    fn record(number: u64) -> Vec<u8> {
        let stream = StreamId::party(&format!("customer-{}", number % 3)).unwrap();
        record_of(&custom_event(u128::from(number) + 1, &stream, "1"), number / 3 + 1)
    }

    /// Writes a volume, changes its only page of a table, gives that its right checksum, and says
    /// what is wrong with the volume then.
    fn wrong_with(section: Section, change: impl FnOnce(&mut [u8])) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sealed");
        let start = ChainEnd::empty();
        let mut writer = SealedWriter::create(&path, &start, Compression::None).unwrap();
        (0..99).for_each(|number| writer.push(&record(number)).unwrap());
        writer.finish(Hash([7; 32])).unwrap();
        let frame = Frame::read(&Region::whole(File::open(&path).unwrap()).unwrap()).unwrap();
        let before: u64 = frame.sections[..section as usize].iter().map(|size| size.0).sum();
        let from = usize::try_from(HEADER_BYTES + before).unwrap();
        let end = from + usize::try_from(frame.size(section).0).unwrap() - 4;
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes[from..end]);
        let checksum = crc32c::crc32c(&bytes[from..end]);
        bytes[end..end + 4].copy_from_slice(&checksum.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        match verify_sealed(&SealedVolume::open(&path).unwrap(), None, summary_of) {
            Ok(()) => None,
            Err((position, Flaw::Damaged(what))) => {
                assert_eq!(position, Position::START);
                Some(what)
            }
            Err(other) => panic!("expected damage, came {other:?}"),
        }
    }

    fn position_of(bytes: &[u8], wanted: &[u8]) -> usize {
        bytes.windows(wanted.len()).position(|bytes| bytes == wanted).unwrap()
    }

    #[test]
    fn an_id_table_with_right_checksums_that_is_not_that_of_the_records_is_damage() {
        assert_eq!(wrong_with(Section::Ids, |_| ()), None);
        let other_position = wrong_with(Section::Ids, |page| page[9] ^= 1).unwrap();
        assert!(other_position.contains("does not have the ids"), "{other_position}");
        let other_hash = wrong_with(Section::Ids, |page| page[984] ^= 1).unwrap();
        assert!(other_hash.contains("does not have the ids"), "{other_hash}");
        let exchanged_positions = wrong_with(Section::Ids, |page| {
            let (first, second) = page.split_at_mut(10);
            first[5..].swap_with_slice(&mut second[5..10]);
        });
        assert!(exchanged_positions.unwrap().contains("does not have the ids"));
        let exchanged = wrong_with(Section::Ids, |page| {
            let (first, second) = page.split_at_mut(10);
            first.swap_with_slice(&mut second[..10]);
        });
        assert!(exchanged.unwrap().contains("not in order"));
        let twice = wrong_with(Section::Ids, |page| page.copy_within(..10, 10));
        assert!(twice.unwrap().contains("not in order"));
    }

    #[test]
    fn a_stream_table_with_right_checksums_that_is_not_that_of_the_records_is_damage() {
        // Behind a name: first version, count, bytes of the places, the first place, the gaps.
        let behind_first = |page: &[u8]| position_of(page, b"customer-0") + 10;
        assert_eq!(wrong_with(Section::Streams, |_| ()), None);
        let other_version = wrong_with(Section::Streams, |page| page[behind_first(page)] = 2);
        assert!(other_version.unwrap().contains("does not have the streams"));
        let other_place = wrong_with(Section::Streams, |page| {
            let gaps = behind_first(page) + 4;
            assert_eq!(page[gaps..gaps + 2], [3, 3]);
            page[gaps..gaps + 2].copy_from_slice(&[2, 4]);
        });
        assert!(other_place.unwrap().contains("does not have the streams"));
        let other_name = wrong_with(Section::Streams, |page| {
            let last = page.iter().rposition(|byte| *byte == b'2').unwrap();
            page[last] = b'3';
        });
        assert!(other_name.unwrap().contains("does not have the streams"));
        let same_name = wrong_with(Section::Streams, |page| {
            let last = page.iter().rposition(|byte| *byte == b'2').unwrap();
            page[last] = b'1';
        });
        assert!(same_name.unwrap().contains("not in order"));
    }
}
