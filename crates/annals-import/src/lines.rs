//! Lines of an input, with their numbers and a bound on their length.
//!
//! A line ends with LF or CR LF; the last may end without. A byte order mark of UTF-8 at the start
//! is passed over, one of UTF-16 ends the reading. A line that is too long is skipped, not kept, so
//! that a file without line ends cannot fill the memory.

use crate::ImportError;
use std::io::{self, BufRead as _, BufReader, Read};

/// The most bytes a line has: sixteen times the largest event a ledger takes.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;

/// What stands in a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The line's bytes, without its end.
    Bytes(Vec<u8>),
    /// The line is longer than [`LINE_BYTES_MAX`]; its bytes are gone.
    TooLong,
}

/// Reads lines.
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), number: 0 }
    }

    /// The next line and its number from 1; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Line)>, ImportError> {
        let line =
            self.read_line().map_err(|source| ImportError::Read { line: self.number, source })?;
        let Some(mut line) = line else { return Ok(None) };
        self.number += 1;
        if let Line::Bytes(bytes) = &mut line
            && self.number == 1
        {
            if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
                return Err(ImportError::Encoding { came: "UTF-16" });
            }
            if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
                bytes.drain(..3);
            }
        }
        Ok(Some((self.number, line)))
    }

    fn read_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut too_long = false;
        let mut anything = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() {
                break;
            }
            anything = true;
            let (part, used, ended) = match chunk.iter().position(|&byte| byte == b'\n') {
                Some(end) => (chunk.get(..end).unwrap_or_default(), end + 1, true),
                None => (chunk, chunk.len(), false),
            };
            if too_long || bytes.len() + part.len() > LINE_BYTES_MAX {
                too_long = true;
                bytes = Vec::new();
            } else {
                bytes.extend_from_slice(part);
            }
            self.input.consume(used);
            if ended {
                break;
            }
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(match (anything, too_long) {
            (false, _) => None,
            (true, true) => Some(Line::TooLong),
            (true, false) => Some(Line::Bytes(bytes)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(u64, Line)> {
        let mut lines = Lines::new(input);
        std::iter::from_fn(|| lines.next().expect("memory can be read")).collect()
    }

    #[test]
    fn ends_marks_and_numbers_are_those_of_the_file() {
        let bytes = |text: &str| Line::Bytes(text.as_bytes().to_vec());
        let expected = vec![(1, bytes("a")), (2, bytes("")), (3, bytes("c"))];
        assert_eq!(lines(b"\xEF\xBB\xBFa\r\n\nc"), expected);
        assert_eq!(lines(b"a\n\nc\n"), expected);
        assert_eq!(lines(b""), vec![]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let mut input = vec![b'x'; LINE_BYTES_MAX + 1];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&input), [(1, Line::TooLong), (2, Line::Bytes(b"next".to_vec()))]);
    }

    #[test]
    fn utf_16_ends_the_reading() {
        let error = Lines::new(&b"\xFF\xFEa\0"[..]).next().expect_err("not UTF-8");
        assert!(matches!(error, ImportError::Encoding { .. }));
    }
}
