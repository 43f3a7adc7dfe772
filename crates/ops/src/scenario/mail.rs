//! Steps 12 and 13: the PIN arrives separately from the key.

use std::time::Duration;

use keyferry_domain::Pin;
use mail_parser::decoders::html::html_to_text;

use super::answers::{Details, Message};
use super::order::{Ordered, missing};
use super::parcel::Parcel;
use super::step::Steps;
use super::wire::Wire;
use super::{Trouble, pin};

const PAUSE: Duration = Duration::from_millis(200);

/// The mail with the PIN.
pub(super) struct PinMail {
    /// Id in the sandbox's mailbox.
    pub(super) id: u64,
    /// The mail has an HTML part only.
    pub(super) html_alone: bool,
    pub(super) pin: Pin,
}

pub(super) async fn receive(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    ordered: &Ordered,
    details: &Details,
    parcel: &Parcel,
) -> Result<PinMail, Trouble> {
    let completed = details.history.iter().rev().find(|event| event.event == "completed");
    steps.done_earlier(completed.ok_or(missing("the PIN delivery"))?.detail.clone());

    let to = ordered.managers_mail();
    let began = steps.clock().now();
    let mail = loop {
        let mails: Vec<Message> = wire.read("the mailbox", &["mailbox", "messages"]).await?;
        let about = |mail: &Message| mail.id > ordered.last_mail && text(mail).contains(&parcel.serial);
        if let Some(mail) = mails.into_iter().rev().find(|mail| about(mail)) {
            break mail;
        }
        let waited = steps.since(began);
        if waited >= wire.world.patience {
            let to = to.unwrap_or("any recipient").to_owned();
            return Err(Trouble::NoMail { serial: parcel.serial.clone(), to, seconds: waited.as_secs() });
        }
        steps.clock().sleep(PAUSE).await;
    };
    let came_to = mail.to.join(", ");
    if let Some(to) = to
        && mail.to.iter().any(|address| !address.eq_ignore_ascii_case(to))
    {
        return Err(Trouble::Mismatch { what: "addressee of the PIN", expected: to.to_owned(), got: came_to });
    }
    let pin = pin::read(&text(&mail), ordered.pin_length, &parcel.serial)?;
    steps.done(format!(
        "a PIN of {} characters for key {} arrived at {came_to} by {}",
        ordered.pin_length, parcel.serial, mail.via
    ));
    Ok(PinMail { id: mail.id, html_alone: plain(&mail).is_none(), pin })
}

/// Returns the visible text of a mail.
pub(super) fn text(mail: &Message) -> String {
    plain(mail).map(str::to_owned).unwrap_or_else(|| mail.html.as_deref().map(shown).unwrap_or_default())
}

fn plain(mail: &Message) -> Option<&str> {
    mail.text.as_deref().filter(|text| !text.trim().is_empty())
}

/// Converts HTML to text. Table cells and blocks become separate lines, as a browser shows them apart.
fn shown(html: &str) -> String {
    let apart = ["</td>", "</th>", "</div>"].into_iter().fold(html.to_owned(), |html, tag| html.replace(tag, "<br>"));
    html_to_text(&apart)
}

#[cfg(test)]
mod tests {
    use keyferry_domain::PinLength;

    use super::*;

    #[test]
    fn reads_html_only_mail() {
        let html = "<html><head><title>The PIN for the security key of Ada</title></head><body><p>Hello,</p>\
            <table><tr><td>Key (serial number on its back)</td><td><strong>31415926</strong></td></tr>\
            <tr><td>PIN</td><td><strong>48213790</strong></td></tr></table><p>Tell Ada the PIN.</p></body></html>";
        let mail = Message {
            id: 1,
            via: "graph".into(),
            to: Vec::new(),
            subject: None,
            text: None,
            html: Some(html.to_owned()),
        };
        let text = text(&mail);
        assert!(text.contains("31415926"));
        let pin = pin::read(&text, PinLength::try_from(8).unwrap(), "31415926").unwrap();
        assert_eq!(pin.expose(), "48213790");
    }
}
