//! What must hold across volumes: an id stands once in the whole log, and the events of a stream
//! are counted on from one volume to the next.

use crate::archive::Archive;
use crate::damage::Damage;
use crate::equal_hashes::EqualHashes;
use crate::flaw::Flaw;
use crate::index::Index;
use crate::open_error::OpenError;
use crate::open_volume::OpenVolume;
use crate::place_hash::{HASH_BITS, hash_of_id};
use crate::place_table::Place;
use crate::sealed_volume::SealedVolume;
use crate::streams_in_order::StreamsInOrder;
use annals_events::{Event, EventId, Position};
use annals_log::{ReadError, Record};
use std::collections::HashMap;
use std::path::PathBuf;

type Found = Result<(), (Position, OpenError)>;

/// What was read of a volume in sled.
pub(crate) struct InSled {
    index: Index,
    file: PathBuf,
}

impl InSled {
    pub(crate) fn new(index: Index, volume: &OpenVolume) -> Self {
        Self { index, file: volume.file().to_owned() }
    }

    fn damaged(&self, position: Position, what: String) -> (Position, OpenError) {
        (position, Damage { position, file: self.file.clone(), what }.into())
    }
}

/// In how many parts, by their hashes, ids are looked through, each by whichever thread comes to
/// it.
const ID_TASKS: usize = 8;

/// All volumes, to be held against each other.
pub(crate) struct Across<'v> {
    archive: &'v Archive,
    in_sled: Vec<InSled>,
    /// The ids of volumes in sled, sorted by hash as those of sealed volumes are.
    ids_in_sled: Vec<Place>,
    /// Hashes are looked at in so many parts, each of some thousand ids.
    parts: u64,
}

impl<'v> Across<'v> {
    pub(crate) fn of(archive: &'v Archive, in_sled: Vec<InSled>) -> Self {
        const IDS_TOGETHER: u64 = 8192;
        const PARTS_MIN: u64 = 8 * ID_TASKS as u64;
        const PARTS_MAX: u64 = 1 << 30;
        let mut ids_in_sled = Vec::new();
        for volume in &in_sled {
            let first = volume.index.first().get();
            let ids = volume.index.ids();
            ids_in_sled.extend(ids.map(|(id, at)| (hash_of_id(id), first + u64::from(at))));
        }
        ids_in_sled.sort_unstable();
        let ids = archive.end().next().get() + ids_in_sled.len() as u64;
        let parts = (ids / IDS_TOGETHER).clamp(PARTS_MIN, PARTS_MAX).next_power_of_two();
        Self { archive, in_sled, ids_in_sled, parts }
    }

    /// How many tasks it takes to check all, in the order in which what they find counts.
    pub(crate) fn tasks() -> usize {
        1 + ID_TASKS
    }

    /// Does one of them.
    pub(crate) fn check(&self, task: usize) -> Found {
        match task.checked_sub(1) {
            None => self.check_streams(),
            Some(part) => self.check_ids(part as u64),
        }
    }

    /// Holds the versions of all streams in all volumes against those before.
    fn check_streams(&self) -> Found {
        let volumes = self.archive.volumes();
        let damaged = |volume: usize, flaw| {
            let volume = volumes.get(volume).expect("only sealed volumes are read here");
            (volume.first(), flaw_in(volume, flaw))
        };
        let mut streams = StreamsInOrder::default();
        for (number, volume) in volumes.iter().enumerate() {
            streams.add_sealed(volume).map_err(|flaw| damaged(number, flaw))?;
        }
        for volume in &self.in_sled {
            streams.add_in_sled(&volume.index);
        }
        let (mut stream, mut last): (Option<Vec<u8>>, u64) = (None, 0);
        let mut wrong: Option<(usize, u32, String)> = None;
        let walked = streams.for_each(|name, span| {
            if stream.as_deref() != Some(name) {
                let stream = stream.get_or_insert_default();
                stream.clear();
                stream.extend_from_slice(name);
                last = 0;
            }
            let expected = last.saturating_add(1);
            last = span.last_version;
            let at = (span.volume, span.place);
            if span.first_version != expected
                && wrong.as_ref().is_none_or(|(volume, place, _)| at < (*volume, *place))
            {
                let (name, goes_on) = (String::from_utf8_lossy(name), span.first_version);
                let what =
                    format!("stream {name} goes on with version {goes_on}, expected {expected}");
                wrong = Some((span.volume, span.place, what));
            }
        });
        walked.map_err(|(volume, flaw)| damaged(volume, flaw))?;
        let Some((number, place, what)) = wrong else { return Ok(()) };
        match number.checked_sub(volumes.len()).and_then(|number| self.in_sled.get(number)) {
            Some(volume) => Err(volume.damaged(volume.index.first().plus(u64::from(place)), what)),
            None => Err(damaged(number, Flaw::Damaged(what))),
        }
    }

