//! The file `HEAD`: how long the log was and what its root was, kept outside the log, so that a log
//! that lost its end, or was exchanged, does not go unnoticed.
//!
//! ```text
//! annals head 2
//! size 3
//! root 4d0b0b5f…64 hexadecimal digits
//! recorded_at 2026-03-03T01:30:00Z
//! ```
//! It is replaced whole at close and at most once a second while appending, so it may lag the log;
//! it is never ahead of it. Version 1 had the same lines: in its day databases had no journal
//! beside them, without which a later log is not whole.

use crate::damage::Damage;
use crate::directory;
use crate::open_error::OpenError;
use annals_audit::Hash;
use annals_events::{Instant, Position};
use annals_log::Head;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const VERSION: u16 = 2;
/// From this one on every database has a journal.
const VERSION_WITH_JOURNALS: u16 = 2;

/// Why bytes are not the text of a head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadTextError {
    /// A later format.
    #[error("the head has format version {0}, this build reads 1 and 2: use a newer annals")]
    Newer(u16),
    /// A line is not as it must be.
    #[error("line {line} of the head is not as expected: {expected}")]
    Line {
        /// Which line, counted from 1.
        line: usize,
        /// What must stand there.
        expected: &'static str,
    },
}

/// The text kept for a head.
pub fn head_text(head: &Head) -> String {
    text_in_version(VERSION, head)
}

fn text_in_version(version: u16, head: &Head) -> String {
    let Head { next, root, recorded_at } = head;
    format!("annals head {version}\nsize {next}\nroot {root}\nrecorded_at {recorded_at}\n")
}

/// Reads the text of a head, strictly: only what [`head_text`] writes, or wrote in version 1, is
/// one.
///
/// # Errors
/// With the first line that is not as it must be.
pub fn parse_head_text(bytes: &[u8]) -> Result<Head, HeadTextError> {
    parse(bytes).map(|kept| kept.head)
}

/// What was kept.
pub(crate) struct KeptHead {
    pub(crate) head: Head,
    /// Whether every database must have a journal beside it.
    pub(crate) has_journals: bool,
}

fn parse(bytes: &[u8]) -> Result<KeptHead, HeadTextError> {
    let wrong = |line, expected| HeadTextError::Line { line, expected };
    let text = str::from_utf8(bytes).map_err(|_| wrong(1, "text in UTF-8"))?;
    let mut lines = text.lines();
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let version: u16 = value("annals head")
        .and_then(|version| version.parse().ok())
        .filter(|version| *version > 0)
        .ok_or(wrong(1, "annals head and a version"))?;
    if version > VERSION {
        return Err(HeadTextError::Newer(version));
    }
    let size = value("size")
        .and_then(|size| size.parse().ok())
        .ok_or(wrong(2, "size and the number of events"))?;
    let root =
        value("root").and_then(hash_from_hex).ok_or(wrong(3, "root and 64 hexadecimal digits"))?;
    let recorded_at: Instant = value("recorded_at")
        .and_then(|time| time.parse().ok())
        .ok_or(wrong(4, "recorded_at and a time in RFC 3339"))?;
    let head = Head { next: Position::new(size), root, recorded_at };
    if text_in_version(version, &head) != text {
        return Err(wrong(5, "the end, and nothing else"));
    }
    Ok(KeptHead { head, has_journals: version >= VERSION_WITH_JOURNALS })
}

fn hash_from_hex(digits: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Hash(hash))
}

/// The file a head is kept in.
pub(crate) struct HeadFile {
    path: PathBuf,
}

impl HeadFile {
    pub(crate) fn of(ledger_dir: &Path) -> Self {
        Self { path: ledger_dir.join("HEAD") }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was kept; `None` where there is no such file.
    pub(crate) fn read(&self) -> Result<Option<KeptHead>, OpenError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::io(&self.path)(error)),
        };
        match parse(&bytes) {
            Ok(kept) => Ok(Some(kept)),
            Err(HeadTextError::Newer(found)) => {
                Err(OpenError::Newer { file: self.path.clone(), found, known: VERSION })
            }
            Err(error) => Err(self.damage(Position::START, error.to_string()).into()),
        }
    }

    pub(crate) fn write(&self, head: &Head) -> io::Result<()> {
        directory::replace(&self.path, &head_text(head))
    }

    pub(crate) fn damage(&self, position: Position, what: String) -> Damage {
        Damage { position, file: self.path.clone(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head { next: Position::new(3), root: Hash([0xab; 32]), recorded_at: Instant::MIN }
    }

    #[test]
    fn a_head_is_read_back_as_it_was_written() {
        assert_eq!(parse_head_text(head_text(&head()).as_bytes()), Ok(head()));
        for (version, has_journals) in [(1, false), (2, true)] {
            let kept = parse(text_in_version(version, &head()).as_bytes()).unwrap();
            assert_eq!((kept.head, kept.has_journals), (head(), has_journals));
        }
    }

    #[test]
    fn only_the_exact_text_is_a_head() {
        let text = head_text(&head());
        for (changed, line) in [
            (text.replace("size 3", "size 03"), 5),
            (text.replace("size 3", "size -3"), 2),
            (text.replace("root ab", "root AB"), 5),
            (text.replace("root ab", "root a"), 3),
            (text.replace("recorded_at 1", "recorded_at x"), 4),
            (text.replace("annals head", "annals"), 1),
            (format!("{text}\n"), 5),
            (text.trim_end().to_owned(), 5),
        ] {
            match parse_head_text(changed.as_bytes()) {
                Err(HeadTextError::Line { line: found, .. }) => {
                    assert_eq!(found, line, "{changed}");
                }
                other => panic!("{other:?} for {changed}"),
            }
        }
        let newer = text.replace("annals head 2", "annals head 3");
        assert_eq!(parse_head_text(newer.as_bytes()), Err(HeadTextError::Newer(3)));
    }
}
