//! Errors of the browser automation.

use std::path::PathBuf;

use keyferry_http::CallError;

/// Reason why the browser cannot be controlled. Contains no PIN and no private key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The WebDriver program was not found.
    #[error(
        "WebDriver program {} not found. Pass the name or path of chromedriver (Debian: apt-get install \
         chromium-driver)", .program.display()
    )]
    NoDriver {
        /// Program as configured.
        program: PathBuf,
    },
    /// The WebDriver program could not be started.
    #[error("could not start the WebDriver program {}: {source}", .program.display())]
    NotStarted {
        /// Program as configured.
        program: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The program did not report a port. It may not be chromedriver.
    #[error(
        "{} did not report its port within {seconds} s. Pass chromedriver as the WebDriver program (Debian: apt-get \
         install chromium-driver)", .program.display()
    )]
    NoPort {
        /// Program as configured.
        program: PathBuf,
        /// Timeout in seconds.
        seconds: u64,
    },
    /// The driver could not find or start a browser.
    #[error(
        "the WebDriver program could not start a browser: {message}. Install a Chromium of the same version (Debian: \
         apt-get install chromium), or pass its path with --browser-binary"
    )]
    NoBrowser {
        /// Message of the driver.
        message: String,
    },
    /// The driver refused a command.
    #[error("the browser refused the command “{command}”: {message}")]
    Refused {
        /// Command.
        command: &'static str,
        /// Message of the driver.
        message: String,
    },
    /// The driver's response does not follow the standard.
    #[error("unexpected response of the WebDriver program to “{command}”: expected {expected}")]
    InvalidResponse {
        /// Command.
        command: &'static str,
        /// Expected response.
        expected: &'static str,
    },
    /// A credential that the virtual authenticator cannot accept.
    #[error("the key's credential is not base64url without padding, which WebDriver's Add Credential requires")]
    Credential,
    /// The folder for the browser's profile could not be created.
    #[error("could not create a folder for the browser's profile: {0}")]
    Profile(std::io::Error),
    /// The driver did not respond.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A URL could not be built.
    #[error(transparent)]
    Url(#[from] keyferry_http::Error),
}
