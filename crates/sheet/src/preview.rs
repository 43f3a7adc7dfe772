//! First rows of a CSV file, as cells, so that its columns can be mapped by hand.

use crate::decode::Decoder;
use crate::error::Error;
use crate::guess::guess;
use crate::mapping::Mapping;
use crate::member::Member;
use crate::options::Options;
use crate::plan::Plan;
use crate::records::{Record, Records};
use crate::sniff::{Start, sniff};

/// Most rows of a preview.
const ROWS: usize = 3;

/// Most columns of a preview.
const COLUMNS: usize = 100;

/// Longest text of a cell, in characters.
const LONGEST: usize = 60;

/// Start of a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Columns, at most 100.
    pub columns: Vec<PreviewColumn>,
}

/// Column with its first cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewColumn {
    /// Header.
    pub header: String,
    /// Member of an order that the header names, as far as it can be guessed.
    pub guess: Option<Member>,
    /// Cells of the first rows, shortened.
    pub cells: Vec<String>,
}

impl Preview {
    /// Reads the start of a file. Of the mapping, only delimiter and encoding count. `is_whole`: there is no more text.
    ///
    /// # Errors
    /// The file is not text, or its header cannot be read.
    pub fn of(head: &[u8], is_whole: bool, mapping: &Mapping) -> Result<Self, Error> {
        let form =
            Mapping { delimiter: mapping.delimiter.clone(), encoding: mapping.encoding.clone(), ..Mapping::default() };
        let plan = Plan::new(form, Options::default())?;
        let mut text = String::new();
        Decoder::new(plan.encoding.as_deref())?.push(head, is_whole, &mut text)?;
        let Some(Start { delimiter, skip, line }) = sniff(&text, true, &plan) else { return Err(Error::Empty) };
        let mut records = Records::new(delimiter, plan.options.max_row_bytes, line);
        let mut found: Vec<Record> = Vec::new();
        for c in text[skip..].chars() {
            found.extend(records.push(c)?.filter(|record| !record.is_blank()));
            if found.len() > ROWS {
                break;
            }
        }
        if is_whole && found.len() <= ROWS {
            found.extend(records.finish()?.filter(|record| !record.is_blank()));
        }
        let mut found = found.into_iter();
        let header = found.next().ok_or(Error::Empty)?;
        let rows: Vec<_> = found.collect();
        let column = |(index, header): (usize, &String)| PreviewColumn {
            header: header.trim().to_owned(),
            guess: guess(header).or_else(|| Member::find(header)),
            cells: rows
                .iter()
                .map(|row| row.cells.get(index).map(|cell| shortened(cell)).unwrap_or_default())
                .collect(),
        };
        Ok(Self { columns: header.cells.iter().take(COLUMNS).enumerate().map(column).collect() })
    }
}

fn shortened(cell: &str) -> String {
    let mut chars = cell.trim().chars();
    let text: String = chars.by_ref().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.next().is_some() { text + "…" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_header_guesses_and_first_cells() {
        let file = "\u{feff}Login;Vorname;Ort\r\na@b;Jürgen;\"Bad\nEms\"\r\n;;\r\nc@d;x\r\ne;f;g\r\nh;i;j\r\n";
        let preview = Preview::of(file.as_bytes(), true, &Mapping::default()).unwrap();
        let shown: Vec<_> =
            preview.columns.iter().map(|it| (it.header.as_str(), it.guess, it.cells.join("|"))).collect();
        let expected = [
            ("Login", None, "a@b|c@d|e".to_owned()),
            ("Vorname", Some(Member::RecipientFirstname), "Jürgen|x|f".to_owned()),
            ("Ort", Some(Member::City), "Bad Ems||g".to_owned()),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn head_may_end_anywhere_and_must_be_text() {
        let file = "Login,Vorname\na@b,Jürgen\nc";
        for end in 14..file.len() {
            let preview = Preview::of(&file.as_bytes()[..end], false, &Mapping::default()).unwrap();
            assert_eq!(preview.columns.len(), 2, "{end}");
        }
        assert_eq!(Preview::of(b"", true, &Mapping::default()), Err(Error::Empty));
        assert!(matches!(Preview::of(b"PK\x03\x04rest", true, &Mapping::default()), Err(Error::WrongFormat { .. })));
        let semicolons = Mapping { delimiter: Some(";".to_owned()), ..Mapping::default() };
        assert_eq!(Preview::of(b"a,b;c\n1;2\n", true, &semicolons).unwrap().columns.len(), 2);
    }
}
