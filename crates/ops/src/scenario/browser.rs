//! Steps 15 to 18: the same user, mail and key in a real browser.

mod mail;
mod options;
mod plug_in;
mod sign_in;
mod without_pin;

pub use options::Browser;

use std::path::{Path, PathBuf};

use keyferry_http::UrlExt as _;
use url::Url;

use super::Trouble;
use super::answers::Site;
use super::wire::Wire;
use crate::webdriver::{Session, Settings};

/// Browser window on the sandbox's pages.
pub(super) struct Window {
    session: Session,
    sign_in_page: Url,
    pictures: Option<PathBuf>,
}

impl Window {
    pub(super) async fn open(
        wire: &Wire<'_>,
        browser: &Browser,
        driver: &Url,
        profile: &Path,
    ) -> Result<Self, Trouble> {
        let Site { signin, rp_id } = wire.read("the sandbox's world", &["control", "world"]).await?;
        if !signin.is_loopback() || signin.host_str() != Some(rp_id.as_str()) {
            return Err(Trouble::NotLocalhost(keyferry_http::clean(&rp_id)));
        }
        if let Some(folder) = &browser.pictures {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|source| Trouble::Picture { file: folder.clone(), source })?;
        }
        let host = wire.world.sandbox.host_str().unwrap_or("127.0.0.1");
        let settings = Settings { binary: browser.binary.as_deref(), profile, host };
        let session = Session::open(&wire.http, driver, &settings).await?;
        Ok(Self { session, sign_in_page: signin, pictures: browser.pictures.clone() })
    }

    /// Ends the browser. If the browser does not respond, dropping the driver ends it.
    pub(super) async fn close(self) {
        drop(self.session.close().await);
    }

    /// Saves a screenshot, if requested. Returns its path as text for the step.
    async fn keep(&self, name: &str) -> Result<String, Trouble> {
        let Some(folder) = &self.pictures else { return Ok(String::new()) };
        let picture = self.session.picture().await?;
        let file = folder.join(name);
        match tokio::fs::write(&file, picture).await {
            Ok(()) => Ok(format!("; picture {}", file.display())),
            Err(source) => Err(Trouble::Picture { file, source }),
        }
    }
}
