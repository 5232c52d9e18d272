//! The chain of blocks: where it ends, and what the next block must be.
//!
//! The writer extends it, recovery and verification follow it; there is one set of rules. A chain
//! may begin behind sealed volumes: it starts from any end, the empty one or another.

use annals_audit::{Frontier, Hash, leaf_hash};
use annals_events::{Instant, Position};
use annals_log::{Block, BlockError, Head};

/// Where a chain of blocks ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChainEnd {
    frontier: Frontier,
    root: Hash,
    previous: Hash,
    recorded_at: Instant,
}

/// Why a block does not follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A newer annals wrote it, in this format version.
    Newer(u16),
    /// It is not what was written.
    Damaged(String),
}

impl ChainEnd {
    /// The end of a log without events.
    pub(crate) fn empty() -> Self {
        let frontier = Frontier::new();
        let root = frontier.root();
        Self { frontier, root, previous: Hash([0; 32]), recorded_at: Instant::MIN }
    }

    /// An end that was kept somewhere.
    pub(crate) fn at(frontier: Frontier, previous: Hash, recorded_at: Instant) -> Self {
        let root = frontier.root();
        Self { frontier, root, previous, recorded_at }
    }

    pub(crate) fn next(&self) -> Position {
        Position::new(self.frontier.size())
    }

    /// The edge of the Merkle tree over all records.
    pub(crate) fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    pub(crate) fn head(&self) -> Head {
        Head { next: self.next(), root: self.root, recorded_at: self.recorded_at }
    }

    /// When the last record was recorded.
    pub(crate) fn recorded_at(&self) -> Instant {
        self.recorded_at
    }

    /// The hash of the last block's header.
    pub(crate) fn previous(&self) -> Hash {
        self.previous
    }

    /// Takes the bytes of one more record into the root to come.
    pub(crate) fn push(&mut self, record: &[u8], recorded_at: Instant) {
        self.push_leaf(leaf_hash(record), recorded_at, |_, _| {});
    }

    /// Takes the leaf of one more record, and shows the nodes that are complete with it.
    pub(crate) fn push_leaf(
        &mut self,
        leaf: Hash,
        recorded_at: Instant,
        complete: impl FnMut(u32, Hash),
    ) {
        self.frontier.push_with(leaf, complete);
        self.recorded_at = recorded_at;
    }

    /// Takes the records of another chain, which was begun for itself behind this one, and shows
    /// the nodes that are complete with them and were not in the other. It must have been begun
    /// where a complete subtree over all its records can begin.
    pub(crate) fn append(&mut self, behind: &Self, complete: impl FnMut(u32, Hash)) {
        let appended = self.frontier.append(&behind.frontier, complete);
        appended.expect("chains are begun where whole subtrees can begin");
        self.recorded_at = behind.recorded_at;
    }

    /// The root over everything pushed.
    pub(crate) fn pushed_root(&self) -> Hash {
        self.frontier.root()
    }

    /// Ends the chain with a block whose records have been pushed.
    pub(crate) fn end_with(&mut self, block: &Block<'_>) {
        self.root = block.root();
        self.previous = block.header_hash();
    }

    /// Ends the chain with a block of which only the hash of its header is known.
    pub(crate) fn end_at(&mut self, header: Hash) {
        self.root = self.frontier.root();
        self.previous = header;
    }

    /// Whether what was pushed is what a head says that was kept of a log as long.
    pub(crate) fn agrees_with(&self, kept: &Head) -> Result<(), String> {
        let size = self.next();
        if kept.next != size {
            return Ok(());
        }
        let root = self.pushed_root();
        if kept.root != root {
            let says = kept.root;
            return Err(format!(
                "the root over the first {size} events is {root}, HEAD says {says}"
            ));
        }
        let (last, says) = (self.recorded_at, kept.recorded_at);
        if last == says {
            return Ok(());
        }
        Err(format!("the last of the first {size} events was recorded at {last}, HEAD says {says}"))
    }

