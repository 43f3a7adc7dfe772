//! Progress of long work, on standard error.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::variable;

/// Progress bar. Nothing is drawn where standard error is not a terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Starts a bar for this number of things.
    pub(crate) fn start(what: &str, total: u64) -> Self {
        Self::with(what, total, "{prefix} {bar:24} {pos}/{len}  {msg}")
    }

    /// Starts a bar for this number of bytes.
    pub(crate) fn bytes(what: &str, total: Option<u64>) -> Self {
        match total {
            Some(total) => Self::with(what, total, "{prefix} {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}"),
            None => Self::with(what, 0, "{prefix} {bytes}  {bytes_per_sec}"),
        }
    }

    fn with(what: &str, total: u64, template: &str) -> Self {
        // Nothing is drawn before it is known how much there is.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        bar.set_prefix(what.to_owned());
        let bar = Self(bar);
        if total > 0 {
            bar.show();
        }
        bar
    }

    fn show(&self) {
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        if self.0.is_hidden() && std::io::stderr().is_terminal() && !dumb {
            self.0.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Shows how much is done, and the words behind it.
    pub(crate) fn set(&self, done: u64, total: u64, words: String) {
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.set_message(words);
        if total > 0 {
            self.show();
        }
    }

    /// Adds to what is done.
    pub(crate) fn add(&self, more: u64) {
        self.show();
        self.0.inc(more);
    }

    /// Returns a handle to the same bar.
    pub(crate) fn handle(&self) -> Self {
        Self(self.0.clone())
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Returns a duration in words, with its two largest units: `2 h 5 min`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        for (seconds, words) in [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7500, "2 h 5 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), words);
        }
    }
}
