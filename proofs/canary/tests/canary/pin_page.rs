//! The page that shows a PIN: the PIN, the token of the link, the session and the sign-in are in no log, answer, file
//! or telemetry.

use std::collections::BTreeMap;

use keyferry_proof_support::{ADA, Answer, GRACE};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};

use crate::rig::{Plan, Rig};

/// A browser without scripts.
pub(crate) struct Browser {
    pub(crate) http: Client,
    cookies: BTreeMap<String, String>,
    /// Every value of a cookie, and every authorization code.
    pub(crate) secrets: Vec<(&'static str, String)>,
}

pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) answer: Answer,
}

impl Page {
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let value = self.answer.text.split(&start).nth(1).unwrap_or_else(|| panic!("{name}: {}", self.answer.text));
        value.split('"').next().unwrap().to_owned()
    }

    fn leads_to(&self) -> Option<Url> {
        let to = match self.answer.headers.get(LOCATION) {
            Some(to) => to.to_str().unwrap().to_owned(),
            None => self.answer.text.split("content=\"0;url=").nth(1)?.split('"').next()?.replace("&#38;", "&"),
        };
        Some(self.url.join(&to.replace("&amp;", "&")).unwrap())
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, cookies: BTreeMap::new(), secrets: Vec::new() }
    }

    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        let url = response.url().clone();
        for line in response.headers().get_all(SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.len() > 12 && name.starts_with("keyferry") {
                self.secrets.push(("a cookie", value.to_owned()));
            }
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let answer = Answer::of(response).await;
        Page { url, answer }
    }

    async fn open(&mut self, url: Url) -> Page {
        let mut page = self.send(self.http.get(url)).await;
        for _ in 0..8 {
            let Some(to) = page.leads_to() else { return page };
            if let Some((_, code)) = to.query_pairs().find(|(name, _)| name == "code") {
                self.secrets.push(("an authorization code", code.into_owned()));
            }
            page = self.send(self.http.get(to)).await;
        }
        panic!("pages lead in a circle: {}", page.url)
    }

    pub(crate) async fn sign_in(&mut self, link: &str, user: &str) -> Page {
        let page = self.open(Url::parse(link).unwrap()).await;
        let interaction = page.field("interaction");
        let form = [("interaction", interaction.as_str()), ("login", user), ("passwd", "sandbox-password")];
        let login = page.url.join("/login").unwrap();
        let page = self.send(self.http.post(login).form(&form)).await;
        let to = page.leads_to().unwrap_or_else(|| panic!("{}", page.answer.text));
        if let Some((_, code)) = to.query_pairs().find(|(name, _)| name == "code") {
            self.secrets.push(("an authorization code", code.into_owned()));
        }
        self.open(to).await
    }
}

async fn newest_link(rig: &Rig) -> String {
    let mails = rig.mails().await;
    let text = mails.last().unwrap()["text"].as_str().unwrap().to_owned();
    let start = text.find("http").unwrap();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn no_leak_by_pin_page() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    for (name, value) in [
        ("KEYFERRY_BIND", "127.0.0.1"),
        ("KEYFERRY_CONSOLE", "on"),
        ("KEYFERRY_PORTAL", "on"),
        ("KEYFERRY_PIN_RELEASE", "page"),
    ] {
        plan.set(name, value);
    }
    let rig = plan.start().await;
    let shipment = rig.shipped(ADA).await;
    let registered = |details: &serde_json::Value| details["phase"] == "registered";
    rig.process_until(&shipment, "registration", registered).await;
    rig.until("a mail with a link", async || !rig.mails().await.is_empty()).await;
    let link = newest_link(&rig).await;
    let token = link.rsplit('.').next().unwrap();
    assert_eq!(token.len(), 43, "32 bytes, base64url");
    rig.canary("token of the link", token.as_bytes());

    // Another user, a wrong form, and the addressee.
    let mut colleague = Browser::new();
    let page = colleague.sign_in(&link, keyferry_proof_support::ALAN).await;
    assert_eq!(page.answer.status.as_u16(), 403, "{}", page.answer.text);
    let mut browser = Browser::new();
    let page = browser.sign_in(&link, GRACE).await;
    assert_eq!(page.answer.status.as_u16(), 200, "{}", page.answer.text);
    let csrf = page.field("csrf");
    for csrf in ["x", &csrf[..csrf.len() - 1]] {
        let form = [("csrf", csrf), ("arrived", "1")];
        let refused = browser.send(browser.http.post(&link).form(&form)).await;
        assert_eq!(rig.keep(refused.answer).status.as_u16(), 403);
    }
    let form = [("csrf", csrf.as_str()), ("arrived", "1")];
    let shown = browser.send(browser.http.post(&link).form(&form)).await;
    assert!(shown.answer.text.contains("class=\"pin\""), "{}", shown.answer.text);
    // After it: the link, the form, and the page on which the PIN is hidden.
    let again = browser.send(browser.http.post(&link).form(&form)).await;
    assert_eq!(rig.keep(again.answer).status.as_u16(), 410);
    for path in [link.as_str(), &format!("{}/me/pin-closed", rig.api), &format!("{}/me", rig.api)] {
        let page = browser.send(browser.http.get(path)).await;
        rig.keep(page.answer);
    }
    for events in ["/v1/events?limit=500".to_owned(), format!("/v1/shipments/{shipment}")] {
        rig.api(reqwest::Method::GET, &events, None).await;
    }
    for (name, secret) in browser.secrets.iter().chain(&colleague.secrets) {
        rig.canary(name, secret.as_bytes());
    }
    assert!(browser.secrets.iter().any(|(name, _)| name.contains("code")) && browser.secrets.len() > 2);
    assert_eq!(rig.learn().await.0, 1);
    rig.assert_silent(&[&shipment]).await;
}
