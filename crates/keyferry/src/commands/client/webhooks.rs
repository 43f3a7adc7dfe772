//! `keyferry webhooks`

use keyferry_client::model::{
    Delivery, DeliveryState, NewWebhook, RotateSecret as Rotation, SigningSecret, Webhook, WebhookChange, WebhookState,
};
use keyferry_client::{ClientError, DeliveryQuery};
use keyferry_domain::finding::counted;

use super::secret;
use super::session::{Session, confirm};
use super::summaries::time;
use crate::cli::{CreateWebhook, DeliveryPage, Replay, RotateSecret, SecretSource, WebhookChanges, Webhooks};
use crate::cli::{Deliveries, WebhooksCommand};
use crate::exit::Failure;
use crate::terminal::{Cell, Column, Paint, Screen, Table, fields, note};

pub(super) async fn run(options: Webhooks) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    match options.command {
        WebhooksCommand::List => list(&session).await,
        WebhooksCommand::Show(webhook) => {
            let reply = session.api.webhook(&webhook.id).await?;
            session.print(&reply.json, |screen| text(&reply.body, screen))
        }
        WebhooksCommand::Create(options) => create(&session, options).await,
        WebhooksCommand::Update(options) => update(&session, &options.webhook.id, options.changes).await,
        WebhooksCommand::Delete(options) => {
            let id = options.webhook.id;
            confirm(options.yes, &format!("Delete webhook {id} with its deliveries and its secret?")).await?;
            session.api.delete_webhook(&id).await.map_err(|error| undecided(error, "keyferry webhooks list"))?;
            note(&format!("Deleted webhook {id}."));
            Ok(())
        }
        WebhooksCommand::Test(webhook) => test(&session, &webhook.id).await,
        WebhooksCommand::RotateSecret(options) => rotate_secret(&session, options).await,
        WebhooksCommand::Deliveries(Deliveries { page, state }) => {
            let words = "No message was sent to this webhook, or none is in this state.";
            deliveries(&session, page, state.map(|state| state.as_str()), words).await
        }
        WebhooksCommand::DeadLetters(page) => {
            deliveries(&session, page, Some("dead"), "There is no dead letter.").await
        }
        WebhooksCommand::Replay(options) => replay(&session, options).await,
    }
}

/// Returns names of types of events as the API has them. `completed` is short for `shipment.completed`.
pub(super) fn event_types(given: &[String]) -> Vec<String> {
    let full = |name: &String| if name.contains('.') { name.clone() } else { format!("shipment.{name}") };
    given.iter().map(full).collect()
}

/// Returns the name of a type without what most types have in common, for tables.
pub(super) fn short(event_type: &str) -> &str {
    event_type.strip_prefix("shipment.").unwrap_or(event_type)
}

async fn list(session: &Session) -> Result<(), Failure> {
    let reply = session.api.webhooks().await?;
    session.print(&reply.json, |_| {
        let mut table = Table::new([
            Column::new("ID"),
            Column::new("STATE"),
            Column::new("URL").cut(12).prefer(30),
            Column::new("FAILING SINCE").unless_empty(),
            Column::new("EVENTS").cut(12).optional(3),
            Column::new("DESCRIPTION").cut(12).optional(2),
        ]);
        for webhook in &reply.body.webhooks {
            table.row([
                Cell::new(&webhook.id),
                state(webhook),
                Cell::new(&webhook.url),
                Cell::painted(webhook.failing_since.map(time).unwrap_or_default(), Paint::Bad),
                Cell::new(types(webhook, short)),
                Cell::of(webhook.description.as_ref()),
            ]);
        }
        session.table(&table, "There is no webhook. `keyferry webhooks create URL` creates one.")
    })
}

fn state(webhook: &Webhook) -> Cell {
    let paint = match webhook.state {
        WebhookState::Enabled if webhook.failing_since.is_none() => Paint::Good,
        WebhookState::Enabled => Paint::Careful,
        WebhookState::Disabled => Paint::Faint,
        WebhookState::Other(_) => Paint::Plain,
    };
    Cell::painted(webhook.state.as_str(), paint)
}