    /// Looks for ids that stand in two volumes, or twice in one, among those whose hashes lie in
    /// one part of all. The tables of sealed volumes are sorted by hash, so that a small part of
    /// all of them at a time is looked at together.
    fn check_ids(&self, task: u64) -> Found {
        let width = (1 << HASH_BITS) / self.parts;
        let parts = self.parts / ID_TASKS as u64;
        let start = task * parts * width;
        let damaged = |volume: &SealedVolume, flaw| (volume.first(), flaw_in(volume, flaw));
        let mut tables = Vec::new();
        for volume in self.archive.volumes() {
            let ids = volume.ids().and_then(|ids| ids.iter_from(start));
            tables.push((volume, ids.map_err(|flaw| damaged(volume, flaw))?));
        }
        let before = self.ids_in_sled.partition_point(|place| place.0 < start);
        let mut in_sled = self.ids_in_sled.get(before..).unwrap_or_default();
        let mut equal = EqualHashes::in_parts(self.parts);
        let mut together: Vec<Place> = Vec::new();
        for part in 1..=parts {
            let limit = start + part * width;
            together.clear();
            for (volume, table) in &mut tables {
                table.take_below(limit, &mut together).map_err(|flaw| damaged(volume, flaw))?;
            }
            let (here, behind) = in_sled.split_at(in_sled.partition_point(|place| place.0 < limit));
            together.extend_from_slice(here);
            in_sled = behind;
            equal.keep(&mut together);
            for equal in together.chunk_by(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1) {
                self.check_equal(equal)?;
            }
        }
        Ok(())
    }

    /// Events whose ids have the same hash must have different ids.
    fn check_equal(&self, places: &[Place]) -> Found {
        let mut ids: HashMap<EventId, Position> = HashMap::new();
        for place in places {
            let position = Position::new(place.1);
            let in_sled = self.in_sled.iter().rfind(|volume| volume.index.first() <= position);
            let sealed = self.archive.volume_of(position);
            let damaged = |what| match (sealed, in_sled) {
                (Some(volume), _) => {
                    Some((position, Flaw::Damaged(what).at(position, volume.path())))
                }
                (None, volume) => volume.map(|volume| volume.damaged(position, what)),
            };
            let id = match (sealed, in_sled) {
                (Some(volume), _) => {
                    let bytes = volume.record_bytes(position);
                    bytes.and_then(|bytes| id_of(position, &bytes))
                }
                (None, Some(volume)) => match volume.index.id_at(position) {
                    Some(id) => Ok(id),
                    None => continue,
                },
                (None, None) => continue,
            };
            let wrong = match id {
                Ok(id) => ids
                    .insert(id, position)
                    .map(|first| format!("event id {id} is at position {first} already")),
                Err(error) => Some(error.to_string()),
            };
            if let Some(damage) = wrong.and_then(damaged) {
                return Err(damage);
            }
        }
        Ok(())
    }
}

fn flaw_in(volume: &SealedVolume, flaw: Flaw) -> OpenError {
    flaw.at(volume.first(), volume.path())
}

