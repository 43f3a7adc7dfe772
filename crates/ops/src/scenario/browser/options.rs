//! Options of the browser.

use std::path::PathBuf;

use crate::scenario::Trouble;
use crate::webdriver::Driver;

/// Browser to use, and screenshots to save.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Name or path of chromedriver. It is started on a free port and ended afterwards.
    pub driver: PathBuf,
    /// Path of Chromium. `None`: chromedriver searches for it.
    pub binary: Option<PathBuf>,
    /// Folder for the screenshots `mail.png` and `signin.png`. It is created if missing. The first screenshot shows the
    /// PIN.
    pub pictures: Option<PathBuf>,
}

impl Browser {
    pub(in crate::scenario) async fn start(&self) -> Result<Driver, Trouble> {
        Ok(Driver::start(&self.driver).await?)
    }
}
