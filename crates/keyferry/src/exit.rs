//! Exit codes of the commands that call a connector, and the failures behind them.

use std::fmt;
use std::process::ExitCode;

use keyferry_client::{ClientError, TokenError};
use keyferry_http::CallError;

/// Kind of a failure. `docs/reference/cli.md` documents the numbers; scripts depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The operation failed.
    Failed = 1,
    /// The command line is wrong, or a confirmation is missing.
    Usage = 2,
    /// There is no token, or the API refused it or the caller.
    NotAuthorised = 3,
    /// The API does not have what was named.
    NotFound = 4,
    /// The check found errors.
    Findings = 5,
    /// The API or the token service could not be reached.
    Unreachable = 6,
}

/// Exit code after Ctrl-C, by the convention of shells (128 + SIGINT).
pub(crate) const INTERRUPTED: u8 = 130;

/// Failure of a command: what happened and what to do. An empty message: everything was printed already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let kind = match &error {
            ClientError::Refused(problem) => match problem.status {
                401 | 403 => Kind::NotAuthorised,
                404 => Kind::NotFound,
                _ => Kind::Failed,
            },
            ClientError::UploadRejected { .. } => Kind::NotAuthorised,
            ClientError::Call(error) => of_call(error),
            ClientError::Token(TokenError::Call(error)) => of_call(error),
            ClientError::Token(_) => Kind::NotAuthorised,
            ClientError::NotTheApi { status: 502..=504, .. } => Kind::Unreachable,
            ClientError::NotTheApi { .. } => Kind::Failed,
            ClientError::Url(_) => Kind::Usage,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        ClientError::from(error).into()
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        ClientError::from(error).into()
    }
}

fn of_call(error: &CallError) -> Kind {
    match error {
        CallError::Unreachable { .. }
        | CallError::CertificateRejected { .. }
        | CallError::TimedOut { .. }
        | CallError::ConnectionLost { .. } => Kind::Unreachable,
        _ => Kind::Failed,
    }
}
