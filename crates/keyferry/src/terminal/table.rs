//! Tables that fit the terminal.

use console::{measure_text_width, truncate_str};
use keyferry_http::clean;

use super::screen::{Paint, Screen};

/// Spaces between two columns.
const GAP: usize = 2;

/// Text of a cell, on one line, with its colour. Invisible characters are escaped: the text may come from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self::painted(text, Paint::Plain)
    }

    pub(crate) fn painted(text: impl AsRef<str>, paint: Paint) -> Self {
        Self { text: clean(text.as_ref()), paint }
    }

    /// Returns the cell of a value that may be absent.
    pub(crate) fn of(value: Option<impl ToString>) -> Self {
        Self::new(value.map(|value| value.to_string()).unwrap_or_default())
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// What happens to a column if the table is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Stays as wide as its text.
    Keep,
    /// Is cut, down to this width.
    Cut(usize),
    /// Is broken into lines, down to this width.
    Wrap(usize),
}

/// Column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    title: &'static str,
    fit: Fit,
    good: usize,
    optional: Option<u8>,
    right: bool,
}

impl Column {
    /// Returns a column that is always shown in full.
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, fit: Fit::Keep, good: 0, optional: None, right: false }
    }

    /// Cuts long cells, down to this width.
    pub(crate) fn cut(self, least: usize) -> Self {
        Self { fit: Fit::Cut(least), ..self }
    }

    /// Breaks long cells into lines, down to this width.
    pub(crate) fn wrap(self, least: usize) -> Self {
        Self { fit: Fit::Wrap(least), ..self }
    }

    /// Prefers this width: optional columns are omitted, and other columns are made narrower, before this one is.
    pub(crate) fn prefer(self, good: usize) -> Self {
        Self { good, ..self }
    }

    /// Omits the column if all its cells are empty.
    pub(crate) fn unless_empty(self) -> Self {
        Self { optional: Some(0), ..self }
    }

    /// Omits the column if all its cells are empty, or if there is no room. The highest rank is omitted first.
    pub(crate) fn optional(self, rank: u8) -> Self {
        Self { optional: Some(rank), ..self }
    }

    /// Aligns the column to the right: for numbers.
    pub(crate) fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

/// Table without lines, as `kubectl` prints them.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row, with one cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the lines of the table.
    pub(crate) fn render(&self, screen: &Screen) -> String {
        let (shown, widths) = self.layout(screen.width);
        let mut text = String::new();
        let header: Vec<_> =
            self.columns.iter().map(|column| Cell { text: column.title.to_owned(), paint: Paint::Header }).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            let cells: Vec<Vec<String>> = shown
                .iter()
                .zip(&widths)
                .map(|(&index, &width)| {
                    let text = row.get(index).map(|cell| cell.text.as_str()).unwrap_or_default();
                    match self.columns[index].fit {
                        Fit::Wrap(_) => wrapped(text, width),
                        _ => vec![truncate_str(text, width, "…").into_owned()],
                    }
                })
                .collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
                let mut out = String::new();
                for ((&index, &width), lines) in shown.iter().zip(&widths).zip(&cells) {
                    let part = lines.get(line).map(String::as_str).unwrap_or_default();
                    let fill = " ".repeat(width.saturating_sub(measure_text_width(part)));
                    let paint = row.get(index).map_or(Paint::Plain, |cell| cell.paint);
                    let part = screen.painted(part, paint);
                    let gap = if out.is_empty() { "" } else { "  " };
                    out.push_str(gap);
                    out.push_str(&if self.columns[index].right { fill + &part } else { part + &fill });
                }
                text.push_str(out.trim_end());
                text.push('\n');
            }
        }
        text
    }

    /// Returns the columns that are shown, and their widths.
    fn layout(&self, width: Option<usize>) -> (Vec<usize>, Vec<usize>) {
        let natural = |index: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let longest = cells.map(|cell| measure_text_width(&cell.text)).max().unwrap_or_default();
            longest.max(self.columns[index].title.len())
        };
        let is_empty =
            |index: usize| self.rows.iter().all(|row| row.get(index).is_none_or(|cell| cell.text.is_empty()));
        let mut shown: Vec<usize> = (0..self.columns.len())
            .filter(|&index| self.columns[index].optional.is_none() || !is_empty(index))
            .collect();
        let least = |index: usize| match self.columns[index].fit {
            Fit::Keep => natural(index),
            Fit::Cut(least) | Fit::Wrap(least) => least.min(natural(index)).max(self.columns[index].title.len()),
        };
        let Some(width) = width else {
            let widths = shown.iter().map(|&index| natural(index)).collect();
            return (shown, widths);
        };
        let total = |shown: &[usize], size: &dyn Fn(usize) -> usize| {
            shown.iter().map(|&index| size(index) + GAP).sum::<usize>().saturating_sub(GAP)
        };
        let good = |index: usize| least(index).max(self.columns[index].good.min(natural(index)));
        while total(&shown, &good) > width {
            let Some(last) = shown
                .iter()
                .copied()
                .filter(|&index| self.columns[index].optional.is_some_and(|rank| rank > 0))
                .max_by_key(|&index| self.columns[index].optional)
            else {
                break;
            };
            shown.retain(|&index| index != last);
        }
        let mut widths: Vec<usize> = shown.iter().map(|&index| natural(index)).collect();
        // Takes a character from the widest column that may shrink, until the table fits.
        loop {
            let sum = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
            let widest = |limit: &dyn Fn(usize) -> usize| {
                (0..shown.len()).filter(|&at| widths[at] > limit(shown[at])).max_by_key(|&at| widths[at])
            };
            match widest(&good).or_else(|| widest(&least)) {
                Some(at) if sum > width => widths[at] -= 1,
                _ => return (shown, widths),
            }
        }
    }
}

