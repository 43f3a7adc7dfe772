//! Writing of CSV that spreadsheets can open safely.

use std::borrow::Cow;

/// Characters at the begin of a cell that make spreadsheets calculate it
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writer of CSV: commas, CRLF, UTF-8 without a byte order mark, quotation marks where needed, and no formulas.
pub struct Writer(csv::Writer<Vec<u8>>);

impl Default for Writer {
    fn default() -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new()))
    }
}

impl Writer {
    /// Writes a row. All rows must have as many cells as the first one. Cells are made [`inert`].
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        // Writing to memory cannot fail, and a flexible writer accepts any number of cells.
        for cell in cells {
            let _ = self.0.write_field(inert(cell.as_ref()).as_bytes());
        }
        let _ = self.0.write_record(None::<&[u8]>);
    }

    /// Returns the bytes that were written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).0.into_inner().unwrap_or_default()
    }
}

/// Puts an apostrophe before a text that a spreadsheet would calculate. Spreadsheets do not show it. [`Reader`] removes
/// it.
///
/// [`Reader`]: crate::Reader
pub fn inert(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_spreadsheets_would_calculate_are_inert() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        for text in ["", "a=b", "adele@contoso.example", "'=1", "20123456", " =1"] {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn rows_are_quoted_where_needed() {
        let mut writer = Writer::default();
        writer.row(["a", "b,c", ""]);
        writer.row(["=1", "say \"x\"", "two\nlines"]);
        assert_eq!(writer.take(), b"a,\"b,c\",\r\n'=1,\"say \"\"x\"\"\",\"two\nlines\"\r\n");
        writer.row(["", ""]);
        assert_eq!(writer.take(), b",\r\n");
        writer.row([""]);
        assert_eq!(writer.take(), b"\"\"\r\n");
    }
}
