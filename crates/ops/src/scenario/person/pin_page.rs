//! The page that shows a PIN once.

use keyferry_domain::Pin;
use url::Url;
use zeroize::Zeroizing;

use super::key::Held;
use super::letters;
use super::pages::{Page, Visitor};
use super::start::Story;
use crate::scenario::step::Steps;
use crate::scenario::wire::{Wire, expect};
use crate::scenario::{Sabotage, Trouble};

/// Heading of the page of a used link.
const USED: &str = "The PIN was shown already";
const CONFIRMED: [(&str, &str); 1] = [("arrived", "1")];

/// The PIN is shown to its addressee once, and to others never. Completes four steps.
pub(super) async fn seen_once(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    sabotage: Sabotage,
    held: &Held,
    shipment: &str,
) -> Result<Pin, Trouble> {
    let link = letters::pin_link(story, wire, steps, &held.parcel, story.ordered.last_mail).await?;
    steps.done(format!("{} got exactly one mail, with a link", story.manager.upn));
    let mut before = Vec::new();
    for user in [&story.ordered.user, &story.stranger] {
        let page = Visitor::new(wire, steps.clock(), story, user).open(&link).await?;
        page.is("page of the PIN for another user", 403, "This PIN is for another person")?;
        if page.html.contains(&held.parcel.serial) {
            let expected = "no serial number".to_owned();
            return Err(Trouble::Mismatch { what: "page of the PIN for another user", expected, got: page.brief() });
        }
        before.push(page);
    }
    steps.done(format!(
        "{} and {} opened the link: 403 “This PIN is for another person”",
        story.ordered.user.upn, story.stranger.upn
    ));

    let (mut grace, mut second) = (
        Visitor::new(wire, steps.clock(), story, &story.manager),
        Visitor::new(wire, steps.clock(), story, &story.manager),
    );
    let (ask, other) = (asked(&mut grace, &link, held).await?, asked(&mut second, &link, held).await?);
    let unconfirmed = grace.submit(&ask, &[]).await?;
    unconfirmed.is("the form without the confirmation", 400, "Confirm that the key has arrived")?;
    let shown = grace.submit(&ask, &CONFIRMED).await?;
    let pin = pin_on(story, &shown)?;
    steps.done(format!(
        "{} saw a PIN of {} characters for key {}; without the confirmation there was none",
        story.manager.upn, story.ordered.pin_length, held.parcel.serial
    ));

    let again = match sabotage {
        Sabotage::ShowPinAgain => release_again(story, wire, steps, held, shipment, &mut grace).await?,
        _ => grace.submit(&ask, &CONFIRMED).await?,
    };
    again.is("the form, sent again", 410, USED)?;
    let opened = grace.open(&link).await?;
    opened.is("the link, opened again", 410, USED)?;
    let elsewhere = second.submit(&other, &CONFIRMED).await?;
    elsewhere.is("the form in another browser", 410, USED)?;
    let others = [&ask, &other, &unconfirmed, &again, &opened, &elsewhere];
    if others.into_iter().chain(&before).any(|page| page.html.contains(pin.expose())) {
        return Err(Trouble::PinLeaked("the source of another page"));
    }
    let mails = letters::none_contains(story, wire, pin.expose()).await?;
    steps.done(format!("form, link and another browser show 410; none of {mails} mails contains the PIN"));
    Ok(pin)
}

/// The PIN of the next key is shown to the addressee.
pub(super) async fn seen_of_next(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    held: &Held,
) -> Result<Pin, Trouble> {
    let link = letters::pin_link(story, wire, steps, &held.parcel, story.last_mail_before_loss).await?;
    let mut grace = Visitor::new(wire, steps.clock(), story, &story.manager);
    let ask = asked(&mut grace, &link, held).await?;
    let pin = pin_on(story, &grace.submit(&ask, &CONFIRMED).await?)?;
    grace.open(&link).await?.is("the link, opened again", 410, USED)?;
    letters::none_contains(story, wire, pin.expose()).await?;
    steps.done(format!("{} saw the PIN of key {} once", story.manager.upn, held.parcel.serial));
    Ok(pin)
}

/// Opens the page that asks. It names the key and shows no PIN.
async fn asked(visitor: &mut Visitor<'_>, link: &Url, held: &Held) -> Result<Page, Trouble> {
    let page = visitor.open(link).await?;
    let names_key = page.html.contains(&held.parcel.serial) && page.has_field("arrived");
    if page.status == 200 && names_key && page.pin().is_none() {
        return Ok(page);
    }
    let expected = format!("200, the serial number {}, a confirmation, and no PIN", held.parcel.serial);
    Err(Trouble::Mismatch { what: "the page before the PIN", expected, got: page.brief() })
}

fn pin_on(story: &Story, page: &Page) -> Result<Pin, Trouble> {
    let Some(text) = page.pin().filter(|_| page.status == 200) else {
        let expected = "200 and the PIN".to_owned();
        return Err(Trouble::Mismatch { what: "the page with the PIN", expected, got: page.brief() });
    };
    let pin = Pin::new(Zeroizing::new(text.to_owned()), story.ordered.pin_length);
    pin.map_err(|odd| Trouble::Unreadable(odd.into()))
}

/// Releases the PIN again, as somebody with `Keyferry.Pin` can, and opens the new link. Returns its page.
async fn release_again(
    story: &Story,
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    held: &Held,
    shipment: &str,
    grace: &mut Visitor<'_>,
) -> Result<Page, Trouble> {
    let last = letters::since(wire, 0).await?.iter().map(|mail| mail.id).max().unwrap_or_default();
    let resend = wire.http.get(&wire.api(&["v1", "operations", "resend-pin", shipment])?);
    expect("GET /v1/operations/resend-pin", resend.bearer(story.ordered.token.expose()), 204).await?;
    let link = letters::pin_link(story, wire, steps, &held.parcel, last).await?;
    let ask = asked(grace, &link, held).await?;
    grace.submit(&ask, &CONFIRMED).await
}
