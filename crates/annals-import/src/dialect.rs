//! How the lines of a table are cut into cells: the delimiter, quotes, blanks.
//!
//! As RFC 4180 has it, with any one character, or runs of blanks, between cells. A quote that does
//! not begin a cell is an ordinary character (`5" pipe`); text after a closing quote is refused,
//! because it nearly always means that a quote was forgotten. Cutting is resumable, so that a cell
//! which goes on in the next line is not read twice.

use crate::row::Row;

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Character(char),
    /// One or more spaces or tabs; blanks at the ends of the line do not count.
    Whitespace,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: Delimiter,
    pub(crate) quote: Option<char>,
    /// Whether blanks at the ends of a cell are dropped.
    pub(crate) trim: bool,
}

/// How far cutting a line came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The row is complete.
    Whole,
    /// A quoted cell goes on in the next line.
    Open,
    /// Text follows a closing quote.
    AfterQuote(String),
}

impl Dialect {
    /// Cuts a line into the cells of a row. `inside`: the line begins within a quoted cell.
    pub(crate) fn cut(&self, line: &str, row: &mut Row, mut inside: bool) -> Cut {
        let mut rest = line;
        loop {
            if !inside {
                let ahead = self.without_blanks(rest);
                match self.quote.and_then(|quote| ahead.strip_prefix(quote)) {
                    Some(after) => rest = after,
                    None => match self.plain_cell(rest, row) {
                        Some(after) => {
                            rest = after;
                            continue;
                        }
                        None => return Cut::Whole,
                    },
                }
            }
            inside = false;
            match self.quoted_cell(rest, row) {
                None => return Cut::Open,
                Some(after) => rest = after,
            }
            let blank_before = rest.len();
            rest = self.without_blanks(rest);
            if rest.is_empty() {
                return Cut::Whole;
            }
            match self.delimiter {
                Delimiter::Character(delimiter) => match rest.strip_prefix(delimiter) {
                    Some(after) => rest = after,
                    None => return Cut::AfterQuote(rest.to_owned()),
                },
                Delimiter::Whitespace if rest.len() == blank_before => {
                    return Cut::AfterQuote(rest.to_owned());
                }
                Delimiter::Whitespace => {}
            }
        }
    }

    /// Takes a cell without quotes; what follows its delimiter, or nothing where it is the last.
    fn plain_cell<'l>(&self, rest: &'l str, row: &mut Row) -> Option<&'l str> {
        let (cell, after) = match self.delimiter {
            Delimiter::Character(delimiter) => match rest.split_once(delimiter) {
                Some((cell, after)) => (cell, Some(after)),
                None => (rest, None),
            },
            Delimiter::Whitespace => {
                let rest = self.without_blanks(rest);
                let end = rest.find([' ', '\t']).unwrap_or(rest.len());
                let (cell, after) = rest.split_at(end);
                let after = self.without_blanks(after);
                (cell, Some(after).filter(|after| !after.is_empty()))
            }
        };
        row.push(cell);
        row.end_cell(self.trim);
        after
    }

    /// Takes the rest of a quoted cell; what follows its closing quote, or nothing where the quote
    /// is still open.
    fn quoted_cell<'l>(&self, mut rest: &'l str, row: &mut Row) -> Option<&'l str> {
        let quote = self.quote?;
        loop {
            let Some((text, after)) = rest.split_once(quote) else {
                row.push(rest);
                return None;
            };
            row.push(text);
            if let Some(after) = after.strip_prefix(quote) {
                row.push(quote.encode_utf8(&mut [0; 4]));
                rest = after;
            } else {
                row.end_cell(self.trim);
                return Some(after);
            }
        }
    }

    /// The text without the blanks at its start that are no delimiters.
    fn without_blanks<'l>(&self, text: &'l str) -> &'l str {
        match self.delimiter {
            Delimiter::Whitespace => text.trim_start_matches([' ', '\t']),
            Delimiter::Character(_) if !self.trim => text,
            Delimiter::Character(delimiter) => {
                text.trim_start_matches(|c| (c == ' ' || c == '\t') && c != delimiter)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(delimiter: Delimiter, line: &str) -> Result<Vec<String>, Cut> {
        let mut row = Row::at(1);
        let dialect = Dialect { delimiter, quote: Some('"'), trim: true };
        match dialect.cut(line, &mut row, false) {
            Cut::Whole => Ok(row.cells().map(ToOwned::to_owned).collect()),
            other => Err(other),
        }
    }

    #[test]
    fn lines_are_cut_as_rfc_4180_has_it() {
        let comma = Delimiter::Character(',');
        let expected = |cells: &[&str]| Ok(cells.iter().map(ToString::to_string).collect());
        assert_eq!(
            cells(comma, r#"a,"b,c", "d""e" ,5" pipe,"#),
            expected(&["a", "b,c", "d\"e", "5\" pipe", ""])
        );
        assert_eq!(cells(comma, ""), expected(&[""]));
        assert_eq!(cells(comma, "\"a"), Err(Cut::Open));
        assert_eq!(cells(comma, "\"a\"b,c"), Err(Cut::AfterQuote("b,c".to_owned())));
        assert_eq!(cells(Delimiter::Character('\t'), "a\t\t b \t"), expected(&["a", "", "b", ""]));
        assert_eq!(cells(Delimiter::Character('；'), "a；b"), expected(&["a", "b"]));
        assert_eq!(
            cells(Delimiter::Whitespace, "  a \t b  \"c d\" "),
            expected(&["a", "b", "c d"])
        );
    }

    #[test]
    fn a_quoted_cell_goes_on_where_the_line_before_ended() {
        let dialect =
            Dialect { delimiter: Delimiter::Character(','), quote: Some('"'), trim: true };
        let mut row = Row::at(1);
        assert_eq!(dialect.cut("1,\"first", &mut row, false), Cut::Open);
        row.push("\n");
        assert_eq!(dialect.cut("second\",3", &mut row, true), Cut::Whole);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["1", "first\nsecond", "3"]);
    }
}
