//! Salvage: every record of a damaged log that a checksum still vouches for, and which are lost.
//!
//! Opening stops at the first damage, since what stands behind it is proved by what stands before.
//! Salvage goes on: each group of a sealed volume and each block carries a checksum of its own and
//! says, or lies where it is known, at which position it begins. Nothing of the ledger is written.
//! Deliberately absent: a new log of what is left, in which every position behind a gap would be
//! another one, and no proof about it would hold.

use crate::damage::Damage;
use crate::flaw::Flaw;
use crate::head_file::HeadFile;
use crate::layout::Layout;
use crate::ledger_lock::LedgerLock;
use crate::open_error::OpenError;
use crate::open_volume::OpenVolume;
use crate::salvage_blocks::blocks_of;
use crate::salvage_sealed::groups_in;
use crate::sealed_volume::{Group, SealedVolume};
use crate::sound_block::SoundBlock;
use annals_audit::{Frontier, leaf_hash};
use annals_events::{Instant, Position};
use annals_log::{Block, Head, ReadError, Record};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Positions of which no sound record was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The first.
    pub first: Position,
    /// The one behind the last.
    pub until: Position,
    /// The file they lay in, or the directory it is missing from.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// What salvage found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// How many records were found.
    pub events: u64,
    /// How far the log is whole from its beginning, with the root over that.
    pub whole: Head,
    /// What `HEAD` says of the log; `None` where it cannot be read, so that nobody knows how much
    /// stood behind the last record found.
    pub kept: Option<Head>,
    /// What is lost, in order.
    pub lost: Vec<Lost>,
    /// Everything that is wrong with the files, in order.
    pub damage: Vec<Damage>,
}

/// Shows every sound record of a ledger's log with its position, in order.
///
/// # Errors
/// When there is no ledger, another process writes to it, or the operating system refuses to list
/// its files; and whatever `take` answers.
pub fn salvage_directory<E: From<OpenError>>(
    ledger_dir: &Path,
    mut take: impl FnMut(Position, &[u8]) -> Result<(), E>,
) -> Result<Salvaged, E> {
    if !ledger_dir.is_dir() {
        return Err(OpenError::Missing { dir: ledger_dir.to_owned() }.into());
    }
    let _lock = LedgerLock::share(ledger_dir)?;
    let mut pieces = Pieces::find(ledger_dir)?;
    pieces.all.sort_by_key(|piece| piece.first);
    let mut found = Found { kept: pieces.kept, ..Found::default() };
    let mut group = Group::default();
    for piece in &pieces.all {
        match &piece.records {
            Records::Group(group) => found.take_all(group.records(), &mut take)?,
            Records::Block(block) => {
                if let Ok(block) = Block::parse(&block.bytes) {
                    found.take_all(block.records(), &mut take)?;
                }
            }
            Records::InVolume(volume, index) => match volume.read_group(*index, &mut group) {
                Ok(()) => found.take_all(group.records(), &mut take)?,
                Err(error) => {
                    let what = match error {
                        ReadError::Damaged { what, .. } => what,
                        error => error.to_string(),
                    };
                    let (position, file) = (piece.first, volume.path().to_owned());
                    pieces.damage.push(Damage { position, file, what });
                }
            },
        }
    }
    if let Some(kept) = pieces.kept {
        found.miss_until(kept.next);
    }
    pieces.damage.extend(found.disagreement.take().map(|what| {
        let position = pieces.kept.map_or(Position::START, |kept| kept.next);
        HeadFile::of(ledger_dir).damage(position, what)
    }));
    pieces.damage.sort_by_key(|damage| damage.position);
    let lost = found.lost.iter().map(|(first, until)| pieces.lost(*first, *until)).collect();
    let whole = Head {
        next: Position::new(found.whole.size()),
        root: found.whole.root(),
        recorded_at: found.recorded_at.unwrap_or(Instant::MIN),
    };
    let Pieces { kept, damage, .. } = pieces;
    Ok(Salvaged { events: found.events, whole, kept, lost, damage })
}

/// Records that are found or lost together.
struct Piece {
    first: Position,
    records: Records,
}

enum Records {
    /// A group of a volume whose frame is sound, to be read.
    InVolume(Arc<SealedVolume>, usize),
    Group(Group),
    Block(SoundBlock),
}

/// Where records lie.
struct Pieces {
    layout: Layout,
    kept: Option<Head>,
    all: Vec<Piece>,
    damage: Vec<Damage>,
}

impl Pieces {
    fn find(ledger_dir: &Path) -> Result<Self, OpenError> {
        let head_file = HeadFile::of(ledger_dir);
        let layout = Layout::read(ledger_dir).map_err(OpenError::io(ledger_dir))?;
        let (kept, damage) = match head_file.read() {
            Ok(Some(kept)) => (Some(kept.head), Vec::new()),
            Ok(None) => {
                let what = "the file is missing".to_owned();
                (None, vec![head_file.damage(Position::START, what)])
            }
            Err(OpenError::Damaged { position, file, what }) => {
                (None, vec![Damage { position, file, what }])
            }
            Err(error) => (None, vec![head_file.damage(Position::START, error.to_string())]),
        };
        let mut pieces = Self { layout, kept, all: Vec::new(), damage };
        pieces.find_blocks();
        pieces.find_sealed();
        Ok(pieces)
    }

