//! What every command needs: the API, and how to print.

use keyferry_client::{Api, ClientError, TokenError};

use crate::cli::{Connection, Reason};
use crate::exit::Failure;
use crate::profiles::connect;
use crate::terminal::{self, Screen, Table, note, out};

/// Longest reason that the API accepts, in characters.
const LONGEST_REASON: usize = 500;

/// A connection, and how to print.
pub(super) struct Session {
    pub(super) api: Api,
    pub(super) json: bool,
    pub(super) screen: Screen,
}

impl Session {
    pub(super) async fn open(connection: &Connection) -> Result<Self, Failure> {
        let api = connect(connection).await?;
        Ok(Self { api, json: connection.json, screen: Screen::of_stdout() })
    }

    /// Prints the JSON of the API, as it was sent, or the text.
    pub(super) fn print(&self, json: &str, text: impl FnOnce(&Screen) -> String) -> Result<(), Failure> {
        match self.json {
            true => out(format!("{}\n", json.trim_end()).as_bytes()),
            false => out(text(&self.screen).as_bytes()),
        }
    }

    /// Returns the lines of a table, or writes to standard error that there is nothing.
    pub(super) fn table(&self, table: &Table, nothing: &str) -> String {
        if table.is_empty() {
            note(nothing);
            return String::new();
        }
        table.render(&self.screen)
    }
}

/// Returns whether the same call can succeed later: something is out of order, but nothing is wrong with the call.
pub(super) fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Call(_) | ClientError::Token(TokenError::Call(_)) => true,
        ClientError::Refused(problem) => problem.status >= 500 || problem.status == 429,
        ClientError::NotTheApi { status, .. } => *status >= 500,
        ClientError::Token(_) | ClientError::Url(_) | ClientError::UploadRejected { .. } => false,
    }
}

/// Returns the reason of a decision. Asks for it at a terminal.
pub(super) async fn reason(decision: &Reason, act: &str) -> Result<String, Failure> {
    let reason = match &decision.reason {
        Some(reason) => reason.trim().to_owned(),
        None if terminal::can_ask() => terminal::line(format!("Reason to {act}, for the history:")).await?,
        None => return Err(Failure::usage(format!("--reason is missing: why to {act}, for the history"))),
    };
    match reason.chars().count() {
        0 => Err(Failure::usage("the reason is empty: expected one line of text")),
        length if length > LONGEST_REASON => {
            Err(Failure::usage(format!("the reason has {length} characters: expected at most {LONGEST_REASON}")))
        }
        _ => Ok(reason),
    }
}

/// Asks whether to do what cannot be undone. Without a terminal it is only done with `--yes`.
pub(super) async fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !terminal::can_ask() {
        return Err(Failure::usage(format!(
            "not done, because it cannot be undone and there is no terminal to confirm at: {question} Add --yes"
        )));
    }
    match terminal::confirmed(question).await? {
        true => Ok(()),
        false => Err(Failure::failed("not done")),
    }
}
