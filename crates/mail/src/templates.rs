//! Templates of the PIN mail.

use std::path::Path;
use std::sync::Arc;

use keyferry_domain::ports::{LinkNotice, PersonNotice, PinNotice, ReleaseNotice};
use keyferry_domain::{Failure, Language, time_text};
use keyferry_http::clean;
use minijinja::Value;
use zeroize::Zeroizing;

use crate::template_set::{BuiltIn, Localised, MAX_SUBJECT, TemplateSet, built_in, foreign, wrong_subject};
use crate::{Error, person_mail};

const SUBJECT: &str = "pin.subject.txt";
const TEXT: &str = "pin.txt";
const HTML: &str = "pin.html";

const LINK_SUBJECT: &str = "link.subject.txt";
const LINK_TEXT: &str = "link.txt";

const RELEASED_SUBJECT: &str = "released.subject.txt";
const RELEASED_TEXT: &str = "released.txt";

const BUILT_IN: [BuiltIn; 7] = [
    built_in!("pin.subject.txt"),
    built_in!("pin.txt"),
    built_in!("pin.html"),
    built_in!("link.subject.txt"),
    built_in!("link.txt"),
    built_in!("released.subject.txt"),
    built_in!("released.txt"),
];

/// Link used to check templates.
const SAMPLE_LINK: &str = "https://keyferry.example/me/pin/sample";

/// PIN used to check templates.
const SAMPLE_PIN: &str = "Sample-482137";

/// Jinja templates of the PIN mail: `pin.subject.txt`, `pin.txt` and `pin.html`.
///
/// `released.subject.txt` and `released.txt` are the mail to the previous addressee of a PIN that was released to
/// another person. It has no PIN.
///
/// `link.subject.txt` and `link.txt` are the mail with a link to the page that shows the PIN. It has no PIN, but `link`
/// and `expires_at` (a time in UTC).
///
/// `ordered`, `shipped`, `registered` and `address` (each `.subject.txt` and `.txt`) are the mails to the person whom
/// the key is for. None has a PIN.
///
/// Variables: `user_name`, `serial`, `pin`, `change_on_first_use` (true or false) and `shipment_id` (of the delivery
/// service); `pin` and `change_on_first_use` only in the PIN mail. In `pin.html` values are escaped for HTML.
#[derive(Clone)]
pub struct MailTemplates(Arc<TemplateSet>);

struct Values<'a> {
    user_name: &'a str,
    serial: &'a str,
    pin: &'a str,
    change_on_first_use: bool,
    shipment_id: &'a str,
}

impl From<Values<'_>> for Value {
    fn from(values: Values<'_>) -> Self {
        Self::from_pairs([
            ("user_name", foreign(values.user_name)),
            ("serial", foreign(values.serial)),
            ("pin", Self::from(values.pin)),
            ("change_on_first_use", Self::from(values.change_on_first_use)),
            ("shipment_id", foreign(values.shipment_id)),
        ])
    }
}

/// Rendered mail.
pub(crate) struct Mail {
    pub(crate) subject: String,
    pub(crate) text: Zeroizing<String>,
    /// `None`: the mail is plain text only.
    pub(crate) html: Option<Zeroizing<String>>,
}

