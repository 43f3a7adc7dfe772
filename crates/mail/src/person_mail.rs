//! Mails to the person whom a key is for. None contains a PIN.

use keyferry_domain::ports::{LossNews, NextKey, PassNews, PersonNews, PersonNotice};
use keyferry_domain::{Language, SerialNumber, Tracking, time_text};
use minijinja::Value;

use crate::Error;
use crate::template_set::{BuiltIn, Localised, TemplateSet, built_in, foreign, wrong_subject};

pub(crate) const BUILT_IN: [BuiltIn; 14] = [
    built_in!("ordered.subject.txt"),
    built_in!("ordered.txt"),
    built_in!("shipped.subject.txt"),
    built_in!("shipped.txt"),
    built_in!("registered.subject.txt"),
    built_in!("registered.txt"),
    built_in!("address.subject.txt"),
    built_in!("address.txt"),
    built_in!("lost.subject.txt"),
    built_in!("lost.txt"),
    built_in!("lost-manager.subject.txt"),
    built_in!("lost-manager.txt"),
    built_in!("pass.subject.txt"),
    built_in!("pass.txt"),
];

/// Names of the templates of one mail: subject and text.
type Names = (&'static str, &'static str);

const ORDERED: Names = ("ordered.subject.txt", "ordered.txt");
const SHIPPED: Names = ("shipped.subject.txt", "shipped.txt");
const REGISTERED: Names = ("registered.subject.txt", "registered.txt");
const ADDRESS: Names = ("address.subject.txt", "address.txt");
const LOST: Names = ("lost.subject.txt", "lost.txt");
const LOST_TO_MANAGER: Names = ("lost-manager.subject.txt", "lost-manager.txt");
const PASS: Names = ("pass.subject.txt", "pass.txt");

/// Links used to check templates.
const SAMPLE_LINK: &str = "https://keyferry.example/me/address/sample";
const SAMPLE_OBJECT: &str = "https://keyferry.example/me/object/sample";

/// Link that a text must contain, and how to add it.
type Needed = Option<(&'static str, &'static str)>;

/// Renders the templates with sample values.
///
/// # Errors
/// [`Error::Template`] as for PIN mails, for a subject that contains a link, and for a text without its link.
pub(crate) fn check(set: &TemplateSet) -> Result<(), Error> {
    let serial = SerialNumber::new("20123456");
    let some = |text: &str| Some(text.to_owned());
    let known = Tracking { carrier: some("FEDEX"), number: some("794"), link: some("https://carrier.example/794") };
    let unknown = Tracking::default();
    let until = keyferry_domain::Timestamp::UNIX_EPOCH;
    let address = |is_reminder| PersonNews::Address {
        ordered_by: Some("Grace Hopper"),
        link: SAMPLE_LINK,
        object: SAMPLE_OBJECT,
        until,
        is_reminder,
    };
    let object = Some(SAMPLE_OBJECT);
    let needs_object: Needed = Some((SAMPLE_OBJECT, "it does not show the page to object: add {{ object }}"));
    let needs_link: Needed = Some((SAMPLE_LINK, "it does not show the page with the form: add {{ link }}"));
    let lost = |to_manager, serial, next_key| {
        let ordered_at = until;
        let (reported_by, reported_at, unusable_since) = (Some("Grace Hopper"), until, until);
        let was_registered = next_key != NextKey::None;
        let loss = LossNews {
            to_manager,
            serial,
            ordered_at,
            reported_by,
            reported_at,
            unusable_since,
            was_registered,
            next_key,
        };
        (PersonNews::Lost(loss), None)
    };
    let pass = |to_manager| {
        let (requested_by, link, minutes) = (Some("Grace Hopper"), SAMPLE_LINK, 60);
        PersonNews::AccessPass(PassNews { to_manager, requested_by, link, until, minutes })
    };
    let needs_pass: Needed = Some((SAMPLE_LINK, "it does not show the page with the pass: add {{ link }}"));
    let samples = [
        (PersonNews::Ordered { ordered_by: Some("Grace Hopper"), town: Some("London"), object }, needs_object),
        (PersonNews::Ordered { ordered_by: Some("Grace Hopper"), town: None, object: None }, None),
        (PersonNews::Shipped { serial: &serial, tracking: &known }, None),
        (PersonNews::Shipped { serial: &serial, tracking: &unknown }, None),
        (PersonNews::Registered { serial: &serial, key_name: "YubiKey 20123456" }, None),
        (address(false), needs_link),
        (address(true), needs_link),
        lost(false, Some(&serial), NextKey::Ordered),
        lost(false, None, NextKey::None),
        lost(true, Some(&serial), NextKey::Planned),
        lost(true, None, NextKey::None),
        (pass(true), needs_pass),
        (pass(false), needs_pass),
    ];
    for language in Language::ALL {
        for contact in ["IT service desk, +1 555 0100", ""] {
            for (news, needed) in &samples {
                check_one(set, language, contact, news, *needed)?;
            }
        }
    }
    Ok(())
}

