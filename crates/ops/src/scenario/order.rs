//! Steps 1 to 4: placing the order.

use keyferry_azure_identity::AccessToken;
use keyferry_domain::PinLength;
use serde_json::{Value, json};

use super::answers::{Call, Created, Details, Message, Status, Tenant, User};
use super::step::Steps;
use super::wire::{Wire, ask};
use super::{Trouble, World};

/// Length from the guide's example.
pub(super) const PIN_LENGTH: u8 = 8;

/// An accepted order.
pub(super) struct Ordered {
    pub(super) token: AccessToken,
    pub(super) tenant: Tenant,
    pub(super) user: User,
    pub(super) shipment_id: String,
    pub(super) pin_length: PinLength,
    /// Id of the newest mail before the order.
    pub(super) last_mail: u64,
}

impl Ordered {
    /// Returns the mail address of the user's manager, if both are known.
    pub(super) fn managers_mail(&self) -> Option<&str> {
        let manager = self.user.manager.as_ref()?;
        self.tenant.users.iter().find(|user| user.id == *manager)?.mail.as_deref()
    }
}

pub(super) async fn place(wire: &Wire<'_>, steps: &mut Steps<'_>) -> Result<Ordered, Trouble> {
    let world = wire.world;
    let tenant: Tenant = wire.read("the sandbox's world", &["control", "world"]).await?;
    let user = tenant.users.iter().find(|user| user.id == world.user || user.upn.eq_ignore_ascii_case(&world.user));
    let user = user.ok_or_else(|| Trouble::UnknownUser(world.user.clone()))?.clone();
    let mails: Vec<Message> = wire.read("the mailbox", &["mailbox", "messages"]).await?;
    let calls: Vec<Call> = wire.read("the sandbox's journal", &["control", "calls"]).await?;

    let token = wire.token(&world.token_url, &world.client_id, &world.client_secret, &world.scope).await?;
    let status = wire.http.get(&wire.api(&["v1", "status"])?).bearer(token.expose());
    let status: Status = ask("GET /v1/status", status.header("content-type", "application/json"), 200).await?;
    let key = format!("scenario-{}", steps.clock().now().timestamp_micros());
    let order = wire.http.post(&wire.api(&["v1", "fpr", "shipments"])?).bearer(token.expose());
    let order = order.header("idempotency-key", &key).json(&order_of(world, &user));
    let created: Created = ask("POST /v1/fpr/shipments", order, 201).await?;
    let shipment_id = created.data.shipment_id;
    steps.done(format!(
        "application {} obtained a token; connector {} returned 200 for /v1/status and 201 for the order for {}",
        world.client_id, status.version, user.upn
    ));

    let details = details(wire, &token, &shipment_id).await?;
    let now: Vec<Call> = wire.read("the sandbox's journal", &["control", "calls"]).await?;
    let new = now.get(calls.len()..).unwrap_or(&now);
    let call = |endpoint: &str, what| {
        let call = new.iter().rev().find(|call| call.endpoint == endpoint && matches!(call.status, Some(200..=299)));
        let call = call.ok_or(Trouble::Missing { whose: "the sandbox's journal", what })?;
        Ok::<_, Trouble>(call.client_request_id.clone().unwrap_or_else(|| "(none)".to_owned()))
    };
    steps.done_earlier(format!(
        "Graph responded, client-request-id {}",
        call("graph.creation_options", "a call for creation options")?
    ));
    let deadline = details.deadline.ok_or(missing("the challenge's deadline"))?;
    steps.done_earlier(format!("the challenge expires at {deadline}; Keyferry's id of the shipment is {}", details.id));
    let correlation = call("delivery.order", "an order at the delivery service")?;
    same("the shipment's id", &shipment_id, details.shipment_id.as_deref().unwrap_or_default())?;
    steps.done_earlier(format!("shipment {shipment_id}, phase {}, client-request-id {correlation}", details.phase));

    let last_mail = mails.iter().map(|mail| mail.id).max().unwrap_or_default();
    let pin_length = PinLength::try_from(i64::from(PIN_LENGTH)).map_err(|_| missing("a PIN length from 4 to 63"))?;
    Ok(Ordered { token, tenant, user, shipment_id, pin_length, last_mail })
}

/// `GET /v1/shipments/{id}`
pub(super) async fn details(wire: &Wire<'_>, token: &AccessToken, shipment_id: &str) -> Result<Details, Trouble> {
    let url = wire.api(&["v1", "shipments", shipment_id])?;
    ask("GET /v1/shipments/{id}", wire.http.get(&url).bearer(token.expose()), 200).await
}

/// Returns the error for a value that the connector does not report.
pub(super) fn missing(what: &'static str) -> Trouble {
    Trouble::Missing { whose: "the connector", what }
}

/// Checks that two sources report the same value, case-insensitively.
pub(super) fn same(what: &'static str, expected: &str, got: &str) -> Result<(), Trouble> {
    if expected.eq_ignore_ascii_case(got) {
        return Ok(());
    }
    Err(Trouble::Mismatch { what, expected: expected.to_owned(), got: keyferry_http::clean(got) })
}

/// Returns the guide's example order (section 10.2) for this user.
pub(super) fn order_of(world: &World, user: &User) -> Value {
    let (first, last) = user.display_name.split_once(' ').unwrap_or((&user.display_name, "Doe"));
    json!({
        "user_id": world.user,
        "pin_request": {"type": "generate", "length": PIN_LENGTH},
        "yubico_shipment_request": {
            "reseller_organization_id": "",
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": user.mail.as_ref().unwrap_or(&user.upn),
                "recipient_firstname": first,
                "recipient_lastname": last,
                "recipient_telephone": "5555555555",
            },
            "mailing_address": {
                "street_line1": "1 Analytical Way",
                "street_line2": "Apt 7",
                "city": "Palo Alto",
                "region": "CA",
                "postal_code": "94301",
                "country_code_2": "US",
            },
            "shipment_items": [{
                "product_id": 1,
                "inventory_product_id": 18,
                "product_quantity": 1,
                "customization_id": if world.one_time_pin { "ONETIM" } else { "CUSTID" },
            }],
        },
    })
}
