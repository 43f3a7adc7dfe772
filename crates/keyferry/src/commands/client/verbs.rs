//! Decisions about shipments: about one by its operation, about many after a dry run.

use keyferry_client::model::{Act, Acted, Adopt, Reason, Refusal, Replace, ResendPin, Resolve};
use keyferry_client::{ClientError, Filter};
use keyferry_domain::finding::counted;

use super::file;
use super::session::{Session, confirm, reason};
use crate::cli::{
    Address as AddressOptions, Adopt as AdoptOptions, Bulk, Outcome, Replace as ReplaceOptions,
    Resolve as ResolveOptions,
};
use crate::exit::{Failure, Kind};
use crate::terminal::{Cell, Column, Table, note, out};

/// What an action does, for questions.
struct Verb {
    /// Name in the API.
    action: &'static str,
    /// The act on a shipment, `{}`.
    act: &'static str,
    /// Whether it is harmless to do it to one shipment.
    harmless: bool,
}

impl Verb {
    fn on(&self, what: &str) -> String {
        self.act.replace("{}", what)
    }
}

const RETRY: Verb = Verb { action: "retry", act: "process {} again", harmless: true };
const CANCEL: Verb = Verb { action: "cancel", act: "cancel {}", harmless: false };
const ABANDON: Verb = Verb { action: "abandon", act: "abandon {}", harmless: false };
const RESOLVE: Verb = Verb { action: "resolve", act: "set {} to complete", harmless: false };
const RESEND_PIN: Verb = Verb { action: "resend-pin", act: "send the PIN of {} again", harmless: false };

pub(super) async fn retry(session: &Session, bulk: Bulk) -> Result<(), Failure> {
    let Some((id, reason)) = one_or_many(session, &bulk, &RETRY).await? else { return Ok(()) };
    session.api.retry(&id, &Reason { reason }).await.map_err(|error| undecided(error, &id))?;
    note(&format!("The next run processes shipment {id}."));
    Ok(())
}

pub(super) async fn cancel(session: &Session, bulk: Bulk) -> Result<(), Failure> {
    let Some((id, reason)) = one_or_many(session, &bulk, &CANCEL).await? else { return Ok(()) };
    let reply = session.api.cancel(&id, &Reason { reason }).await.map_err(|error| undecided(error, &id))?;
    if session.json {
        return session.print(&reply.json, |_| String::new());
    }
    match reply.body.cancellation.and_then(|cancellation| cancellation.confirmed_at) {
        Some(_) => note(&format!("Shipment {id} is cancelled. No key can come any more.")),
        None => note(&format!(
            "Shipment {id} is cancelled. Keyferry watches it until the delivery service confirms that no key comes: \
             keyferry shipments show {id}"
        )),
    }
    Ok(())
}

pub(super) async fn abandon(session: &Session, bulk: Bulk) -> Result<(), Failure> {
    let Some((id, reason)) = one_or_many(session, &bulk, &ABANDON).await? else { return Ok(()) };
    session.api.abandon(&id, &Reason { reason }).await.map_err(|error| undecided(error, &id))?;
    note(&format!("Shipment {id} is abandoned. The person can have a new order."));
    Ok(())
}

pub(super) async fn resend_pin(session: &Session, bulk: Bulk) -> Result<(), Failure> {
    let Some((id, reason)) = one_or_many(session, &bulk, &RESEND_PIN).await? else { return Ok(()) };
    let body = ResendPin { reason: Some(reason) };
    session.api.resend_pin(&id, &body).await.map_err(|error| undecided(error, &id))?;
    note(&format!("The PIN of shipment {id} was sent again."));
    Ok(())
}

pub(super) async fn resolve(session: &Session, options: ResolveOptions) -> Result<(), Failure> {
    let outcome = options.outcome;
    if outcome != Outcome::Complete && (options.bulk.ids.len() != 1 || options.bulk.dry_run) {
        return Err(Failure::usage(format!(
            "--outcome {} is possible for one shipment only: name its id, without --dry-run",
            outcome.as_str()
        )));
    }
    if (outcome == Outcome::Adopted) != options.delivery_id.is_some() {
        return Err(Failure::usage("--delivery-id is required with --outcome adopted, and not allowed otherwise"));
    }
    let Some((id, reason)) = one_or_many(session, &options.bulk, &RESOLVE).await? else { return Ok(()) };
    let body = Resolve { reason, outcome: Some(outcome.as_str().to_owned()), shipment_id: options.delivery_id };
    session.api.resolve(&id, &body).await.map_err(|error| undecided(error, &id))?;
    note(&format!("Shipment {id} is resolved: {}.", outcome.as_str()));
    Ok(())
}

pub(super) async fn adopt(session: &Session, options: AdoptOptions) -> Result<(), Failure> {
    let AdoptOptions { id, delivery_id, decision } = options;
    let reason = reason(&decision, "adopt the order").await?;
    confirm(decision.yes, &format!("Continue shipment {id} as order {delivery_id} of the delivery service?")).await?;
    let body = Adopt { reason, shipment_id: delivery_id.clone() };
    session.api.adopt(&id, &body).await.map_err(|error| undecided(error, &id))?;
    note(&format!("Shipment {id} continues as order {delivery_id} of the delivery service."));
    Ok(())
}