    fn find_sealed(&mut self) {
        let mut before: Option<Arc<SealedVolume>> = None;
        for (first, path) in self.layout.sealed().to_vec() {
            match SealedVolume::open(&path) {
                Ok(volume) => {
                    let volume = Arc::new(volume);
                    self.check_neighbours(before.as_deref(), &volume);
                    for index in 0..volume.group_count() {
                        let Some((first, _)) = volume.group_span(index) else { continue };
                        let records = Records::InVolume(Arc::clone(&volume), index);
                        self.all.push(Piece { first, records });
                    }
                    before = Some(volume);
                }
                Err(flaw) => {
                    let what = match flaw {
                        Flaw::Io(error) => error.to_string(),
                        Flaw::Damaged(what) => what,
                        Flaw::Newer(version) => format!("it says format version {version}"),
                    };
                    let groups = groups_in(&path, first, self.begins_behind(first));
                    self.damage.push(Damage { position: first, file: path, what });
                    self.all.extend(groups.into_iter().map(|group| Piece {
                        first: group.first(),
                        records: Records::Group(group),
                    }));
                    before = None;
                }
            }
        }
    }

    /// Says where two volumes that follow each other are not of one log.
    fn check_neighbours(&mut self, before: Option<&SealedVolume>, volume: &SealedVolume) {
        if let Some(before) = before
            && before.next() == volume.first()
            && before.end() != volume.start()
        {
            let what = format!(
                "the volume does not follow {}: one of them is of another log",
                before.path().display()
            );
            let (position, file) = (volume.first(), volume.path().to_owned());
            self.damage.push(Damage { position, file, what });
        }
    }

    fn find_blocks(&mut self) {
        for (first, dir) in self.layout.open().to_vec() {
            let file = OpenVolume::file_in(&dir);
            let (blocks, unclear) = blocks_of(&self.layout, first, self.kept.as_ref());
            self.damage.extend(unclear.into_iter().map(|position| Damage {
                position,
                file: file.clone(),
                what: "two blocks begin here, and nothing tells which is the log's".to_owned(),
            }));
            self.all.extend(
                blocks
                    .into_iter()
                    .map(|block| Piece { first: block.first, records: Records::Block(block) }),
            );
        }
    }

    /// Where the file behind the sealed one that begins here begins: another sealed one, or a
    /// database whose first block is found. One without may have been left behind unused.
    fn begins_behind(&self, first: Position) -> Option<Position> {
        let sealed = self.layout.sealed().iter().map(|(begins, _)| *begins);
        let is_used = |begins: &Position| self.all.iter().any(|piece| piece.first == *begins);
        let databases = self.layout.open().iter().map(|(begins, _)| *begins).filter(is_used);
        sealed.chain(databases).filter(|begins| *begins > first).min()
    }

    /// What is said of positions that were not found: the damage among them, else the file that
    /// they would lie in.
    fn lost(&self, first: Position, until: Position) -> Lost {
        let among = |damage: &&Damage| (first..until).contains(&damage.position);
        let lies_in = |(begins, _): &&(Position, PathBuf)| *begins <= first;
        if let Some(Damage { file, what, .. }) = self.damage.iter().find(among).cloned() {
            return Lost { first, until, file, what };
        }
        let files = self.layout.sealed().iter().chain(self.layout.open());
        let file = files.filter(lies_in).max_by_key(|(begins, _)| *begins);
        let file = file.map_or(self.layout.log_dir(), |(_, file)| file).to_owned();
        let what = "no sound record of these positions lies in it".to_owned();
        Lost { first, until, file, what }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    events: u64,
    next: Position,
    whole: Frontier,
    recorded_at: Option<Instant>,
    lost: Vec<(Position, Position)>,
    kept: Option<Head>,
    /// How what is whole and `HEAD` differ.
    disagreement: Option<String>,
}

impl Found {
    /// Takes records that are in order, but for those that another file had.
    fn take_all<'r, E>(
        &mut self,
        records: impl Iterator<Item = (Position, &'r [u8])>,
        take: &mut impl FnMut(Position, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for (position, bytes) in records {
            if position < self.next {
                continue;
            }
            self.miss_until(position);
            if self.lost.is_empty() {
                self.whole.push(leaf_hash(bytes));
                self.recorded_at = Record::parse(bytes).ok().map(|record| record.recorded_at());
                self.compare_with_head();
            }
            take(position, bytes)?;
            self.events += 1;
            self.next = position.plus(1);
        }
        Ok(())
    }

    fn compare_with_head(&mut self) {
        let size = self.whole.size();
        if let Some(kept) = self.kept.filter(|kept| kept.next.get() == size)
            && kept.root != self.whole.root()
        {
            let (root, says) = (self.whole.root(), kept.root);
            self.disagreement =
                Some(format!("the root over the first {size} events is {root}, HEAD says {says}"));
        }
    }

    fn miss_until(&mut self, position: Position) {
        if self.next < position {
            self.lost.push((self.next, position));
            self.next = position;
        }
    }
}
