//! Detection of the delimiter.

use crate::guess::guess;
use crate::plan::Plan;

/// Delimiters that are detected, most common first.
const CANDIDATES: [char; 4] = [',', ';', '\t', '|'];

/// Start of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// Character between cells.
    pub(crate) delimiter: char,
    /// Number of bytes before the first row.
    pub(crate) skip: usize,
    /// Number of the line of the first row.
    pub(crate) line: u64,
}

/// Finds the delimiter in the header. Returns `None` if more text is needed. `complete`: there is no more text.
pub(crate) fn sniff(head: &str, complete: bool, plan: &Plan) -> Option<Start> {
    let first_line = head.split(['\r', '\n']).next().unwrap_or_default();
    let stated = excel_separator(first_line);
    if let Some(delimiter) = stated {
        let rest = &head[first_line.len()..];
        // A line break of two characters may be cut.
        if (rest.is_empty() || rest == "\r") && !complete {
            return None;
        }
        let length = if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) };
        let skip = first_line.len() + length;
        return Some(Start { delimiter: plan.delimiter.unwrap_or(delimiter), skip, line: 2 });
    }
    let start = |delimiter| Some(Start { delimiter, skip: 0, line: 1 });
    if let Some(delimiter) = plan.delimiter {
        return start(delimiter);
    }
    let header = header(head, complete)?;
    let recognised = |cell: &str| {
        let cell = cell.trim().trim_matches('"');
        plan.is_row_key(cell) || plan.members(cell).is_some() || guess(cell).is_some()
    };
    let scored = CANDIDATES.into_iter().map(|delimiter| {
        let cells = split(header, delimiter);
        let known = cells.iter().filter(|cell| recognised(cell)).count();
        (known, cells.len(), delimiter)
    });
    // Of equals, the first one.
    let best = scored.rev().max_by_key(|(known, cells, _)| (*known, *cells));
    start(best.map_or(',', |(_, _, delimiter)| delimiter))
}

/// Returns the delimiter that a first line such as `sep=;` states. Excel reads and hides this line.
fn excel_separator(line: &str) -> Option<char> {
    let line = line.trim_matches('"');
    let rest = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let mut chars = rest.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_alphanumeric() => Some(c),
        _ => None,
    }
}

/// Returns the first row that is not empty, with quoted line breaks.
fn header(head: &str, complete: bool) -> Option<&str> {
    let text = head.trim_start_matches(['\r', '\n', ' ']);
    let mut is_quoted = false;
    let mut previous = '\n';
    for (at, c) in text.char_indices() {
        match c {
            '"' if is_quoted => is_quoted = false,
            '"' if previous == '\n' || previous == '"' || CANDIDATES.contains(&previous) => is_quoted = true,
            '\r' | '\n' if !is_quoted => return Some(&text[..at]),
            _ => {}
        }
        previous = c;
    }
    complete.then_some(text)
}

/// Splits a header at delimiters outside of quotation marks.
fn split(header: &str, delimiter: char) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = |c: char| {
        is_quoted ^= c == '"';
        c == delimiter && !is_quoted
    };
    header.split(is_end).collect()
}
