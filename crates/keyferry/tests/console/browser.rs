//! A browser without scripts: cookies, redirects, and pages that lead on by themselves.

use std::collections::BTreeMap;

use keyferry_proof_support::GRACE;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use super::support::Demo;

/// Name of the cookie with the session, over http.
pub(super) const SESSION: &str = "keyferry-console";
/// Name of the cookie of a sign-in, over http.
pub(super) const SIGN_IN: &str = "keyferry-console-sign-in";

/// A browser. The demo's services share its cookies, as they share a host.
#[derive(Clone)]
pub(super) struct Browser {
    http: Client,
    pub(super) console: String,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) language: &'static str,
    /// Headers that a component in front adds.
    pub(super) headers: Vec<(&'static str, String)>,
}

/// What a browser got.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Page {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the address to which the page leads by itself.
    pub(super) fn leads_to(&self) -> Option<String> {
        let to = match self.headers.get(LOCATION) {
            Some(to) => to.to_str().unwrap().to_owned(),
            None => unescaped(self.text.split("content=\"0;url=").nth(1)?.split('"').next()?),
        };
        Some(Url::parse(&self.url).unwrap().join(&to).unwrap().into())
    }

    /// Returns the value of a hidden field.
    pub(super) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let value = self.text.split(&start).nth(1).unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        value.split('"').next().unwrap().to_owned()
    }

    /// Returns all `Set-Cookie` headers.
    pub(super) fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

/// Undoes the escaping of an attribute.
fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", "\"")
}

impl Browser {
    pub(super) fn of(demo: &Demo) -> Self {
        Self::at(demo.announced["console"].as_str().unwrap().to_owned())
    }

    /// Returns a browser for the console at this address.
    pub(super) fn at(console: String) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, console, cookies: BTreeMap::new(), language: "en", headers: Vec::new() }
    }

    /// Returns a browser in which the user is signed in.
    pub(super) async fn signed_in(demo: &Demo, user: &str) -> Self {
        let mut browser = Self::of(demo);
        let page = browser.sign_in(user, "").await;
        assert!(browser.cookies.contains_key(SESSION), "{} {}", page.status, page.text);
        browser
    }

    pub(super) async fn grace(demo: &Demo) -> Self {
        Self::signed_in(demo, GRACE).await
    }

    /// Returns the address of a page of the console.
    pub(super) fn address(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.console) }
    }

    /// Requests one page, and follows nothing.
    pub(super) async fn get(&mut self, path: &str) -> Page {
        let request = self.http.get(self.address(path));
        self.send(request).await
    }

    /// Posts a form.
    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.http.post(self.address(path)).form(form);
        self.send(request).await
    }

    /// Posts a form with a header.
    pub(super) async fn post_with(&mut self, path: &str, form: &[(&str, &str)], header: (&str, &str)) -> Page {
        let request = self.http.post(self.address(path)).form(form).header(header.0, header.1);
        self.send(request).await
    }

    /// Posts a form with a file, which comes after the fields.
    pub(super) async fn upload(&mut self, path: &str, fields: &[(&str, &str)], name: &str, file: &[u8]) -> Page {
        let mut body = Vec::new();
        for (field, value) in fields {
            let head = format!("--BOUNDARY\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let head = format!(
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--BOUNDARY--\r\n");
        let media_type = "multipart/form-data; boundary=BOUNDARY";
        let request = self.http.post(self.address(path)).header("content-type", media_type).body(body);
        self.send(request).await
    }

    /// Returns a request with this browser's session, which the test sends itself.
    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.http.request(method, self.address(path)).header("cookie", cookies.join("; "))
    }

    pub(super) async fn get_with(&mut self, path: &str, header: (&str, &str)) -> Page {
        let request = self.http.get(self.address(path)).header(header.0, header.1);
        self.send(request).await
    }

    /// Requests a page, and follows where it leads.
    pub(super) async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        self.follow(page).await
    }

    pub(super) async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..8 {
            let Some(to) = page.leads_to() else { return page };
            page = self.get(&to).await;
        }
        panic!("pages lead in a circle: {}", page.url)
    }

    /// Opens a page of the console, and signs in where it leads. Returns the page after the sign-in.
    pub(super) async fn sign_in(&mut self, user: &str, path: &str) -> Page {
        let page = self.open(path).await;
        let page = self.password(&page, user).await;
        self.follow(page).await
    }

    /// Submits name and password on the page of the identity provider.
    pub(super) async fn password(&mut self, page: &Page, user: &str) -> Page {
        let interaction = page.hidden("interaction");
        let login: String = Url::parse(&page.url).unwrap().join("/login").unwrap().into();
        let form = [("interaction", interaction.as_str()), ("login", user), ("passwd", "sandbox-password")];
        self.post(&login, &form).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; ")).header("accept-language", self.language);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.send().await.unwrap();
        self.keep(&response);
        let (url, status, headers) =
            (response.url().to_string(), response.status().as_u16(), response.headers().clone());
        Page { url, status, headers, text: response.text().await.unwrap() }
    }

    fn keep(&mut self, response: &Response) {
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
