//! Why a browser cannot be driven.

use std::path::PathBuf;

use keyferry_http::CallError;

/// Why a browser cannot be driven. It holds no PIN and no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such program.
    #[error(
        "there is no WebDriver program {}: expected chromedriver, by its name or path (Debian: apt-get install \
         chromium-driver)", .program.display()
    )]
    NoDriver {
        /// As it was named.
        program: PathBuf,
    },
    /// The program cannot be run.
    #[error("the WebDriver program {} cannot be started: {source}", .program.display())]
    NotStarted {
        /// As it was named.
        program: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The program does not listen, or is another one.
    #[error(
        "{} did not say within {seconds} s on which port it listens: expected chromedriver (Debian: apt-get install \
         chromium-driver)", .program.display()
    )]
    NoPort {
        /// As it was named.
        program: PathBuf,
        /// How long was waited at most.
        seconds: u64,
    },
    /// The driver finds no browser, or one that does not start.
    #[error(
        "the WebDriver program started no browser: {message}; it needs a Chromium of its own version (Debian: apt-get \
         install chromium; elsewhere name it with --browser-binary)"
    )]
    NoBrowser {
        /// What the driver says.
        message: String,
    },
    /// The driver refuses a command.
    #[error("the browser refused {command}: {message}")]
    Refused {
        /// What was asked.
        command: &'static str,
        /// What the driver says.
        message: String,
    },
    /// The driver's answer is not what the standard says.
    #[error("the WebDriver program answered {command} with something else than {expected}")]
    NotUnderstood {
        /// What was asked.
        command: &'static str,
        /// What the standard says.
        expected: &'static str,
    },
    /// A credential that no authenticator takes.
    #[error("the key's credential is not base64url without padding, as WebDriver's Add Credential has it")]
    Credential,
    /// No place for the browser's profile.
    #[error("no folder for the browser's profile can be made: {0}")]
    Profile(std::io::Error),
    /// No answer of the driver.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A URL cannot be built.
    #[error(transparent)]
    Url(#[from] keyferry_http::Error),
}