pub(super) async fn replace(session: &Session, options: ReplaceOptions) -> Result<(), Failure> {
    let ReplaceOptions { id, order, idempotency_key, decision } = options;
    let order = file::json_object(&order)?;
    let reason = reason(&decision, "replace the shipment").await?;
    confirm(decision.yes, &format!("Order a new key in place of shipment {id}?")).await?;
    let body = Replace { reason, order };
    let reply = session.api.replace(&id, &body, idempotency_key).await.map_err(|error| undecided(error, &id))?;
    session.print(&reply.json, |_| format!("{}\n", reply.body.id))?;
    note(&format!("Queued the order. Shipment {} replaces {id}.", reply.body.id));
    Ok(())
}

pub(super) async fn address(session: &Session, options: AddressOptions) -> Result<(), Failure> {
    let AddressOptions { id, address } = options;
    let body = file::json_object(&address)?;
    session.api.give_address(&id, &body).await.map_err(|error| undecided(error, &id))?;
    note(&format!("Shipment {id} has its address. The order is sent when it is its turn."));
    Ok(())
}

/// Returns id and reason if the decision is about one shipment. Otherwise decides about many.
async fn one_or_many(session: &Session, bulk: &Bulk, verb: &Verb) -> Result<Option<(String, String)>, Failure> {
    let filter = Filter::from(&bulk.filters);
    match (bulk.ids.as_slice(), filter.is_empty()) {
        ([], true) => {
            return Err(Failure::usage(
                "name one or more shipments, or give a filter such as --code no-manager. See --help",
            ));
        }
        ([_, ..], false) => return Err(Failure::usage("give ids or a filter, not both")),
        ([id], true) if !bulk.dry_run && bulk.confirm.is_none() => {
            let reason = reason(&bulk.decision, &verb.on("the shipment")).await?;
            let question = format!("{}?", capital(&verb.on(&format!("shipment {id}"))));
            confirm(bulk.decision.yes || verb.harmless, &question).await?;
            return Ok(Some((id.clone(), reason)));
        }
        _ => {}
    }
    let reason = reason(&bulk.decision, &verb.on("the shipments")).await?;
    let ids = Some(bulk.ids.clone()).filter(|ids| !ids.is_empty());
    let filter = Some(filter).filter(|_| ids.is_none());
    let act = Act { action: verb.action.to_owned(), reason, ids, filter, dry_run: Some(true), confirm: None };
    let checked = session.api.act(&act).await?;
    let Acted::Checked { matched, possible, impossible } = checked.body else {
        return Err(Failure::failed("the API did not answer the dry run as one"));
    };
    if bulk.dry_run {
        session.print(&checked.json, |screen| {
            let mut text = format!("{}\n", found(matched, possible));
            if !impossible.is_empty() {
                text.push_str(&format!("\n{}", refusals(&impossible).render(screen)));
            }
            text
        })?;
        return Ok(None);
    }
    note(&found(matched, possible));
    if let Some(expected) = bulk.confirm.filter(|expected| *expected != possible) {
        return Err(Failure::failed(format!(
            "nothing was done: expected {expected}, but it is possible for {possible}"
        )));
    }
    if possible == 0 {
        return Err(Failure::failed("nothing was done: it is possible for no shipment. See --dry-run"));
    }
    let question = format!("{}?", capital(&verb.on(&counted_shipments(possible))));
    confirm(bulk.decision.yes || bulk.confirm.is_some(), &question).await?;
    let act = Act { dry_run: None, confirm: Some(possible), ..act };
    let reply = session.api.act(&act).await.map_err(|error| {
        let in_doubt = error.is_in_doubt();
        let mut failure = Failure::from(error);
        if in_doubt {
            failure.message.push_str(". It is not known for how many shipments it was done: repeat with --dry-run");
        }
        failure
    })?;
    let Acted::Done { done, refused, left } = &reply.body else {
        return Err(Failure::failed("the API answered with a dry run"));
    };
    session.print(&reply.json, |screen| match refused.is_empty() {
        true => String::new(),
        false => refusals(refused).render(screen),
    })?;
    note(&format!("Done: {done}. Refused: {}. Left: {left}.", refused.len()));
    match (refused.is_empty(), *left) {
        (true, 0) => Ok(None),
        (_, 0) => Err(Failure::new(Kind::Findings, "")),
        _ => Err(Failure::new(Kind::Findings, "the time of a request was over. Run the command again for the others")),
    }
}

fn counted_shipments(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "shipment", "shipments")
}

fn found(matched: u64, possible: u64) -> String {
    format!("Found {}. It is possible for {possible}.", counted_shipments(matched))
}

fn refusals(refused: &[Refusal]) -> Table {
    let mut table = Table::new([Column::new("SHIPMENT"), Column::new("REASON").wrap(20)]);
    for refusal in refused {
        table.row([Cell::new(&refusal.id), Cell::new(&refusal.why)]);
    }
    table
}

fn capital(act: &str) -> String {
    let mut letters = act.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Adds to an error what to do if the decision may have been made all the same.
pub(super) fn undecided(error: ClientError, id: &str) -> Failure {
    let in_doubt = error.is_in_doubt();
    let mut failure = Failure::from(error);
    if in_doubt {
        failure.message.push_str(&format!(". It is not known whether it was done: `keyferry shipments show {id}`"));
    }
    failure
}

/// Prints the id of an order in the queue.
pub(super) fn print_id(session: &Session, json: &str, id: &str) -> Result<(), Failure> {
    match session.json {
        true => out(format!("{}\n", json.trim_end()).as_bytes()),
        false => out(format!("{id}\n").as_bytes()),
    }
}
