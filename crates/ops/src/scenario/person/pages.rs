//! A browser without JavaScript: cookies, redirects, forms.

use std::collections::BTreeMap;

use keyferry_domain::Clock;
use keyferry_http::{Answer, Request, clean};
use url::Url;

use super::start::Story;
use super::until::{MAX_ATTEMPTS, PAUSE};
use crate::scenario::Trouble;
use crate::scenario::answers::User;
use crate::scenario::wire::Wire;

/// Most redirects in a row.
const MAX_REDIRECTS: usize = 10;

/// Page that a browser shows.
pub(super) struct Page {
    url: Url,
    pub(super) status: u16,
    pub(super) html: String,
    leads_to: Option<Url>,
}

impl Page {
    fn of(url: Url, answer: &Answer) -> Self {
        let html = String::from_utf8_lossy(answer.body()).into_owned();
        let to = match answer.header("location") {
            Some(to) => Some(to.to_owned()),
            None => between(&html, "content=\"0;url=", "\"").map(unescaped),
        };
        let leads_to = to.and_then(|to| url.join(&to).ok());
        Self { url, status: answer.status, html, leads_to }
    }

    /// Returns status and heading, for messages. They contain no PIN and no link.
    pub(super) fn brief(&self) -> String {
        let heading = between(&self.html, "<h1>", "</h1>").map(unescaped).unwrap_or_else(|| "no heading".to_owned());
        format!("{} “{}”", self.status, clean(&heading))
    }

    /// Returns whether the page asks to try again.
    fn is_busy(&self) -> bool {
        self.brief() == "409 “Try again in a minute”"
    }

    /// Returns whether the form has a field of this name.
    pub(super) fn has_field(&self, name: &str) -> bool {
        self.html.contains(&format!("name=\"{name}\""))
    }

    /// Returns the text of the element that shows a PIN.
    pub(super) fn pin(&self) -> Option<&str> {
        let element = self.html.split("<output class=\"pin\"").nth(1)?;
        between(element, ">", "<")
    }

    /// Asserts status and heading.
    pub(super) fn is(&self, what: &'static str, status: u16, heading: &str) -> Result<(), Trouble> {
        let expected = format!("{status} “{heading}”");
        if self.pin().is_some() {
            return Err(Trouble::Mismatch { what, expected, got: format!("{}, with a PIN", self.brief()) });
        }
        match self.brief() == expected {
            true => Ok(()),
            false => Err(Trouble::Mismatch { what, expected, got: self.brief() }),
        }
    }

    fn hidden(&self, name: &str) -> Option<String> {
        between(&self.html, &format!("name=\"{name}\" value=\""), "\"").map(unescaped)
    }
}

fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(behind).map(|(found, _)| found)
}

/// Undoes the escaping of text in HTML.
fn unescaped(text: &str) -> String {
    let entities = [("&#38;", "&"), ("&#39;", "'"), ("&#34;", "\""), ("&quot;", "\""), ("&#60;", "<"), ("&#62;", ">")];
    let text = entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character));
    text.replace("&amp;", "&")
}

/// Browser of one user. The services share its cookies, as they share a host.
pub(super) struct Visitor<'a> {
    wire: &'a Wire<'a>,
    clock: &'a dyn Clock,
    upn: &'a str,
    password: &'a str,
    cookies: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(wire: &'a Wire<'a>, clock: &'a dyn Clock, story: &'a Story, user: &'a User) -> Self {
        Self { wire, clock, upn: &user.upn, password: &story.outside.user_password, cookies: BTreeMap::new() }
    }

    /// Opens a link, and signs in where it leads.
    pub(super) async fn open(&mut self, link: &Url) -> Result<Page, Trouble> {
        let page = self.send(self.wire.http.get(link), link.clone()).await?;
        let page = self.follow(page).await?;
        let Some(interaction) = page.hidden("interaction") else { return Ok(page) };
        let missing = Trouble::Missing { whose: "the sign-in page", what: "an address" };
        let login = page.url.join("/login").map_err(|_| missing)?;
        let form = [("interaction", interaction.as_str()), ("login", self.upn), ("passwd", self.password)];
        let page = self.send(self.wire.http.post(&login).form(&form), login).await?;
        self.follow(page).await
    }

    /// Sends the form of a page, with these of its fields. Repeats it while a run processes the shipment, as the page
    /// then asks for.
    pub(super) async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Result<Page, Trouble> {
        let csrf = page.hidden("csrf").unwrap_or_default();
        let own = fields.iter().copied().filter(|(name, _)| page.has_field(name));
        let form: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(own).collect();
        let mut attempts = 0;
        loop {
            let next = self.send(self.wire.http.post(&page.url).form(&form), page.url.clone()).await?;
            let next = self.follow(next).await?;
            attempts += 1;
            if !next.is_busy() || attempts >= MAX_ATTEMPTS {
                return Ok(next);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn follow(&mut self, mut page: Page) -> Result<Page, Trouble> {
        for _ in 0..MAX_REDIRECTS {
            let Some(to) = page.leads_to.clone() else { return Ok(page) };
            page = self.send(self.wire.http.get(&to), to).await?;
        }
        let expected = "a page".to_owned();
        Err(Trouble::Mismatch { what: "where pages lead", expected, got: "more than ten redirects".to_owned() })
    }

    async fn send(&mut self, request: Request, url: Url) -> Result<Page, Trouble> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", &cookies.join("; ")).header("accept-language", "en").send().await?;
        for (_, line) in answer.headers().filter(|(name, _)| *name == "set-cookie") {
            let cookie = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = cookie.split_once('=') else { continue };
            match line.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        Ok(Page::of(url, &answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(status: u16, html: &str) -> Page {
        let url = Url::parse("http://127.0.0.1:8080/me/pin/x").unwrap();
        Page { url, status, html: html.to_owned(), leads_to: None }
    }

    #[test]
    fn page_with_a_pin_is_never_one_without() {
        let shown = page(410, "<h1>Used</h1><output class=\"pin\" aria-label=\"PIN\">48213790</output>");
        assert_eq!(shown.pin(), Some("48213790"));
        let error = shown.is("the link", 410, "Used").unwrap_err().to_string();
        assert!(error.contains("with a PIN") && !error.contains("48213790"), "{error}");
        let used = page(410, "<h1>The key&#39;s PIN &amp; more</h1>");
        assert!(used.is("the link", 410, "The key's PIN & more").is_ok() && used.is("the link", 200, "x").is_err());
    }

    #[test]
    fn reads_fields_of_forms_without_escapes() {
        let form = page(200, "<input type=\"hidden\" name=\"csrf\" value=\"a&#38;b\"><input name=\"city\">");
        assert_eq!(form.hidden("csrf").as_deref(), Some("a&b"));
        assert!(form.has_field("city") && !form.has_field("street_line1") && form.hidden("interaction").is_none());
    }
}
