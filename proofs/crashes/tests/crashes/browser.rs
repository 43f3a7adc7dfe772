//! A browser without scripts. A killed connector loses its answers.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};

use crate::connector::{Connector, Stop};

/// A browser, which keeps its session over restarts of the connector.
pub(crate) struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    url: Url,
    pub(crate) status: u16,
    pub(crate) text: String,
    location: Option<String>,
}

impl Page {
    /// Returns the value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let start = format!("name=\"{name}\" value=\"");
        Some(self.text.split(&start).nth(1)?.split('"').next()?.to_owned())
    }

    /// Returns the PIN that the page shows.
    pub(crate) fn pin(&self) -> Option<String> {
        let output = self.text.split("<output class=\"pin\"").nth(1)?;
        Some(output.split('>').nth(1)?.split('<').next()?.to_owned())
    }

    fn leads_to(&self) -> Option<Url> {
        let to = match &self.location {
            Some(to) => to.clone(),
            None => self.text.split("content=\"0;url=").nth(1)?.split('"').next()?.replace("&#38;", "&"),
        };
        self.url.join(&to.replace("&amp;", "&")).ok()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = Client::builder().pool_max_idle_per_host(0).no_proxy().redirect(Policy::none());
        Self { http: http.build().unwrap(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, connector: &Connector, request: RequestBuilder) -> Result<Page, Stop> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let Ok(response) = request.header(COOKIE, cookies.join("; ")).send().await else {
            return Err(connector.stop_reason().await);
        };
        for line in response.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let (url, status) = (response.url().clone(), response.status().as_u16());
        let Ok(text) = response.text().await else { return Err(connector.stop_reason().await) };
        Ok(Page { url, status, text, location })
    }

    /// Opens the page, signs the user in where it leads, and returns the page after that.
    pub(crate) async fn open(&mut self, connector: &Connector, link: &str, user: &str) -> Result<Page, Stop> {
        let mut page = self.send(connector, self.http.get(link)).await?;
        for _ in 0..12 {
            page = if let Some(to) = page.leads_to() {
                self.send(connector, self.http.get(to)).await?
            } else if let Some(interaction) = page.field("interaction") {
                let form = [("interaction", interaction.as_str()), ("login", user), ("passwd", "sandbox-password")];
                let login = page.url.join("/login").unwrap();
                self.send(connector, self.http.post(login).form(&form)).await?
            } else {
                return Ok(page);
            };
        }
        Err(Stop::Broken(format!("pages lead in a circle: {}", page.url)))
    }

    /// Posts a form.
    pub(crate) async fn post(&mut self, connector: &Connector, to: &str, form: &[(&str, &str)]) -> Result<Page, Stop> {
        self.send(connector, self.http.post(to).form(form)).await
    }
}
