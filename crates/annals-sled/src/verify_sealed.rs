//! Verification of one sealed volume: every record is read, and everything else in the file is held
//! against the records.
//!
//! The records are read in parts, by whichever threads come to them, so that none has a whole
//! volume left when the others are done. A part begins where a complete subtree of the Merkle tree
//! can begin, and has a tree of its own, which is appended to those before it.
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
use annals_audit::{Frontier, Hash, leaf_hash};
use annals_events::{Instant, Position};
use annals_log::{Head, ReadError, Record};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// In about how many parts a volume is read.
const PARTS: u64 = 16;

/// With the first position concerned where something is damaged.
type Verified<T> = Result<T, (Position, Flaw)>;

/// Verifies a volume. `kept` is a head the log must agree with.
pub(crate) fn verify_sealed(
    volume: &SealedVolume,
    kept: Option<&Head>,
    inspect: Inspection,
) -> Verified<()> {
    let verification = SealedVerification::of(volume, kept, inspect);
    (0..verification.parts()).try_for_each(|part| verification.verify(part))
}

/// The verification of a volume, part by part.
pub(crate) struct SealedVerification<'v> {
    volume: &'v SealedVolume,
    kept: Option<&'v Head>,
    inspect: Inspection,
    key: MultisetKey,
    /// Where parts begin and, behind these, where the last one ends.
    limits: Vec<Position>,
    /// What was seen in each part that has been read.
    seen: Mutex<Vec<Option<Seen>>>,
}

/// What records say, to hold the tables against.
struct Seen {
    /// Hashes of ids with their positions.
    ids: MultisetHash,
    /// Hashes of streams' names with versions and places.
    streams: MultisetHash,
    nodes: Vec<u8>,
    /// The end of the chain behind them; of one that begins with them in all parts but the first.
    end: ChainEnd,
}

impl<'v> SealedVerification<'v> {
    pub(crate) fn of(
        volume: &'v SealedVolume,
        kept: Option<&'v Head>,
        inspect: Inspection,
    ) -> Self {
        let (first, next) = (volume.first(), volume.next());
        let mut limits = vec![first];
        // The root at a head that was kept within the volume takes a tree from its beginning on.
        if kept.is_none_or(|kept| kept.next <= first || kept.next >= next) {
            let events = ((next.get() - first.get()) / PARTS).max(1).next_power_of_two();
            let begins = (first.get() / events + 1..).map(|part| Position::new(part * events));
            limits.extend(begins.take_while(|begin| *begin < next));
        }
        let seen = Mutex::new(limits.iter().map(|_| None).collect());
        limits.push(next);
        Self { volume, kept, inspect, key: MultisetKey::random(), limits, seen }
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> usize {
        self.limits.len().saturating_sub(1)
    }

    /// Verifies a part; and, when all have been read, what spans them, and the tables.
    pub(crate) fn verify(&self, part: usize) -> Verified<()> {
        let Some([from, until]) = self.limits.get(part..).and_then(<[_]>::first_chunk) else {
            return Ok(());
        };
        let seen = self.read(*from..*until)?;
        let all = {
            let mut parts = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = parts.get_mut(part) {
                *place = Some(seen);
            }
            if parts.iter().any(Option::is_none) {
                return Ok(());
            }
            std::mem::take(&mut *parts)
        };
        self.check_all(all.into_iter().flatten())
    }

    /// Reads the records of a part.
    fn read(&self, part: Range<Position>) -> Verified<Seen> {
        let volume = self.volume;
        let first = volume.first();
        let mut seen = if part.start == first {
            Seen::behind(volume.start().clone(), self.key)
        } else {
            let recorded_at = self.recorded_before(part.start);
            Seen::behind(ChainEnd::at(Frontier::new(), Hash([0; 32]), recorded_at), self.key)
        };
        // In more parts than one, only the first has the tree that the root is made of.
        let kept = self.kept.filter(|_| self.parts() == 1);
        let mut group = Group::default();
        for index in volume.group_of(part.start)..volume.group_count() {
            let begin = volume.group_span(index).map_or(volume.next(), |(begin, _)| begin);
            if begin >= part.end {
                break;
            }
            volume.read_group(index, &mut group).map_err(|error| (begin, as_flaw(error)))?;
            for (position, bytes) in group.records().filter(|(at, _)| part.contains(at)) {
                let place = position.get() - first.get();
                seen.take(bytes, position, place, self.inspect)
                    .and_then(|()| kept.map_or(Ok(()), |kept| seen.end.agrees_with(kept)))
                    .map_err(|what| (position, Flaw::Damaged(what)))?;
            }
        }
        Ok(seen)
    }

    /// When the record before a part was recorded, as far as it can be read: where it cannot, that
    /// is what is wrong with the part before.
    fn recorded_before(&self, part: Position) -> Instant {
        let before = Position::new(part.get().saturating_sub(1));
        let bytes = self.volume.record_bytes(before).unwrap_or_default();
        Record::parse(&bytes).map_or(Instant::MIN, |record| record.recorded_at())
    }

    fn check_all(&self, mut parts: impl Iterator<Item = Seen>) -> Verified<()> {
        let (volume, first) = (self.volume, self.volume.first());
        let Some(mut seen) = parts.next() else { return Ok(()) };
        parts.for_each(|behind| seen.append(&behind));
        let damaged = |position, what| (position, Flaw::Damaged(what));
        let last = Position::new(volume.next().get().saturating_sub(1));
        let agrees = self.kept.map_or(Ok(()), |kept| seen.end.agrees_with(kept));
        agrees.map_err(|what| damaged(last, what))?;
        seen.end.end_at(volume.end().previous());
        if seen.end != *volume.end() {
            let (has, says) = (seen.end.head().root, volume.end().head().root);
            let what = format!("the root over its records is {has}, the footer says {says}");
            return Err(damaged(first, what));
        }
        seen.check_tables(volume, self.key).map_err(|flaw| (first, flaw))
    }
}

impl Seen {
    fn behind(end: ChainEnd, key: MultisetKey) -> Self {
        let none = MultisetHash::under(key);
        Self { ids: none, streams: none, nodes: Vec::new(), end }
    }

