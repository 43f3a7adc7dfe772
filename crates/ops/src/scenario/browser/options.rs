//! Which browser is used.

use std::path::PathBuf;

use crate::scenario::Trouble;
use crate::webdriver::Driver;

/// The browser, and what to keep of it.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Name or path of chromedriver, which is started on a free port and ended afterwards.
    pub driver: PathBuf,
    /// Path of Chromium; `None` for the one that chromedriver finds.
    pub binary: Option<PathBuf>,
    /// Folder for the pictures `mail.png` and `signin.png`, which is made if it is not there. The first shows the PIN.
    pub pictures: Option<PathBuf>,
}

impl Browser {
    pub(in crate::scenario) async fn start(&self) -> Result<Driver, Trouble> {
        Ok(Driver::start(&self.driver).await?)
    }
}
