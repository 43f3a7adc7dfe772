//! Browser automation: W3C WebDriver (<https://www.w3.org/TR/webdriver2/>) over HTTP, and Chromium's virtual
//! authenticator (<https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/>) through the driver's extension
//! command `goog/cdp/execute`.

mod authenticator;
mod driver;
mod error;
mod session;

pub(crate) use authenticator::{Authenticator, Credential};
pub(crate) use driver::Driver;
pub use error::Error;
pub(crate) use session::{Session, Settings};
