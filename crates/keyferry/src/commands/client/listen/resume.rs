//! The command that continues.

use std::path::Path;

use crate::cli::ListenEvents;

/// What was dealt with, and the command for the rest.
pub(super) struct Resume {
    command: String,
    position: String,
    /// Position before the first event that the receiver did not accept, and the number of such events.
    refused: Option<(String, u32)>,
}

impl Resume {
    pub(super) fn new(options: &ListenEvents, position: &str) -> Self {
        let mut command = "keyferry listen".to_owned();
        let mut option = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                command.push_str(&format!(" --{name} {}", quoted(value)));
            }
        };
        let connection = &options.connection;
        option("profile", connection.profile.as_deref());
        option("url", connection.url.as_ref().map(|url| url.as_str()));
        option("forward-to", options.forward_to.as_ref().map(|url| url.as_str()));
        option("events", Some(options.events.join(",")).as_deref().filter(|types| !types.is_empty()));
        option("secret-file", options.secret.secret_file.as_deref().and_then(Path::to_str));
        option("secret-variable", options.secret.secret_variable.as_deref());
        if connection.json {
            command.push_str(" --json");
        }
        Self { command, position: position.to_owned(), refused: None }
    }

    /// Records that the receiver did not accept the event after the position.
    pub(super) fn refused(&mut self) {
        self.refused.get_or_insert_with(|| (self.position.clone(), 0)).1 += 1;
    }

    /// Moves the position.
    pub(super) fn advance(&mut self, position: &str) {
        position.clone_into(&mut self.position);
    }

    /// Returns what to do, for people.
    pub(super) fn words(&self) -> String {
        let mut words = format!("To continue: {}", self.at(&self.position));
        if let Some((first, count)) = &self.refused {
            let count = match count {
                1 => "1 event was".to_owned(),
                count => format!("{count} events were"),
            };
            let again = self.at(first);
            words.push_str(&format!("\n{count} not accepted. To begin with the first of them: {again}"));
        }
        words
    }

    fn at(&self, position: &str) -> String {
        format!("{} --after {}", self.command, quoted(position))
    }
}

/// Returns a word of a command for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn options(args: &[&str]) -> ListenEvents {
        let cli =
            Cli::try_parse_from([&["keyferry", "listen"], args].concat()).unwrap_or_else(|error| panic!("{error}"));
        let Command::Listen(options) = cli.command else { panic!("not listen") };
        options
    }

    #[test]
    fn the_command_has_all_options() {
        let args = ["--profile", "ci", "--forward-to", "http://localhost:1/a?b=c&d", "--events", "completed,refused"];
        let options = options(&[&args[..], &["--secret-file", "/run/it's", "--json"]].concat());
        let mut resume = Resume::new(&options, "");
        let command = "keyferry listen --profile ci --forward-to 'http://localhost:1/a?b=c&d' \
                       --events completed,refused --secret-file '/run/it'\\''s' --json";
        assert_eq!(resume.words(), format!("To continue: {command} --after ''"));
        resume.advance("4711");
        resume.refused();
        resume.advance("4712");
        resume.refused();
        resume.advance("4713");
        let words = resume.words();
        assert!(words.starts_with(&format!("To continue: {command} --after 4713\n2 events were not")), "{words}");
        assert!(words.ends_with("--after 4711"), "{words}");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for word in ["", "a b", "$(x)", "`x`", "it's", "a\"b", "a&b", "?", "*", "ü"] {
            let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), word);
        }
    }
}