fn id_of(position: Position, record: &[u8]) -> Result<EventId, ReadError> {
    let summary = Record::parse(record)
        .and_then(|record| Event::decode_summary(record.caller_bytes()))
        .map_err(|why| ReadError::Unreadable { position, why })?;
    Ok(summary.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::ChainEnd;
    use crate::directory;
    use crate::head_file::HeadFile;
    use crate::layout::Layout;
    use crate::options::Compression;
    use crate::sealed_writer::SealedWriter;
    use crate::verify::verify_directory;
    use annals_audit::Hash;
    use annals_events::{Instant, StreamId};
    use annals_log::{Block, BlockBuilder};
    use annals_testkit::{custom_event, record_of};

    /// Id, stream, version.
    type Said = (u128, &'static str, u64);

    fn record((id, stream, version): Said) -> Vec<u8> {
        record_of(&custom_event(id, &StreamId::party(stream).unwrap(), "1"), version)
    }

    /// Writes sealed volumes and a database behind them, each sound by itself, and gives what
    /// verification says: how many events are sound, where the damage is, in which kind of file,
    /// and what it is.
    fn verified(sealed: &[&[Said]], in_sled: &[Said]) -> (u64, Option<(u64, bool, String)>) {
        let dir = tempfile::tempdir().unwrap();
        Layout::create(dir.path()).unwrap();
        let layout = Layout::read(dir.path()).unwrap();
        let mut end = ChainEnd::empty();
        for volume in sealed {
            let path = layout.sealed_path(end.next());
            let mut writer = SealedWriter::create(&path, &end, Compression::None).unwrap();
            volume.iter().for_each(|said| writer.push(&record(*said)).unwrap());
            end = writer.finish(Hash([7; 32])).unwrap();
        }
        directory::create(&layout.open_path(end.next())).unwrap();
        let open = OpenVolume::open(&layout, end.next()).unwrap();
        for said in in_sled {
            let (first, mut builder) = (end.next(), BlockBuilder::new(end.next()));
            let bytes = builder.push(|to| to.extend_from_slice(&record(*said)));
            end.push(bytes, Instant::from_unix_seconds(9));
            let block = builder.finish(end.previous(), end.pushed_root());
            end.end_with(&Block::parse(&block).unwrap());
            open.put(first, &block).unwrap();
        }
        open.make_durable().unwrap();
        drop(open);
        HeadFile::of(dir.path()).write(&end.head()).unwrap();
        let report = verify_directory(dir.path()).unwrap();
        let damage = report.damage.map(|damage| {
            let is_sealed = damage.file.extension().is_some_and(|kind| kind == "sealed");
            (damage.position.get(), is_sealed, damage.what)
        });
        (report.events, damage)
    }

    /// What is wrong, where the events before `sound` are sound.
    fn wrong(sealed: &[&[Said]], in_sled: &[Said], sound: u64, at: (u64, bool)) -> String {
        let (events, damage) = verified(sealed, in_sled);
        let (position, is_sealed, what) = damage.expect("damage");
        assert_eq!((events, (position, is_sealed)), (sound, at), "{what}");
        what
    }

    const FIRST: &[Said] = &[(1, "anna", 1), (2, "bert", 1), (3, "anna", 2)];
    const SECOND: &[Said] = &[(4, "carl", 1), (5, "anna", 3)];

    #[test]
    fn an_id_that_stands_twice_in_the_log_is_damage_wherever_it_stands() {
        assert_eq!(verified(&[FIRST, SECOND], &[(6, "bert", 2), (7, "carl", 2)]), (7, None));
        let across = wrong(&[FIRST, &[(4, "carl", 1), (2, "dora", 1)]], &[], 3, (4, true));
        assert!(across.contains("is at position 1 already"), "{across}");
        let within = wrong(&[&[(1, "anna", 1), (1, "bert", 1)]], &[], 0, (1, true));
        assert!(within.contains("is at position 0 already"), "{within}");
        for id in 1..=5 {
            let in_sled =
                wrong(&[FIRST, SECOND], &[(6, "bert", 2), (id, "dora", 1)], 5, (6, false));
            assert!(in_sled.contains(&format!("is at position {} already", id - 1)), "{in_sled}");
        }
    }

    #[test]
    fn a_stream_that_does_not_go_on_where_it_ended_in_the_volume_before_is_damage() {
        let gap = wrong(&[FIRST, &[(4, "carl", 1), (5, "anna", 4)]], &[], 3, (3, true));
        assert!(gap.contains("stream anna goes on with version 4, expected 3"), "{gap}");
        let again = wrong(&[FIRST, &[(4, "carl", 1), (5, "anna", 2)]], &[], 3, (3, true));
        assert!(again.contains("stream anna goes on with version 2, expected 3"), "{again}");
        let begun = wrong(&[FIRST, &[(4, "carl", 2)]], &[], 3, (3, true));
        assert!(begun.contains("stream carl goes on with version 2, expected 1"), "{begun}");
        let last = wrong(&[FIRST, SECOND], &[(6, "bert", 2), (7, "zoe", 3)], 5, (6, false));
        assert!(last.contains("stream zoe goes on with version 3, expected 1"), "{last}");
        // What is wrong in the first volume counts, and the first event where that is in sled.
        let both = [(4, "carl", 2), (5, "anna", 3)];
        let first = wrong(&[FIRST, &both], &[(6, "anna", 9)], 3, (3, true));
        assert!(first.contains("stream carl"), "{first}");
        let in_order = [(6, "zoe", 2), (7, "anna", 9)];
        let first = wrong(&[FIRST, SECOND], &in_order, 5, (5, false));
        assert!(first.contains("stream zoe"), "{first}");
    }
}