impl MailTemplates {
    /// Loads the built-in templates. A file in `folder` replaces the template of the same name in all languages; a file
    /// in its folder `de`, the German one.
    ///
    /// # Errors
    /// [`Error::NoTemplates`] if the folder contains no template. [`Error::TemplateFile`] if the folder or a file
    /// cannot be read. [`Error::Template`] for a syntax error, an unknown variable, a subject that is not one line or
    /// contains the PIN, and a body without the PIN.
    pub fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let set = TemplateSet::load(&[BUILT_IN.as_slice(), &person_mail::BUILT_IN].concat(), folder)?;
        for language in Language::ALL {
            check(&set, language)?;
        }
        person_mail::check(&set)?;
        Ok(Self(Arc::new(set)))
    }

    pub(crate) fn render_link(&self, notice: &LinkNotice<'_>) -> Result<Mail, Failure> {
        let (serial, id) = (notice.serial.as_str(), notice.delivery_id.as_str());
        let values = link_values(notice.user_name, serial, id, notice.link, &time_text(notice.expires_at));
        self.plain([LINK_SUBJECT, LINK_TEXT], notice.language, &values)
    }

    pub(crate) fn render_released(&self, notice: &ReleaseNotice<'_>) -> Result<Mail, Failure> {
        let values = released_values(notice.user_name, notice.serial.as_str(), notice.delivery_id.as_str());
        self.plain([RELEASED_SUBJECT, RELEASED_TEXT], notice.language, &values)
    }

    pub(crate) fn render_person(&self, notice: &PersonNotice<'_>) -> Result<Mail, Failure> {
        let (subject, text) = person_mail::names(&notice.news);
        let values = person_mail::values(notice.user_name, notice.contact, notice.language, &notice.news);
        self.plain([subject, text], notice.language, &values)
    }

    /// Renders a mail of plain text.
    fn plain(&self, names: [&'static str; 2], language: Language, values: &Value) -> Result<Mail, Failure> {
        let [subject, text] = names.map(|name| Localised(name, language));
        Ok(Mail { subject: self.subject(subject, values)?, text: self.0.render(text, values)?, html: None })
    }

    fn subject(&self, name: Localised, values: &Value) -> Result<String, Failure> {
        let subject = self.0.render(name, values)?;
        // A name may look like an encoded word (RFC 2047 section 2). Mail programs would decode it, for example to a
        // line break.
        let subject = clean(subject.trim()).replace("=?", "= ?");
        Ok(subject.chars().take(MAX_SUBJECT).collect())
    }

    pub(crate) fn render(&self, notice: &PinNotice<'_>) -> Result<Mail, Failure> {
        let values = Value::from(Values {
            user_name: notice.user_name,
            serial: notice.serial.as_str(),
            pin: notice.pin.expose(),
            change_on_first_use: notice.change_on_first_use,
            shipment_id: notice.delivery_id.as_str(),
        });
        let [subject, text, html] = [SUBJECT, TEXT, HTML].map(|name| Localised(name, notice.language));
        Ok(Mail {
            subject: self.subject(subject, &values)?,
            text: self.0.render(text, &values)?,
            html: Some(self.0.render(html, &values)?),
        })
    }
}

/// Renders the templates in one language with sample values.
fn check(set: &TemplateSet, language: Language) -> Result<(), Error> {
    let of = |name| Localised(name, language);
    for change_on_first_use in [true, false] {
        let values = Value::from(Values {
            user_name: "Ada Lovelace",
            serial: "20123456",
            pin: SAMPLE_PIN,
            change_on_first_use,
            shipment_id: "8gYnYQk5vVqYzKqY1p2xTQ",
        });
        let subject = set.check(of(SUBJECT), &values)?;
        if let Some(problem) = wrong_subject(subject.trim()) {
            return Err(set.refusal(of(SUBJECT), None, problem));
        }
        if subject.contains(SAMPLE_PIN) {
            let problem = "it shows the PIN: remove {{ pin }}, because mail servers log subjects";
            return Err(set.refusal(of(SUBJECT), None, problem));
        }
        for name in [of(TEXT), of(HTML)] {
            if !set.check(name, &values)?.contains(SAMPLE_PIN) {
                return Err(set.refusal(name, None, "it does not show the PIN: add {{ pin }}"));
            }
        }
    }
    let link = link_values("Ada Lovelace", "20123456", "8gYnYQk5vVqYzKqY1p2xTQ", SAMPLE_LINK, "2026-11-30T09:00:00Z");
    let subject = set.check(of(LINK_SUBJECT), &link)?;
    if let Some(problem) = wrong_subject(subject.trim()) {
        return Err(set.refusal(of(LINK_SUBJECT), None, problem));
    }
    if subject.contains(SAMPLE_LINK) {
        return Err(set.refusal(of(LINK_SUBJECT), None, "it shows the link: remove {{ link }}"));
    }
    if !set.check(of(LINK_TEXT), &link)?.contains(SAMPLE_LINK) {
        return Err(set.refusal(of(LINK_TEXT), None, "it does not show the link: add {{ link }}"));
    }
    let released = released_values("Ada Lovelace", "20123456", "8gYnYQk5vVqYzKqY1p2xTQ");
    if let Some(problem) = wrong_subject(set.check(of(RELEASED_SUBJECT), &released)?.trim()) {
        return Err(set.refusal(of(RELEASED_SUBJECT), None, problem));
    }
    set.check(of(RELEASED_TEXT), &released)?;
    Ok(())
}

fn link_values(user_name: &str, serial: &str, shipment_id: &str, link: &str, expires_at: &str) -> Value {
    Value::from_pairs([
        ("user_name", foreign(user_name)),
        ("serial", foreign(serial)),
        ("shipment_id", foreign(shipment_id)),
        ("link", Value::from(link)),
        ("expires_at", Value::from(expires_at)),
    ])
}

fn released_values(user_name: &str, serial: &str, shipment_id: &str) -> Value {
    Value::from_pairs([
        ("user_name", foreign(user_name)),
        ("serial", foreign(serial)),
        ("shipment_id", foreign(shipment_id)),
    ])
}

#[cfg(test)]
mod tests;