    fn take(
        &mut self,
        bytes: &[u8],
        position: Position,
        place: u64,
        inspect: Inspection,
    ) -> Result<(), String> {
        let record = Record::parse(bytes).map_err(|error| error.to_string())?;
        let summary = inspect(&record).map_err(|error| error.to_string())?;
        let (before, this) = (self.end.recorded_at(), record.recorded_at());
        if this < before {
            return Err(format!(
                "the event at {position} was recorded at {this}, before {before} of the one \
                 before it"
            ));
        }
        self.end.push_leaf(leaf_hash(bytes), this, nodes_to(&mut self.nodes));
        self.ids.add([hash_of_id(summary.id), position.get()]);
        let name = full_hash_of_name(stream_name(&summary.stream));
        self.streams.add([name, record.stream_version().get(), place]);
        Ok(())
    }

    /// Takes what was seen in the part behind.
    fn append(&mut self, behind: &Self) {
        self.ids.append(&behind.ids);
        self.streams.append(&behind.streams);
        // Parts are so small that the nodes kept are complete only here, or so large that each of
        // them is complete within one.
        self.nodes.extend_from_slice(&behind.nodes);
        self.end.append(&behind.end, nodes_to(&mut self.nodes));
    }

    fn check_tables(&self, volume: &SealedVolume, key: MultisetKey) -> Result<(), Flaw> {
        if volume.nodes()? != self.nodes {
            return Flaw::damaged("the nodes of the Merkle tree are not those of the records");
        }
        self.check_ids(volume, key)?;
        self.check_streams(volume, key)
    }

