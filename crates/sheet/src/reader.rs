//! Reader of order files.

use crate::build::build;
use crate::columns::Columns;
use crate::decode::Decoder;
use crate::error::Error;
use crate::finding::{Code, RowFinding, Warning};
use crate::json::JsonRows;
use crate::mapping::Mapping;
use crate::options::{Format, Options};
use crate::plan::Plan;
use crate::records::{Record, Records};
use crate::repeats::Repeats;
use crate::row::Row;
use crate::sniff::{Start, sniff};

/// Reader of an order file. Bytes are pushed in pieces of any size. After an error, the file is rejected, and all
/// further calls return the same error.
pub struct Reader {
    decoder: Decoder,
    source: Source,
    options: Options,
    warnings: Vec<Warning>,
    repeats: Repeats,
    /// Pairs of rows with the same key.
    repeated: Vec<(u32, u32)>,
    count: u32,
    /// Why the file was rejected.
    error: Option<Error>,
}

enum Source {
    Csv(Box<Csv>),
    JsonLines(Box<JsonLines>),
}

struct Csv {
    plan: Plan,
    /// Text up to the end of the header, until the delimiter is known.
    head: String,
    records: Option<Records>,
    columns: Option<Columns>,
}

struct JsonLines {
    rows: JsonRows,
    line: String,
    number: u32,
    was_cr: bool,
    has_rows: bool,
}

impl Reader {
    /// Creates a reader.
    ///
    /// # Errors
    /// The mapping contains unknown names or unusable values.
    pub fn new(format: Format, mapping: Mapping, options: Options) -> Result<Self, Error> {
        let plan = Plan::new(mapping, options)?;
        let decoder = Decoder::new(plan.encoding.as_deref())?;
        let source = match format {
            Format::Csv => Source::Csv(Box::new(Csv { plan, head: String::new(), records: None, columns: None })),
            Format::JsonLines => Source::JsonLines(Box::new(JsonLines {
                rows: JsonRows::from(plan),
                line: String::new(),
                number: 1,
                was_cr: false,
                has_rows: false,
            })),
        };
        let (warnings, repeated, repeats) = Default::default();
        Ok(Self { decoder, source, options, warnings, repeats, repeated, count: 0, error: None })
    }

    /// Takes the next bytes of the file. Returns the rows that they complete.
    ///
    /// # Errors
    /// The file is rejected as a whole. Rows that were returned before must be discarded.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Row>, Error> {
        self.take(bytes, false)
    }

    /// Ends the file. Returns the last row, if it has no line break.
    ///
    /// # Errors
    /// The file is rejected as a whole: it ends within a quoted cell or a character, or has no header.
    pub fn finish(&mut self) -> Result<Vec<Row>, Error> {
        self.take(&[], true)
    }

    /// Returns what the columns are for. `None` before the header was read. In JSON Lines, the members of all rows so
    /// far.
    pub fn columns(&self) -> Option<Columns> {
        match &self.source {
            Source::Csv(csv) => csv.columns.clone(),
            Source::JsonLines(lines) => Some(lines.rows.columns()),
        }
    }

    /// Returns findings about the whole file. Complete after [`finish`](Self::finish).
    pub fn warnings(&self) -> Vec<Warning> {
        let fallback = self.decoder.is_fallback().then(Warning::guessed_encoding);
        self.warnings.iter().cloned().chain(fallback).collect()
    }

    /// Returns pairs of rows with the same key: numbers of the first and of a later one. The later one already has a
    /// finding. The first one was returned before its repetition was known, and needs one, too: see
    /// [`RowFinding::repeated_key`].
    pub fn repeated_keys(&self) -> &[(u32, u32)] {
        &self.repeated
    }

    fn take(&mut self, bytes: &[u8], last: bool) -> Result<Vec<Row>, Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        self.rows(bytes, last).inspect_err(|error| self.error = Some(error.clone()))
    }

    fn rows(&mut self, bytes: &[u8], last: bool) -> Result<Vec<Row>, Error> {
        let mut text = String::new();
        self.decoder.push(bytes, last, &mut text)?;
        let mut rows = match &mut self.source {
            Source::Csv(csv) => csv.take(text, last, &mut self.warnings)?,
            Source::JsonLines(lines) => lines.take(&text, last, self.options.max_row_bytes)?,
        };
        for row in &mut rows {
            self.count += 1;
            if self.count > self.options.max_rows {
                return Err(Error::TooManyRows { limit: self.options.max_rows });
            }
            let first = row.key.as_deref().and_then(|key| self.repeats.first(key, row.number));
            if let Some(first) = first {
                self.repeated.push((first, row.number));
                row.findings.push(RowFinding::repeated_key(first));
            }
        }
        Ok(rows)
    }
}