fn types(webhook: &Webhook, name: fn(&str) -> &str) -> String {
    let names: Vec<_> = webhook.event_types.iter().map(|one| name(one)).collect();
    if names.is_empty() { "all".to_owned() } else { names.join(", ") }
}

fn text(webhook: &Webhook, screen: &Screen) -> String {
    let by = webhook.created_by.as_deref().unwrap_or("the settings");
    fields(
        screen,
        [
            ("webhook", Cell::new(&webhook.id)),
            ("url", Cell::new(&webhook.url)),
            ("state", state(webhook)),
            ("disabled", Cell::of(webhook.disabled_reason.as_ref())),
            ("failing since", Cell::painted(webhook.failing_since.map(time).unwrap_or_default(), Paint::Bad)),
            ("events", Cell::new(types(webhook, |name| name))),
            ("description", Cell::of(webhook.description.as_ref())),
            ("created", Cell::new(format!("{} by {by}", time(webhook.created_at)))),
        ],
    )
}

fn supplied(source: &SecretSource) -> Result<Option<SigningSecret>, Failure> {
    Ok(secret::given(source)?.map(|secret| SigningSecret::new(secret.as_str())))
}

async fn create(session: &Session, options: CreateWebhook) -> Result<(), Failure> {
    let body = NewWebhook {
        url: options.receiver,
        event_types: Some(event_types(&options.events)).filter(|types| !types.is_empty()),
        description: options.description,
        secret: supplied(&options.secret)?,
    };
    let reply = session.api.create_webhook(&body).await.map_err(|error| {
        undecided(error, "keyferry webhooks list. Delete it and create it again, because its secret was not received")
    })?;
    let (id, secret) = (&reply.body.webhook.id, &reply.body.secret);
    session.print(&reply.json, |screen| {
        let secret = secret.as_ref().map(|secret| secret.reveal());
        fields(screen, [("webhook", Cell::new(id)), ("secret", Cell::of(secret))])
    })?;
    if secret.is_some() {
        note("Store the secret in the receiver now. It is not shown again.");
    }
    note(&format!("Created the webhook: it receives the events from now on. Try it: keyferry webhooks test {id}"));
    Ok(())
}

async fn update(session: &Session, id: &str, changes: WebhookChanges) -> Result<(), Failure> {
    let types = event_types(&changes.events);
    let change = WebhookChange {
        url: changes.receiver,
        event_types: Some(types).filter(|types| changes.all_events || !types.is_empty()),
        description: changes.description,
        enabled: (changes.enable || changes.disable).then_some(changes.enable),
    };
    let reply = session.api.change_webhook(id, &change).await.map_err(|error| undecided(error, &shown(id)))?;
    session.print(&reply.json, |screen| text(&reply.body, screen))?;
    note(&format!("Changed webhook {id}."));
    Ok(())
}

fn shown(id: &str) -> String {
    format!("keyferry webhooks show {id}")
}

async fn test(session: &Session, id: &str) -> Result<(), Failure> {
    let reply = session.api.test_webhook(id).await?;
    let tested = &reply.body;
    session.print(&reply.json, |screen| {
        let (answer, paint) = match tested.accepted {
            true => ("accepted", Paint::Good),
            false => ("not accepted", Paint::Bad),
        };
        fields(
            screen,
            [
                ("message", Cell::new(&tested.message_id)),
                ("result", Cell::painted(answer, paint)),
                ("status", Cell::of(tested.status)),
                ("reason", Cell::of(tested.reason.as_ref())),
            ],
        )
    })?;
    match tested.accepted {
        true => Ok(()),
        false => Err(Failure::failed("the receiver did not accept the test message")),
    }
}

