//! Mails, as their readers get them.

use keyferry_http::clean;
use url::Url;

use super::place::{self, Place};
use super::start::Story;
use super::until::until;
use crate::scenario::Trouble;
use crate::scenario::answers::{Message, User};
use crate::scenario::mail::text;
use crate::scenario::order::same;
use crate::scenario::parcel::Parcel;
use crate::scenario::pin::{self, Unreadable};
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;

const ADDRESS: &str = "Where shall we send your security key?";
const ORDERED: &str = "A security key was ordered for you";
const SHIPPED: &str = "Your security key was shipped";
const REGISTERED: &str = "Your security key is registered";
const LOST: &str = "Your security key was reported as lost";
const LOST_TO_MANAGER: &str = "The security key of";
const PIN: &str = "The PIN for the security key of";

/// Returns all mails since a mail.
pub(super) async fn since(wire: &Wire<'_>, last: u64) -> Result<Vec<Message>, Trouble> {
    let mails: Vec<Message> = wire.read("the mailbox", &["mailbox", "messages"]).await?;
    Ok(mails.into_iter().filter(|mail| mail.id > last).collect())
}

/// Waits for the only mail with this subject since a mail, which must go to this user only and contain no PIN.
async fn to(
    story: &Story,
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    user: &User,
    subject: &'static str,
    last: u64,
) -> Result<String, Trouble> {
    let probe = async || {
        let mails = since(wire, last).await?;
        let title = |mail: &Message| mail.subject.clone().unwrap_or_default();
        let mut own: Vec<_> = mails.iter().filter(|mail| title(mail).starts_with(subject)).collect();
        if own.len() > 1 {
            let got = format!("{} mails “{subject}”", own.len());
            return Err(Trouble::Mismatch { what: "mails", expected: "one mail".to_owned(), got });
        }
        let seen: Vec<_> = mails.iter().map(|mail| format!("“{}”", clean(&title(mail)))).collect();
        Ok(own.pop().map(|mail| (mail.to.join(", "), text(mail))).ok_or_else(|| format!("[{}]", seen.join(", "))))
    };
    let expected = format!("a mail “{subject}”");
    let (came_to, text) = until(wire, steps, &story.ordered.token, "the mailbox", &expected, probe).await?;
    same("addressee of the mail", user.mail.as_ref().unwrap_or(&user.upn), &came_to)?;
    // The serial number has the length of a PIN, and is behind no word PIN.
    match pin::read(&text, story.ordered.pin_length, "") {
        Err(Unreadable::Absent(_)) => Ok(text),
        _ => Err(Trouble::PinLeaked(subject)),
    }
}

/// Returns the only link to this page in a mail.
fn link(text: &str, page: &'static str) -> Result<Url, Trouble> {
    let missing = Trouble::Missing { whose: "the mail", what: page };
    let word = text.split_whitespace().find(|word| word.starts_with("http") && word.contains(page));
    word.and_then(|word| Url::parse(word).ok()).ok_or(missing)
}

fn contains(text: &str, what: &'static str, part: &str) -> Result<(), Trouble> {
    match text.contains(part) {
        true => Ok(()),
        false => Err(Trouble::Mismatch { what, expected: clean(part), got: "a mail without it".to_owned() }),
    }
}

/// Returns the link to the form in the mail to the recipient.
pub(super) async fn address_link(story: &Story, wire: &Wire<'_>, steps: &Steps<'_>, last: u64) -> Result<Url, Trouble> {
    let text = to(story, wire, steps, &story.ordered.user, ADDRESS, last).await?;
    link(&text, "/me/address/")
}

pub(super) async fn ordered(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    place: &Place,
) -> Result<(), Trouble> {
    let text = to(story, wire, steps, &story.ordered.user, ORDERED, story.ordered.last_mail).await?;
    contains(&text, "the town in the mail", place.city())?;
    if text.contains(place.street()) {
        let got = "the street".to_owned();
        return Err(Trouble::Mismatch { what: "address in the mail", expected: "the town only".to_owned(), got });
    }
    link(&text, "/me/object/")?;
    steps.done(format!("“{ORDERED}” names {}, not the street, and has a link to object", place.city()));
    Ok(())
}

pub(super) async fn shipped_and_registered(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    parcel: &Parcel,
    last: u64,
) -> Result<(), Trouble> {
    let shipped = to(story, wire, steps, &story.ordered.user, SHIPPED, last).await?;
    contains(&shipped, "the serial number in the mail", &parcel.serial)?;
    contains(&shipped, "the tracking number in the mail", &parcel.tracking_number)?;
    let registered = to(story, wire, steps, &story.ordered.user, REGISTERED, last).await?;
    contains(&registered, "the serial number in the mail", &parcel.serial)?;
    steps.done(format!("both name key {}; neither contains a PIN", parcel.serial));
    Ok(())
}

/// Asserts that the recipient and the manager get word of the lost key, each once and without a link.
pub(super) async fn lost(story: &Story, wire: &Wire<'_>, steps: &mut Steps<'_>, serial: &str) -> Result<(), Trouble> {
    let last = story.last_mail_before_loss;
    for (user, subject) in [(&story.ordered.user, LOST), (&story.manager, LOST_TO_MANAGER)] {
        let text = to(story, wire, steps, user, subject, last).await?;
        contains(&text, "the serial number in the mail", serial)?;
        contains(&text, "the next key in the mail", "A new key was ordered")?;
        let street = place::FIRST.street();
        if text.contains("/me/") || text.contains(street) {
            let got = "a link or the street".to_owned();
            return Err(Trouble::Mismatch { what: "mail about the lost key", expected: "neither".to_owned(), got });
        }
    }
    steps.done(format!("{} and {} each got one mail about key {serial}", story.ordered.user.upn, story.manager.upn));
    Ok(())
}

/// Returns the link in the mail to the addressee of the PIN.
pub(super) async fn pin_link(
    story: &Story,
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    parcel: &Parcel,
    last: u64,
) -> Result<Url, Trouble> {
    let text = to(story, wire, steps, &story.manager, PIN, last).await?;
    contains(&text, "the serial number in the mail", &parcel.serial)?;
    link(&text, "/me/pin/")
}

/// Asserts that no mail contains this PIN.
pub(super) async fn none_contains(story: &Story, wire: &Wire<'_>, pin: &str) -> Result<usize, Trouble> {
    let mails = since(wire, story.ordered.last_mail).await?;
    match mails.iter().any(|mail| text(mail).contains(pin)) {
        true => Err(Trouble::PinLeaked("a mail")),
        false => Ok(mails.len()),
    }
}
