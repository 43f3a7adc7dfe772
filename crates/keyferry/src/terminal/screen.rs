//! Width and colours of the terminal.

use std::io::IsTerminal as _;

use console::{Style, Term};

use crate::config::variable;

/// Narrowest width that tables are made for.
const NARROWEST: usize = 40;

/// Meaning of a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Header,
    Good,
    Active,
    Careful,
    Bad,
    Faint,
}

/// Standard output as a place for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Columns of the terminal. `None`: not a terminal, so lines may have any length.
    pub(crate) width: Option<usize>,
    colours: bool,
}

impl Screen {
    /// Examines standard output. `COLUMNS` sets the width. There are no colours with `NO_COLOR` (no-color.org), with
    /// `TERM=dumb`, and where standard output is not a terminal.
    pub(crate) fn of_stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let given = variable("COLUMNS").and_then(|text| text.parse::<usize>().ok());
        let width = given.or_else(|| terminal.then(|| usize::from(Term::stdout().size().1)));
        let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        Self { width: width.map(|width| width.max(NARROWEST)), colours: terminal && !no_color && !dumb }
    }

    #[cfg(test)]
    pub(crate) fn plain(width: Option<usize>) -> Self {
        Self { width, colours: false }
    }

    /// Returns the text with the colour.
    pub(crate) fn painted(&self, text: &str, paint: Paint) -> String {
        let style = match paint {
            _ if !self.colours || text.is_empty() => return text.to_owned(),
            Paint::Plain => return text.to_owned(),
            Paint::Header => Style::new().bold(),
            Paint::Good => Style::new().green(),
            Paint::Active => Style::new().cyan(),
            Paint::Careful => Style::new().yellow(),
            Paint::Bad => Style::new().red().bold(),
            Paint::Faint => Style::new().dim(),
        };
        style.force_styling(true).apply_to(text).to_string()
    }
}