async fn rotate_secret(session: &Session, options: RotateSecret) -> Result<(), Failure> {
    let (id, hours) = (options.webhook.id, options.keep_previous_hours);
    let secret = supplied(&options.secret)?;
    if hours == 0 {
        let question = format!("End the validity of the old secret of webhook {id} at once?");
        confirm(options.yes, &question).await?;
    }
    let body = Rotation { secret, keep_previous_hours: Some(hours) };
    let reply = session.api.rotate_webhook_secret(&id, &body).await.map_err(|error| {
        undecided(error, &format!("{}. Rotate it again, because a new secret was not received", shown(&id)))
    })?;
    let secret = reply.body.secret.as_ref();
    session.print(&reply.json, |_| secret.map(|secret| format!("{}\n", secret.reveal())).unwrap_or_default())?;
    let new = if secret.is_some() { " It is not shown again." } else { "" };
    match hours {
        0 => note(&format!("Messages are signed with the new secret only. Store it in the receiver now.{new}")),
        _ => note(&format!(
            "Messages are signed with both secrets for {}. Store the new one in the receiver within this time.{new}",
            counted(usize::try_from(hours).unwrap_or_default(), "hour", "hours")
        )),
    }
    Ok(())
}

async fn deliveries(
    session: &Session,
    options: DeliveryPage,
    state: Option<&str>,
    nothing: &str,
) -> Result<(), Failure> {
    let query = DeliveryQuery { state: state.map(str::to_owned), limit: Some(options.limit), cursor: options.cursor };
    let id = options.webhook.id;
    let reply = session.api.deliveries(&id, &query).await?;
    let page = &reply.body;
    session.print(&reply.json, |_| {
        let mut table = Table::new([
            Column::new("MESSAGE"),
            Column::new("EVENT").cut(12),
            Column::new("STATE"),
            Column::new("ATTEMPTS").right().optional(2),
            Column::new("STATUS").right().optional(1),
            Column::new("LAST ATTEMPT").optional(4),
            Column::new("NEXT ATTEMPT").optional(3),
            Column::new("REASON").wrap(16).prefer(30).unless_empty(),
            Column::new("SHIPMENT").optional(5),
        ]);
        for delivery in &page.items {
            table.row(row(delivery));
        }
        session.table(&table, nothing)
    })?;
    if session.json {
        return Ok(());
    }
    if let Some(cursor) = &page.next_cursor {
        note(&format!("There are more. Next page: add --cursor {cursor}"));
    }
    if page.items.iter().any(|delivery| delivery.state == DeliveryState::Dead) {
        note(&format!("To send all dead letters again: keyferry webhooks replay {id} --dead"));
    }
    Ok(())
}

fn row(delivery: &Delivery) -> [Cell; 9] {
    let paint = match delivery.state {
        DeliveryState::Delivered => Paint::Good,
        DeliveryState::Pending => Paint::Careful,
        DeliveryState::Dead => Paint::Bad,
        DeliveryState::Other(_) => Paint::Plain,
    };
    [
        Cell::new(&delivery.message_id),
        Cell::new(short(&delivery.event_type)),
        Cell::painted(delivery.state.as_str(), paint),
        Cell::new(delivery.attempts.to_string()),
        Cell::of(delivery.status),
        Cell::of(delivery.last_attempt.map(time)),
        Cell::of(delivery.next_attempt.map(time)),
        Cell::of(delivery.reason.as_ref()),
        Cell::of(delivery.shipment.as_ref()),
    ]
}

async fn replay(session: &Session, options: Replay) -> Result<(), Failure> {
    let id = options.webhook.id;
    let reply = match options.dead {
        true => session.api.replay_dead(&id).await,
        false => session.api.replay(&id, &options.messages).await,
    };
    let reply = reply.map_err(|error| undecided(error, &format!("keyferry webhooks deliveries {id}")))?;
    session.print(&reply.json, |_| String::new())?;
    match usize::try_from(reply.body.replayed).unwrap_or(usize::MAX) {
        0 => note("There is nothing to send again."),
        count => note(&format!(
            "{} sent again, with the same ids. Follow it: keyferry webhooks deliveries {id}",
            counted(count, "message is", "messages are")
        )),
    }
    Ok(())
}

/// Adds to an error where to look if the change may have been made all the same.
fn undecided(error: ClientError, look: &str) -> Failure {
    let in_doubt = error.is_in_doubt();
    let mut failure = Failure::from(error);
    if in_doubt {
        failure.message.push_str(&format!(". It is not known whether it was done: {look}"));
    }
    failure
}