impl Csv {
    fn take(&mut self, text: String, last: bool, warnings: &mut Vec<Warning>) -> Result<Vec<Row>, Error> {
        let longest = self.plan.options.max_row_bytes;
        let (mut records, text) = match self.records.take() {
            Some(records) => (records, text),
            None => {
                if self.head.is_empty() && text.starts_with(['{', '[']) {
                    return Err(wrong_format("JSON", "Send it as `application/jsonl`, with one object per line."));
                }
                let has_break = text.contains(['\n', '\r']);
                self.head.push_str(&text);
                let is_long = self.head.len() > longest;
                if !has_break && !last && !is_long {
                    return Ok(Vec::new());
                }
                let Some(Start { delimiter, skip, line }) = sniff(&self.head, last || is_long, &self.plan) else {
                    return Ok(Vec::new());
                };
                let head = std::mem::take(&mut self.head);
                (Records::new(delimiter, longest, line), head[skip..].to_owned())
            }
        };
        let mut rows = Vec::new();
        for c in text.chars() {
            if let Some(record) = records.push(c)? {
                rows.extend(self.record(&record, warnings)?);
            }
        }
        if last {
            if let Some(record) = records.finish()? {
                rows.extend(self.record(&record, warnings)?);
            }
            if self.columns.is_none() {
                return Err(Error::Empty);
            }
        }
        self.records = Some(records);
        Ok(rows)
    }

    /// Takes a record: the header, a row, or an empty one.
    fn record(&mut self, record: &Record, warnings: &mut Vec<Warning>) -> Result<Option<Row>, Error> {
        if record.is_blank() {
            return Ok(None);
        }
        let Some(columns) = &self.columns else {
            if record.has_stray_quote {
                return Err(Error::StrayQuote { opened: record.line, line: record.last_line });
            }
            self.columns = Some(Columns::new(&self.plan, &record.cells, warnings)?);
            return Ok(None);
        };
        Ok(Some(build(&self.plan, columns, record)))
    }
}

impl JsonLines {
    fn take(&mut self, text: &str, last: bool, longest: usize) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for c in text.chars() {
            let is_second_half = std::mem::replace(&mut self.was_cr, c == '\r') && c == '\n';
            match c {
                '\n' if is_second_half => {}
                '\n' | '\r' => rows.extend(self.end_line()?),
                c => self.line.push(c),
            }
            if self.line.len() > longest {
                return Err(Error::RowTooLong { line: u64::from(self.number), limit: longest });
            }
        }
        if last {
            rows.extend(self.end_line()?);
            if !self.has_rows {
                return Err(Error::Empty);
            }
        }
        Ok(rows)
    }

    fn end_line(&mut self) -> Result<Option<Row>, Error> {
        let line = std::mem::take(&mut self.line);
        let number = self.number;
        if !self.has_rows && !line.trim().is_empty() && !line.trim_start().starts_with('{') {
            return Err(wrong_format(
                "not JSON Lines: its first line is not an object",
                "Write one object per line, send a JSON array as `rows` in `application/json`, and CSV as `text/csv`.",
            ));
        }
        self.has_rows |= !line.trim().is_empty();
        self.number = self.number.saturating_add(1);
        Ok(self.rows.line(number, &line))
    }
}

fn wrong_format(found: &'static str, remedy: &'static str) -> Error {
    Error::WrongFormat { found, remedy }
}

impl RowFinding {
    /// Returns the finding about a row whose key another row has.
    pub fn repeated_key(other: u32) -> Self {
        Self::row(Code::RepeatedKey, format!("row {other} has the same row key"))
    }
}
