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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str) -> Result<Vec<Record>, Error> {
        let mut parser = Records::new(',', 10_000, 1);
        let mut records = Vec::new();
        for c in text.chars() {
            records.extend(parser.push(c)?);
        }
        records.extend(parser.finish()?);
        Ok(records)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        records(text).unwrap().into_iter().map(|record| record.cells).collect()
    }

    /// Returns what the crate `csv` reads. It skips empty lines.
    fn by_csv(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn rows_have_the_numbers_of_a_spreadsheet() {
        let text = "a,b\r\n\r\n\"x\r\ny\",2\n3,\"\"\"4\"\"\"\r5,6";
        let records = records(text).unwrap();
        let at: Vec<_> = records.iter().map(|record| (record.number, record.line, record.last_line)).collect();
        assert_eq!(at, [(1, 1, 1), (2, 2, 2), (3, 3, 4), (4, 5, 5), (5, 6, 6)]);
        assert!(records[1].is_blank() && !records[2].is_blank());
        assert_eq!(
            cells(text)[2..],
            [["x\r\ny", "2"], ["3", "\"4\""], ["5", "6"]].map(|row| row.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn quotes_inside_of_plain_cells_are_text() {
        assert_eq!(cells("5\" disk, \"x\"\n"), [["5\" disk", " \"x\""]]);
        assert_eq!(cells("\"a\"  ,b"), [["a", "b"]]);
    }

    /// The reason for this parser: `csv` merges rows without an error.
    #[test]
    fn a_missing_quote_never_merges_rows() {
        let text = "1,\"Ada,x\n2,Bob,y\n3,Eve,z\n";
        assert_eq!(by_csv(text).len(), 1, "csv merges the rows");
        assert_eq!(records(text), Err(Error::OpenQuote { line: 1 }));

        let text = "0,Zoe,w\n1,\"Ada,x\n2,\"Bob\",y\n";
        assert_eq!(by_csv(text).len(), 2, "csv merges the rows");
        assert_eq!(records(text), Err(Error::StrayQuote { opened: 2, line: 3 }));

        assert_eq!(records("1,\"Ada,x\n2,\"Bob,y\n"), Err(Error::StrayQuote { opened: 1, line: 2 }));

        // Two mistakes that compensate each other.
        let merged = &records("1,\"Ada,x\n2,Bob\",y\n").unwrap()[0];
        assert!(merged.has_swallowed_rows(3) && !merged.has_swallowed_rows(4));
    }

    #[test]
    fn a_stray_quote_affects_its_line_only_if_quotes_are_even() {
        let records = records("\"Joe \"the boss\" Smith\",x\n2,y\n").unwrap();
        assert!(records[0].has_stray_quote && !records[0].is_blank());
        assert_eq!(records[1].cells, ["2", "y"]);
        assert_eq!(super::tests::records("\"5\" pipe\",x\n2,y"), Err(Error::StrayQuote { opened: 1, line: 1 }));
    }

    #[test]
    fn sizes_are_limited() {
        let mut parser = Records::new(',', 10, 7);
        let error = "12345678901".chars().find_map(|c| parser.push(c).err());
        assert_eq!(error, Some(Error::RowTooLong { line: 7, limit: 10 }));
        assert_eq!(records(&format!("a\n\"{}", "\n".repeat(500))), Err(Error::OpenQuote { line: 2 }));
        assert_eq!(records(&",".repeat(2_000)), Err(Error::TooManyColumns { line: 1, limit: MOST_CELLS }));
    }

    proptest! {
        /// What a writer of CSV writes is read like `csv` reads it.
        #[test]
        fn well_formed_text_is_read_like_by_csv(
            rows in prop::collection::vec(prop::collection::vec("[a\"',;\\r\\n =é]{0,5}", 1..4), 1..5),
            quotes_all: bool,
        ) {
            let style = if quotes_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let mut writer = csv::WriterBuilder::new().flexible(true).quote_style(style).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(cells(&text), by_csv(&text));
            prop_assert_eq!(cells(&text), rows);
        }

        /// Whatever is accepted without a finding has the rows that `csv` finds.
        #[test]
        fn accepted_text_is_read_like_by_csv(text in "[a,\"\\n]{0,30}") {
            let Ok(records) = records(&text) else { return Ok(()) };
            if records.iter().any(|record| record.has_stray_quote) {
                return Ok(());
            }
            // `csv` skips empty lines, but not a quoted empty cell.
            let is_kept = |record: &&Record| record.cells != [""];
            let own: Vec<_> = records.iter().filter(is_kept).map(|record| record.cells.clone()).collect();
            let other: Vec<_> = by_csv(&text).into_iter().filter(|cells| *cells != [""]).collect();
            prop_assert_eq!(own, other);
        }
    }
}