    /// Follows the chain by one block as it is stored, and checks all that can be checked of it:
    /// key, place, checksum, chain, the order of times, and the root over its records. `kept` is a
    /// head the log must agree with once it is as long.
    pub(crate) fn follow<'a>(
        &mut self,
        key: &[u8],
        value: &'a [u8],
        kept: Option<&Head>,
    ) -> Result<Block<'a>, Broken> {
        let next = self.next();
        if *key != next.get().to_be_bytes() {
            let found = <[u8; 8]>::try_from(key).map(u64::from_be_bytes);
            let found = found.map_or("a foreign key".to_owned(), |first| format!("{first}"));
            return broken(format!("the next block begins at {found}, expected {next}"));
        }
        let block = Block::parse(value).map_err(|error| match error {
            BlockError::Version(version) => Broken::Newer(version),
            error => Broken::Damaged(error.to_string()),
        })?;
        if block.first() != next {
            let first = block.first();
            return broken(format!("the block says it begins at {first}, expected {next}"));
        }
        if block.previous() != self.previous {
            return broken("the block does not name the one before it".to_owned());
        }
        for (position, bytes) in block.records() {
            let record = annals_log::Record::parse(bytes)
                .map_err(|error| Broken::Damaged(error.to_string()))?;
            if record.recorded_at() < self.recorded_at {
                let (before, this) = (self.recorded_at, record.recorded_at());
                return broken(format!(
                    "the event at {position} was recorded at {this}, before {before} of the one \
                     before it"
                ));
            }
            self.push(bytes, record.recorded_at());
            kept.map_or(Ok(()), |kept| self.agrees_with(kept)).map_err(Broken::Damaged)?;
        }
        let root = self.pushed_root();
        if block.root() != root {
            let stored = block.root();
            return broken(format!("the root over its records is {root}, the block says {stored}"));
        }
        self.end_with(&block);
        Ok(block)
    }
}

fn broken<T>(what: String) -> Result<T, Broken> {
    Err(Broken::Damaged(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use annals_events::StreamVersion;
    use annals_log::{BlockBuilder, write_record};

    fn time(seconds: i64) -> Instant {
        Instant::from_unix_seconds(seconds)
    }

    /// A block with one record behind `end`, and the end behind it.
    fn next_block(end: &ChainEnd, seconds: i64) -> (Vec<u8>, ChainEnd) {
        let mut end = end.clone();
        let mut builder = BlockBuilder::new(end.next());
        let version = StreamVersion::new(1);
        let record = builder.push(|to| write_record(to, version, time(seconds), b"caller"));
        end.push(record, time(seconds));
        let block = builder.finish(end.previous(), end.pushed_root());
        end.end_with(&Block::parse(&block).unwrap());
        (block, end)
    }

    fn key(position: u64) -> [u8; 8] {
        position.to_be_bytes()
    }

    fn what(broken: Result<Block<'_>, Broken>) -> String {
        match broken {
            Err(Broken::Damaged(what)) => what,
            other => panic!("expected damage, came {other:?}"),
        }
    }

    #[test]
    fn following_the_blocks_that_were_written_comes_to_the_same_end() {
        let mut followed = ChainEnd::empty();
        let mut written = ChainEnd::empty();
        for position in 0..5 {
            let (block, end) = next_block(&written, 10);
            followed.follow(&key(position), &block, None).unwrap();
            written = end;
            assert_eq!(followed.head(), written.head());
        }
    }

    #[test]
    fn a_block_in_the_wrong_place_of_another_chain_or_time_does_not_follow() {
        let empty = ChainEnd::empty();
        let (first, end) = next_block(&empty, 10);
        let (second, _) = next_block(&end, 10);
        let (earlier, _) = next_block(&end, 9);
        let (_, other_end) = next_block(&empty, 11);
        let (of_another, _) = next_block(&other_end, 11);

        let follow = |key: &[u8], block| what(end.clone().follow(key, block, None));
        assert!(follow(&key(2), &second).contains("begins at 2, expected 1"));
        assert!(follow(b"foreign", &second).contains("a foreign key"));
        assert!(follow(&key(1), &first).contains("says it begins at 0, expected 1"));
        assert!(follow(&key(1), &of_another).contains("does not name the one before"));
        assert!(follow(&key(1), &earlier).contains("recorded at"));
        assert!(follow(&key(1), &second[1..]).contains("magic"));
        end.clone().follow(&key(1), &second, None).unwrap();
    }

    #[test]
    fn a_root_that_is_not_that_of_the_records_or_of_the_head_kept_does_not_follow() {
        let empty = ChainEnd::empty();
        let mut builder = BlockBuilder::new(Position::START);
        builder.push(|to| write_record(to, StreamVersion::new(1), time(1), b"caller"));
        let lying = builder.finish(empty.previous(), Hash([7; 32]));
        let came = what(empty.clone().follow(&key(0), &lying, None));
        assert!(came.contains("the root over its records"), "{came}");

        let (first, end) = next_block(&empty, 10);
        let right = end.head();
        empty.clone().follow(&key(0), &first, Some(&right)).unwrap();
        let wrong = Head { root: Hash([7; 32]), ..right };
        let came = what(empty.clone().follow(&key(0), &first, Some(&wrong)));
        assert!(came.contains("HEAD says 0707"), "{came}");
    }

    #[test]
    fn a_block_of_a_newer_format_is_told_from_damage() {
        let (mut block, _) = next_block(&ChainEnd::empty(), 10);
        block[4] = 9;
        let came = ChainEnd::empty().follow(&key(0), &block, None);
        assert!(matches!(came, Err(Broken::Newer(9))), "{came:?}");
    }
}
