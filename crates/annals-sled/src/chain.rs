//! The chain of blocks: where it ends, and what the next block must be.
//!
//! The writer extends it, recovery and verification follow it; there is one set of rules. A chain
//! may begin behind sealed volumes: it starts from any end, the empty one or another.

use annals_audit::{Frontier, Hash, leaf_hash};
use annals_events::{Instant, Position};
use annals_log::{Block, BlockError, Head};

/// Where a chain of blocks ends.
#[derive(Clone, Debug)]
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

    pub(crate) fn next(&self) -> Position {
        Position::new(self.frontier.size())
    }

    pub(crate) fn head(&self) -> Head {
        Head { next: self.next(), root: self.root, recorded_at: self.recorded_at }
    }

    /// The hash of the last block's header.
    pub(crate) fn previous(&self) -> Hash {
        self.previous
    }

    /// Takes the bytes of one more record into the root to come.
    pub(crate) fn push(&mut self, record: &[u8], recorded_at: Instant) {
        self.frontier.push(leaf_hash(record));
        self.recorded_at = recorded_at;
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

    /// Follows the chain by one block as it is stored, and checks all that can be checked of it: key,
    /// place, checksum, chain, the order of times, and the root over its records. `kept` is a head
    /// the log must agree with once it is as long.
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
            if let Some(kept) = kept
                && kept.next == self.next()
                && kept.root != self.pushed_root()
            {
                let (size, root) = (kept.next, self.pushed_root());
                let kept = kept.root;
                return broken(format!(
                    "the root over the first {size} events is {root}, HEAD says {kept}"
                ));
            }
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