/// Returns lines of names and values. Empty values are omitted. Long values are broken into lines.
pub(crate) fn fields(screen: &Screen, values: impl IntoIterator<Item = (&'static str, Cell)>) -> String {
    let values: Vec<_> = values.into_iter().filter(|(_, cell)| !cell.text.is_empty()).collect();
    let longest = values.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, cell) in values {
        let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(longest + GAP).max(20));
        for (line, part) in wrapped(&cell.text, room).into_iter().enumerate() {
            let name = if line == 0 { name } else { "" };
            let fill = " ".repeat(longest + GAP - name.len());
            text.push_str(&screen.painted(name, Paint::Faint));
            text.push_str(&fill);
            text.push_str(&screen.painted(&part, cell.paint));
            text.push('\n');
        }
    }
    text
}

/// Breaks text at spaces into lines of at most this width. A word that is longer is broken anywhere.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word.to_owned();
        loop {
            let line = lines.last().map(|line| measure_text_width(line)).unwrap_or_default();
            let gap = usize::from(line > 0);
            let long = measure_text_width(&word);
            if line + gap + long <= width {
                if let Some(last) = lines.last_mut() {
                    last.push_str(if gap > 0 { " " } else { "" });
                    last.push_str(&word);
                }
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            let head = truncate_str(&word, width.max(1), "").into_owned();
            if head.is_empty() {
                break;
            }
            word = word[head.len()..].to_owned();
            lines.pop();
            lines.push(head);
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::new("ID"),
            Column::new("USER").cut(10),
            Column::new("SERIAL").optional(2),
            Column::new("EMPTY").optional(1),
            Column::new("MESSAGE").wrap(12),
            Column::new("N").right(),
        ]);
        table.row(["a1", "ada.lovelace@contoso.example", "20123456", "", "no manager is known", "7"].map(Cell::from));
        table.row(["a2", "x", "1", "", "", "12"].map(Cell::from));
        table
    }

    #[test]
    fn has_all_columns_that_have_room() {
        let text = table().render(&Screen::plain(None));
        assert_eq!(
            text,
            "ID  USER                          SERIAL    MESSAGE               N\n\
             a1  ada.lovelace@contoso.example  20123456  no manager is known   7\n\
             a2  x                             1                              12\n"
        );
    }

    #[test]
    fn fits_the_terminal() {
        for width in 40..90 {
            let text = table().render(&Screen::plain(Some(width)));
            let longest = text.lines().map(measure_text_width).max().unwrap_or_default();
            assert!(longest <= width, "{width}: {longest}\n{text}");
            assert!(text.contains("a1") && text.contains("manager"), "{text}");
        }
        let narrow = table().render(&Screen::plain(Some(34)));
        assert!(!narrow.contains("SERIAL") && narrow.contains('…'), "{narrow}");
    }

    /// A message of another service must not move the cursor or colour the terminal.
    #[test]
    fn cells_contain_no_control_characters() {
        let mut table = Table::new([Column::new("A")]);
        table.row([Cell::new("x\u{1b}[31m\r\ny\u{202e}")]);
        let text = table.render(&Screen::plain(None));
        assert_eq!(text, "A\nx [31m y\\u{202e}\n");
    }

    #[test]
    fn breaks_words_that_are_too_long() {
        assert_eq!(wrapped("aaaa bb cccccccc", 4), ["aaaa", "bb", "cccc", "cccc"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
