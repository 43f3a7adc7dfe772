//! The form for an address, and the address at the delivery service.

use keyferry_http::clean;
use serde_json::Value;
use url::Url;

use super::letters;
use super::pages::{Page, Visitor};
use super::place::{NEXT, Place};
use super::start::Story;
use crate::scenario::Trouble;
use crate::scenario::order::{details, missing, same};
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;

/// A user to whom the link was forwarded sees neither form nor recipient.
pub(super) async fn is_closed_to_others(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    link: &Url,
) -> Result<(), Trouble> {
    let page = Visitor::new(wire, steps.clock(), story, &story.stranger).open(link).await?;
    page.is("page of the link for another user", 403, "This page is for another person")?;
    if page.html.contains(&story.ordered.user.upn) || page.has_field("street_line1") {
        let expected = "neither form nor recipient".to_owned();
        return Err(Trouble::Mismatch { what: "page of the link for another user", expected, got: page.brief() });
    }
    steps.done(format!("{} opened the link: {}", story.stranger.upn, page.brief()));
    Ok(())
}

pub(super) async fn enter(
    story: &Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    link: &Url,
    place: &Place,
) -> Result<(), Trouble> {
    let mut visitor = Visitor::new(wire, steps.clock(), story, &story.ordered.user);
    let form = visitor.open(link).await?;
    form.is("the form", 200, "Where shall we send your security key?")?;
    let mut fields = place.0.to_vec();
    for (name, value) in &mut fields {
        if *name == "country_code_2" {
            *value = "Germany";
        }
    }
    let refused = send(story, &mut visitor, &form, &fields).await?;
    refused.is("the form with a wrong country", 400, "Where shall we send your security key?")?;
    story.nothing_new_ordered(wire).await?;
    let thanks = send(story, &mut visitor, &refused, &place.0).await?;
    thanks.is("the page after the form", 200, "Thank you")?;
    steps.done(format!(
        "signed in as {}; a wrong country was refused; then {}",
        story.ordered.user.upn,
        thanks.brief()
    ));
    Ok(())
}

/// Sends the form, with the data of the recipient if it asks for them.
async fn send(story: &Story, visitor: &mut Visitor<'_>, form: &Page, place: &[(&str, &str)]) -> Result<Page, Trouble> {
    let user = &story.ordered.user;
    let (first, last) = user.display_name.split_once(' ').unwrap_or((&user.display_name, "Doe"));
    let recipient = [
        ("recipient_firstname", first),
        ("recipient_lastname", last),
        ("recipient_company", "Contoso"),
        ("recipient_email", user.mail.as_ref().unwrap_or(&user.upn)),
        ("recipient_telephone", "5555555555"),
    ];
    visitor.submit(form, &[&recipient, place].concat()).await
}

/// Waits for the order at the delivery service, and compares its address. The link takes no other address then.
pub(super) async fn arrived(
    story: &mut Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    link: &Url,
    place: &Place,
) -> Result<String, Trouble> {
    let id = compared(story, wire, steps, link, place).await?;
    steps.done(format!("order {id}: {} members of the address are equal; the link takes no other", place.0.len()));
    Ok(id)
}

async fn compared(
    story: &mut Story,
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    link: &Url,
    place: &Place,
) -> Result<String, Trouble> {
    let order = story.new_order(wire, steps).await?;
    for (name, value) in place.0 {
        let got = order.members.get(name).and_then(Value::as_str).unwrap_or_default();
        if got != value {
            let got = format!("{} ({name})", clean(got));
            return Err(Trouble::Mismatch { what: "address at the delivery service", expected: value.to_owned(), got });
        }
    }
    let again = Visitor::new(wire, steps.clock(), story, &story.ordered.user).open(link).await?;
    again.is("the link after the order", 410, "The address is known already")?;
    story.known_orders.push(order.shipment_id.clone());
    story.ordered.shipment_id.clone_from(&order.shipment_id);
    Ok(order.shipment_id)
}

/// The recipient enters the address of the key that replaces the lost one. Returns the delivery service's id.
pub(super) async fn next(
    story: &mut Story,
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    first: &str,
    second: &str,
) -> Result<String, Trouble> {
    let link = letters::address_link(story, wire, steps, story.last_mail_before_loss).await?;
    let mut visitor = Visitor::new(wire, steps.clock(), story, &story.ordered.user);
    let form = visitor.open(&link).await?;
    form.is("the form of the next key", 200, "Where shall we send your security key?")?;
    let thanks = send(story, &mut visitor, &form, &NEXT.0).await?;
    thanks.is("the page after the form", 200, "Thank you")?;
    let id = compared(story, wire, steps, &link, &NEXT).await?;
    let lost = details(wire, &story.ordered.token, first).await?;
    same("the shipment that replaces the lost key", second, &lost.replaced_by.ok_or(missing("replaced_by"))?)?;
    let new = details(wire, &story.ordered.token, second).await?;
    same("the delivery service's id of the next key", &id, new.shipment_id.as_deref().unwrap_or_default())?;
    steps.done(format!("order {id} goes to {}; it replaces the lost key's shipment", NEXT.city()));
    Ok(id)
}