    fn check_ids(&self, volume: &SealedVolume, key: MultisetKey) -> Result<(), Flaw> {
        let (mut places, mut before) = (volume.ids()?.iter(), None);
        let mut ids = MultisetHash::under(key);
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

    fn check_streams(&self, volume: &SealedVolume, key: MultisetKey) -> Result<(), Flaw> {
        let mut streams = MultisetHash::under(key);
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

/// Takes the nodes that are kept, of all that are shown.
fn nodes_to(nodes: &mut Vec<u8>) -> impl FnMut(u32, Hash) {
    |level, node| {
        if level == NODE_LEVEL {
            nodes.extend_from_slice(&node.0);
        }
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
    use annals_log::write_record;
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

    /// A volume of these records behind so many others.
    fn volume_behind(before: u64, records: &[Vec<u8>]) -> (tempfile::TempDir, SealedVolume) {
        let mut start = ChainEnd::empty();
        (0..before).for_each(|number| start.push(&record(number), Instant::MIN));
        start.end_at(Hash([7; 32]));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sealed");
        let mut writer = SealedWriter::create(&path, &start, Compression::None).unwrap();
        for record in records {
            writer.push(record).unwrap();
        }
        writer.finish(Hash([8; 32])).unwrap();
        let volume = SealedVolume::open(&path).unwrap();
        (dir, volume)
    }

    #[test]
    fn a_volume_is_sound_wherever_it_begins_and_however_many_parts_it_is_read_in() {
        for (before, count) in [(0, 1), (0, 2), (5, 3), (0, 300), (3, 40), (100, 900), (700, 9000)]
        {
            let records: Vec<_> = (before..before + count).map(record).collect();
            let (_dir, volume) = volume_behind(before, &records);
            let verification = SealedVerification::of(&volume, None, summary_of);
            let parts = verification.parts() as u64;
            assert!((count.min(8)..=2 * PARTS).contains(&parts), "{parts} parts of {count}");
            // Whichever part is the last to be read, the whole is checked with it, and once.
            for part in (0..verification.parts()).rev() {
                let read = |seen: &Option<Seen>| seen.is_some();
                assert_eq!(
                    verification.seen.lock().unwrap().iter().filter(|seen| read(seen)).count(),
                    verification.parts() - 1 - part
                );
                verification.verify(part).unwrap();
            }
            assert!(verification.seen.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn a_time_that_runs_back_is_damage_at_every_place() {
        const COUNT: u64 = 120;
        for earlier in 1..COUNT {
            let at = |number| Instant::from_unix_seconds(if number == earlier { 8 } else { 9 });
            let records = (0..COUNT).map(|number| {
                let (bytes, mut timed) = (record(number), Vec::new());
                let record = Record::parse(&bytes).unwrap();
                let version = record.stream_version();
                write_record(&mut timed, version, at(number), record.caller_bytes());
                timed
            });
            let (_dir, volume) = volume_behind(0, &records.collect::<Vec<_>>());
            let verified = verify_sealed(&volume, None, summary_of);
            let Err((position, Flaw::Damaged(what))) = verified else {
                panic!("expected damage at {earlier}, came {verified:?}");
            };
            assert_eq!(position, Position::new(earlier));
            assert!(what.contains("of the one before it"), "{what}");
        }
    }

    #[test]
    fn a_head_that_was_kept_of_any_length_must_agree_with_the_volume() {
        const BEFORE: u64 = 5;
        const COUNT: u64 = 60;
        let records: Vec<_> = (BEFORE..BEFORE + COUNT).map(record).collect();
        let (_dir, volume) = volume_behind(BEFORE, &records);
        let mut end = volume.start().clone();
        for (place, bytes) in records.iter().enumerate() {
            end.push(bytes, Record::parse(bytes).unwrap().recorded_at());
            let mut right = end.clone();
            right.end_at(Hash([0; 32]));
            let right = right.head();
            verify_sealed(&volume, Some(&right), summary_of).unwrap();
            let later = Instant::from_unix_seconds(i64::from(u32::MAX));
            for wrong in
                [Head { root: Hash([9; 32]), ..right }, Head { recorded_at: later, ..right }]
            {
                let verified = verify_sealed(&volume, Some(&wrong), summary_of);
                let Err((position, Flaw::Damaged(what))) = verified else {
                    panic!("expected damage at {place}, came {verified:?}");
                };
                assert_eq!(position, volume.first().plus(place as u64));
                assert!(what.contains("HEAD says"), "{what}");
            }
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