fn check_one(
    set: &TemplateSet,
    language: Language,
    contact: &str,
    news: &PersonNews<'_>,
    needed: Needed,
) -> Result<(), Error> {
    let (subject_name, text_name) = names(news);
    let (subject_name, text_name) = (Localised(subject_name, language), Localised(text_name, language));
    let values = values("Ada Lovelace", contact, language, news);
    let subject = set.check(subject_name, &values)?;
    if let Some(problem) = wrong_subject(subject.trim()) {
        return Err(set.refusal(subject_name, None, problem));
    }
    if subject.contains(SAMPLE_LINK) || subject.contains(SAMPLE_OBJECT) {
        return Err(set.refusal(subject_name, None, "it shows a link: mail servers log subjects"));
    }
    let text = set.check(text_name, &values)?;
    match needed.filter(|(link, _)| !text.contains(link)) {
        Some((_, problem)) => Err(set.refusal(text_name, None, problem)),
        None => Ok(()),
    }
}

/// Returns the links of a mail, which must not appear in errors and logs.
pub(crate) fn links<'a>(notice: &PersonNotice<'a>) -> Vec<&'a str> {
    match notice.news {
        PersonNews::Ordered { object, .. } => object.into_iter().collect(),
        PersonNews::Address { link, object, .. } => vec![link, object],
        PersonNews::AccessPass(pass) => vec![pass.link],
        PersonNews::Shipped { .. } | PersonNews::Registered { .. } | PersonNews::Lost(_) => Vec::new(),
    }
}

/// Returns the name of a mail for the log.
pub(crate) fn name(notice: &PersonNotice<'_>) -> &'static str {
    match notice.news {
        PersonNews::Ordered { .. } => "ordered",
        PersonNews::Shipped { .. } => "shipped",
        PersonNews::Registered { .. } => "registered",
        PersonNews::Address { .. } => "address",
        PersonNews::Lost(LossNews { to_manager: false, .. }) => "lost",
        PersonNews::Lost(LossNews { to_manager: true, .. }) => "lost_to_manager",
        PersonNews::AccessPass(_) => "access_pass",
    }
}

/// Returns the names of the templates of a mail: subject and text.
pub(crate) fn names(news: &PersonNews<'_>) -> Names {
    match news {
        PersonNews::Ordered { .. } => ORDERED,
        PersonNews::Shipped { .. } => SHIPPED,
        PersonNews::Registered { .. } => REGISTERED,
        PersonNews::Address { .. } => ADDRESS,
        PersonNews::Lost(LossNews { to_manager: false, .. }) => LOST,
        PersonNews::Lost(LossNews { to_manager: true, .. }) => LOST_TO_MANAGER,
        PersonNews::AccessPass(_) => PASS,
    }
}

/// Returns the variables of a mail.
pub(crate) fn values(user_name: &str, contact: &str, language: Language, news: &PersonNews<'_>) -> Value {
    // Without a name.
    let by = |name: Option<&str>| match (name, language) {
        (Some(name), _) => foreign(name),
        (None, Language::English) => Value::from("your organisation's IT"),
        (None, Language::German) => Value::from("die IT Ihrer Organisation"),
    };
    let mut values = vec![("user_name", foreign(user_name)), ("contact", Value::from(contact))];
    match news {
        PersonNews::Ordered { ordered_by, town, object } => values.extend([
            ("ordered_by", by(*ordered_by)),
            ("town", foreign(town.unwrap_or_default())),
            ("object", Value::from(object.unwrap_or_default())),
        ]),
        PersonNews::Shipped { serial, tracking } => values.extend([
            ("serial", foreign(serial.as_str())),
            ("carrier", foreign(tracking.carrier.as_deref().unwrap_or_default())),
            ("tracking", foreign(tracking.number.as_deref().unwrap_or_default())),
            ("tracking_link", foreign(tracking.link.as_deref().unwrap_or_default())),
        ]),
        PersonNews::Registered { serial, key_name } => {
            values.extend([("serial", foreign(serial.as_str())), ("key_name", foreign(key_name))]);
        }
        PersonNews::Address { ordered_by, link, object, until, is_reminder } => values.extend([
            ("ordered_by", by(*ordered_by)),
            ("link", Value::from(*link)),
            ("object", Value::from(*object)),
            ("until", Value::from(time_text(*until))),
            ("is_reminder", Value::from(*is_reminder)),
        ]),
        PersonNews::Lost(loss) => values.extend([
            ("serial", foreign(loss.serial.map_or("", SerialNumber::as_str))),
            ("ordered_at", Value::from(time_text(loss.ordered_at))),
            ("reported_by", by(loss.reported_by)),
            ("reported_at", Value::from(time_text(loss.reported_at))),
            ("unusable_since", Value::from(time_text(loss.unusable_since))),
            ("was_registered", Value::from(loss.was_registered)),
            ("next_key", Value::from(loss.next_key.as_str())),
        ]),
        PersonNews::AccessPass(pass) => values.extend([
            ("to_manager", Value::from(pass.to_manager)),
            ("requested_by", by(pass.requested_by)),
            ("link", Value::from(pass.link)),
            ("until", Value::from(time_text(pass.until))),
            ("minutes", Value::from(pass.minutes)),
        ]),
    }
    Value::from_pairs(values)
}

#[cfg(test)]
mod tests;
