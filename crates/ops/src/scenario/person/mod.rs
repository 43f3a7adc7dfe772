//! The side of the recipient, over HTTP only: pages as a browser without JavaScript gets them, mails as their readers
//! get them, and what delivery service, factory and identity provider have.

mod act;
mod address;
mod key;
mod letters;
mod pages;
mod pin_page;
mod place;
mod start;
mod until;

use std::time::Duration;

use super::browser::Window;
use super::registration::Method;
use super::step::Steps;
use super::wire::Wire;
use super::{Report, Sabotage, Trouble};
use key::Held;
use start::Story;

/// Steps of the first key before the sign-in.
const FIRST: [&str; 14] = [
    "A caller orders a key without an address",
    "The recipient gets a mail with a link",
    "Another user sees nothing of the order",
    "The recipient signs in and enters the address",
    "The delivery service gets exactly this address",
    "The recipient gets a mail that a key was ordered",
    "The factory creates the credential",
    "The parcel is shipped",
    "The identity provider lists the method",
    "The recipient gets mails that the key was shipped and is registered",
    "The addressee of the PIN gets a link, and no PIN",
    "Other users see no PIN",
    "The addressee confirms the arrival and sees the PIN",
    "The link does not show the PIN again",
];
const SIGN_IN: &str = "The holder signs in";
const IN_BROWSER: [&str; 2] = ["The key is plugged into a browser", "The holder signs in with the browser"];
/// Steps of the lost key, and of the next one before the sign-in.
const NEXT: [&str; 10] = [
    "The key is reported as lost, and its method is gone at once",
    "The recipient and the manager get word of the lost key",
    "The lost key no longer signs in",
    "The recipient enters the address of the next key",
    "The factory creates the credential of the next key",
    "The parcel of the next key is shipped",
    "The identity provider lists the method of the next key",
    "The recipient gets the mails about the next key",
    "The addressee sees the PIN of the next key",
    "The lost key still does not sign in",
];

/// Returns the titles of the steps.
pub(super) fn titles(in_browser: bool) -> Vec<&'static str> {
    let browser: &[&str] = if in_browser { &IN_BROWSER } else { &[] };
    [&FIRST[..], &[SIGN_IN], browser, &NEXT[..], &[SIGN_IN], browser].concat()
}

pub(super) async fn run_steps(
    wire: &Wire<'_>,
    sabotage: Sabotage,
    steps: &mut Steps<'_>,
    window: Option<&Window>,
) -> Result<Report, Trouble> {
    let mut story = Story::begin(wire).await?;
    let first = story.ordered_without_address(wire, steps).await?;
    let link = letters::address_link(&story, wire, steps, story.ordered.last_mail).await?;
    steps.done(format!("{} got exactly one mail, with a link to a form", story.ordered.user.upn));
    address::is_closed_to_others(&story, wire, steps, &link).await?;
    address::enter(&story, wire, steps, &link, &place::FIRST).await?;
    let parcel = address::arrived(&mut story, wire, steps, &link, &place::FIRST).await?;
    letters::ordered(&story, wire, steps, &place::FIRST).await?;
    let held = key::made(&story, wire, steps, parcel).await?;
    letters::shipped_and_registered(&story, wire, steps, &held.parcel, story.ordered.last_mail).await?;
    let pin = pin_page::seen_once(&story, wire, steps, sabotage, &held, &first).await?;
    let pin = key::sign_in(&story, wire, steps, sabotage, &held, pin).await?;
    let plugged = key::sign_in_browser(&story, wire, steps, window, &held, &pin).await?;

    let second = act::report_lost(&mut story, wire, steps, sabotage, &held, &first).await?;
    letters::lost(&story, wire, steps, &held.parcel.serial).await?;
    act::is_useless(wire, steps, window, &held, &pin).await?;
    if let Some(plugged) = plugged {
        plugged.unplug().await?;
    }
    let parcel = address::next(&mut story, wire, steps, &first, &second).await?;
    let next = key::made(&story, wire, steps, parcel).await?;
    letters::shipped_and_registered(&story, wire, steps, &next.parcel, story.last_mail_before_loss).await?;
    let next_pin = pin_page::seen_of_next(&story, wire, steps, &next).await?;
    act::is_useless(wire, steps, None, &held, &pin).await?;
    let next_pin = key::sign_in(&story, wire, steps, Sabotage::None, &next, next_pin).await?;
    key::sign_in_browser(&story, wire, steps, window, &next, &next_pin).await?;
    Ok(report(story, second, next))
}

fn report(story: Story, id: String, next: Held) -> Report {
    let Held { parcel, method: Method { id: method_id, .. }, shipment_id } = next;
    Report {
        shipment_id,
        id,
        serial: parcel.serial,
        method_id,
        signed_in: story.ordered.user.upn,
        steps: Vec::new(),
        took: Duration::ZERO,
    }
}
