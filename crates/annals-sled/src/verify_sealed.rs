//! Verification of one sealed volume: every record is read, and everything else in the file is held
//! against the records.
//!
//! The tables are not made again: an entry is right if the record it leads to says so, and a table
//! in which all are right, in order, and as many as there are records, is whole.

use crate::chain::ChainEnd;
use crate::flaw::Flaw;
use crate::place_hash::{full_hash_of_name, hash_of_id, stream_name};
use crate::recovery::Inspection;
use crate::sealed_volume::{Group, SealedVolume};
use crate::sealed_writer::NODE_LEVEL;
use annals_audit::leaf_hash;
use annals_events::Position;
use annals_log::{Head, ReadError, Record};

/// What the records say, to hold the tables against.
struct Seen {
    id_hashes: Vec<u64>,
    streams: Vec<(u64, u64)>,
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
    let count = usize::try_from(volume.next().get() - volume.first().get()).unwrap_or(0);
    let mut seen = Seen {
        id_hashes: Vec::with_capacity(count),
        streams: Vec::with_capacity(count),
        nodes: Vec::new(),
        end: volume.start().clone(),
    };
    let mut group = Group::default();
    for index in 0..volume.group_count() {
        let first = seen.end.next();
        volume.read_group(index, &mut group).map_err(|error| (first, as_flaw(error)))?;
        for (position, bytes) in group.records() {
            seen.take(bytes, position, kept, inspect)
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
        self.id_hashes.push(hash_of_id(summary.id));
        let name = full_hash_of_name(stream_name(&summary.stream));
        self.streams.push((name, record.stream_version().get()));
        kept.map_or(Ok(()), |kept| self.end.agrees_with(kept))
    }

    fn check_tables(&self, volume: &SealedVolume) -> Result<(), Flaw> {
        if volume.nodes()? != self.nodes {
            return Flaw::damaged("the nodes of the Merkle tree are not those of the records");
        }
        let first = volume.first().get();
        let (mut before, mut entries) = (None, 0);
        for place in volume.ids()?.iter() {
            let place = place?;
            let index = place.1.checked_sub(first).and_then(|index| usize::try_from(index).ok());
            let has = index.and_then(|index| self.id_hashes.get(index));
            if has != Some(&place.0) || before >= Some(place) {
                return Flaw::damaged(format!("the id table is wrong about position {}", place.1));
            }
            before = Some(place);
            entries += 1;
        }
        let mut streams = 0;
        let (mut placed, mut name_before) = (0, None);
        volume.streams()?.for_each(|name, part| {
            let hash = full_hash_of_name(name);
            for (place, version) in part.places.iter().zip(part.first_version.get()..) {
                if self.streams.get(*place as usize) != Some(&(hash, version)) {
                    let position = first + u64::from(*place);
                    return Flaw::damaged(format!(
                        "the stream table is wrong about position {position}"
                    ));
                }
            }
            if name_before.as_deref() >= Some(name) {
                return Flaw::damaged("the streams are not in order");
            }
            name_before = Some(name.to_vec());
            streams += 1;
            placed += part.places.len();
            Ok(())
        })?;
        if entries != self.id_hashes.len()
            || placed != self.streams.len()
            || streams != volume.streams()?.count()
        {
            return Flaw::damaged("the tables have other events than the volume");
        }
        Ok(())
    }
}

fn as_flaw(error: ReadError) -> Flaw {
    match error {
        ReadError::Io { what, .. } => Flaw::Io(std::io::Error::other(what)),
        ReadError::Damaged { what, .. } => Flaw::Damaged(what),
        error => Flaw::Damaged(error.to_string()),
    }
}
