//! Text to records of cells, strictly by RFC 4180.
//!
//! The crate `csv` accepts text after a closing quotation mark and a missing closing one, and so merges rows without an
//! error. A merged row is an order that is lost. Here, both are errors.

use crate::error::Error;

/// Most cells of a record.
const MOST_CELLS: usize = 1_000;

/// Most lines of a record.
const MOST_LINES: u64 = 200;

/// Row of a file, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Number of the record, from 1. Empty ones count.
    pub(crate) number: u32,
    /// Line in which the record begins, from 1.
    pub(crate) line: u64,
    /// Line in which the record ends.
    pub(crate) last_line: u64,
    /// Cells.
    pub(crate) cells: Vec<String>,
    /// Whether the rest of the line was skipped after a stray quotation mark.
    pub(crate) has_stray_quote: bool,
    /// Number of delimiters in each line of a record with several lines, whether quoted or not.
    pub(crate) delimiters: Vec<usize>,
}

impl Record {
    /// Returns whether all cells are empty.
    pub(crate) fn is_blank(&self) -> bool {
        !self.has_stray_quote && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// Returns whether two or more lines of the record look like rows of their own.
    pub(crate) fn has_swallowed_rows(&self, columns: usize) -> bool {
        columns > 2 && self.delimiters.iter().filter(|count| **count + 1 == columns).count() > 1
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted cell: the end, or the first one of a double.
    Quote,
    /// After a quoted cell and spaces.
    Closed,
    /// In a line with a stray quotation mark.
    Skip,
}

/// Parser of records. Line breaks are CRLF, LF or CR.
pub(crate) struct Records {
    delimiter: char,
    longest: usize,
    state: State,
    record: Record,
    cell: String,
    size: usize,
    line: u64,
    /// Line of the last opening quotation mark.
    opened: u64,
    quotes: usize,
    delimiters: usize,
    was_cr: bool,
}

impl Records {
    /// Creates a parser whose first line has the number `line`.
    pub(crate) fn new(delimiter: char, longest: usize, line: u64) -> Self {
        Self {
            delimiter,
            longest,
            state: State::CellStart,
            record: Record { number: 1, line, ..Record::default() },
            cell: String::new(),
            size: 0,
            line,
            opened: line,
            quotes: 0,
            delimiters: 0,
            was_cr: false,
        }
    }

    /// Takes a character. Returns the record that it ends.
    pub(crate) fn push(&mut self, c: char) -> Result<Option<Record>, Error> {
        let is_second_half = std::mem::replace(&mut self.was_cr, c == '\r') && c == '\n';
        if is_second_half && self.state != State::Quoted {
            return Ok(None);
        }
        self.size += c.len_utf8();
        if self.size > self.longest {
            return Err(self.too_long());
        }
        let is_break = c == '\n' || c == '\r';
        if c == '"' {
            self.quotes += 1;
        }
        if c == self.delimiter {
            self.delimiters += 1;
        }
        match self.state {
            State::Quoted => {
                match c {
                    '"' => self.state = State::Quote,
                    _ => self.cell.push(c),
                }
                if is_break && !is_second_half {
                    self.end_line();
                    if self.line - self.record.line >= MOST_LINES {
                        return Err(Error::OpenQuote { line: self.opened });
                    }
                }
            }
            State::Quote if c == '"' => {
                self.cell.push('"');
                self.state = State::Quoted;
            }
            State::Skip if !is_break => {}
            _ if is_break => return self.end_record().map(Some),
            _ if c == self.delimiter => self.end_cell()?,
            State::CellStart if c == '"' => {
                self.state = State::Quoted;
                self.opened = self.line;
            }
            State::CellStart | State::Plain => {
                self.cell.push(c);
                self.state = State::Plain;
            }
            State::Quote | State::Closed if c == ' ' => self.state = State::Closed,
            State::Quote | State::Closed | State::Skip => {
                if self.line != self.opened {
                    return Err(Error::StrayQuote { opened: self.opened, line: self.line });
                }
                self.record.has_stray_quote = true;
                self.state = State::Skip;
            }
        }
        Ok(None)
    }

    /// Ends the text. Returns the last record, if the text does not end with a line break.
    pub(crate) fn finish(&mut self) -> Result<Option<Record>, Error> {
        match self.state {
            State::Quoted => Err(Error::OpenQuote { line: self.opened }),
            State::CellStart if self.record.cells.is_empty() => Ok(None),
            _ => self.end_record().map(Some),
        }
    }

    /// Returns the error about an endless row: an open quotation mark, or no line breaks.
    fn too_long(&self) -> Error {
        match self.state {
            State::Quoted => Error::OpenQuote { line: self.opened },
            _ => Error::RowTooLong { line: self.record.line, limit: self.longest },
        }
    }

    fn end_line(&mut self) {
        self.line += 1;
        self.record.delimiters.push(std::mem::take(&mut self.delimiters));
    }

    fn end_cell(&mut self) -> Result<(), Error> {
        if self.record.cells.len() >= MOST_CELLS {
            return Err(Error::TooManyColumns { line: self.record.line, limit: MOST_CELLS });
        }
        self.record.cells.push(std::mem::take(&mut self.cell));
        self.state = State::CellStart;
        Ok(())
    }

    fn end_record(&mut self) -> Result<Record, Error> {
        // An odd number of quotation marks: the next lines may belong to a quoted cell of this one.
        if self.record.has_stray_quote && self.quotes % 2 == 1 {
            return Err(Error::StrayQuote { opened: self.opened, line: self.line });
        }
        self.end_cell()?;
        let last_line = self.line;
        self.end_line();
        self.size = 0;
        self.quotes = 0;
        let next = Record { number: self.record.number.saturating_add(1), line: self.line, ..Record::default() };
        Ok(Record { last_line, ..std::mem::replace(&mut self.record, next) })
    }
}
