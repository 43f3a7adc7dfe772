//! Who takes part, and the order without an address.

use keyferry_domain::PinLength;

use super::until::{orders, process, until};
use crate::scenario::Trouble;
use crate::scenario::answers::{Message, Order, Outside, Queued, Tenant, User};
use crate::scenario::order::{Ordered, PIN_LENGTH, missing, order_of, same};
use crate::scenario::step::Steps;
use crate::scenario::wire::{Wire, ask};

/// User who has nothing to do with the order.
const STRANGER: &str = "alan.turing@contoso.onmicrosoft.com";

/// Who takes part.
pub(super) struct Story {
    /// Caller and recipient. The shipment's id is that of the current key.
    pub(super) ordered: Ordered,
    pub(super) outside: Outside,
    /// Addressee of the PIN.
    pub(super) manager: User,
    pub(super) stranger: User,
    /// Ids of orders that the delivery service had before the current one.
    pub(super) known_orders: Vec<String>,
    /// Id of the newest mail before the key was reported as lost.
    pub(super) last_mail_before_loss: u64,
}

impl Story {
    pub(super) async fn begin(wire: &Wire<'_>) -> Result<Self, Trouble> {
        let world = wire.world;
        let path = ["control", "world"];
        let (tenant, outside): (Tenant, Outside) =
            (wire.read("the sandbox's world", &path).await?, wire.read("the sandbox's world", &path).await?);
        let named = |name: &str| {
            let user = tenant.users.iter().find(|user| user.id == name || user.upn.eq_ignore_ascii_case(name));
            user.cloned().ok_or_else(|| Trouble::UnknownUser(name.to_owned()))
        };
        let user = named(&world.user)?;
        let manager = user.manager.as_deref().ok_or(Trouble::Missing { whose: "the sandbox", what: "a manager" })?;
        let (manager, stranger) = (named(manager)?, named(STRANGER)?);
        let token = wire.token(&world.token_url, &world.client_id, &world.client_secret, &world.scope).await?;
        let known_orders = orders(wire, &outside).await?.into_iter().map(|order| order.shipment_id).collect();
        let mails: Vec<Message> = wire.read("the mailbox", &["mailbox", "messages"]).await?;
        let last_mail = mails.iter().map(|mail| mail.id).max().unwrap_or_default();
        let pin_length = PinLength::try_from(i64::from(PIN_LENGTH)).map_err(|_| missing("a PIN length"))?;
        let ordered = Ordered { token, tenant, user, shipment_id: String::new(), pin_length, last_mail };
        Ok(Self { ordered, outside, manager, stranger, known_orders, last_mail_before_loss: last_mail })
    }

    /// Orders a key without an address. Returns Keyferry's id of the shipment.
    pub(super) async fn ordered_without_address(
        &self,
        wire: &Wire<'_>,
        steps: &mut Steps<'_>,
    ) -> Result<String, Trouble> {
        let mut order = order_of(wire.world, &self.ordered.user);
        if let Some(request) = order["yubico_shipment_request"].as_object_mut() {
            request.remove("mailing_address");
        }
        let key = format!("person-{}", steps.clock().now().timestamp_micros());
        let request = wire.http.post(&wire.api(&["v1", "orders"])?).bearer(self.ordered.token.expose());
        let queued: Queued = ask("POST /v1/orders", request.header("idempotency-key", &key).json(&order), 202).await?;
        // It must not leave without an address, however often the queue is processed.
        process(wire, &self.ordered.token).await?;
        self.nothing_new_ordered(wire).await?;
        steps.done(format!(
            "shipment {} for {} waits; the delivery service has no order",
            queued.id, self.ordered.user.upn
        ));
        Ok(queued.id)
    }

    /// Asserts that the delivery service has no order that it did not have before.
    pub(super) async fn nothing_new_ordered(&self, wire: &Wire<'_>) -> Result<(), Trouble> {
        let now = orders(wire, &self.outside).await?.len();
        same("orders at the delivery service", &self.known_orders.len().to_string(), &now.to_string())
    }

    /// Waits for the only new order at the delivery service. Returns it.
    pub(super) async fn new_order(&self, wire: &Wire<'_>, steps: &Steps<'_>) -> Result<Order, Trouble> {
        let probe = async || {
            let now = orders(wire, &self.outside).await?;
            let mut new: Vec<_> =
                now.into_iter().filter(|order| !self.known_orders.contains(&order.shipment_id)).collect();
            match new.len() {
                0 | 1 => Ok(new.pop().ok_or_else(|| "no new order".to_owned())),
                several => {
                    let got = several.to_string();
                    Err(Trouble::Mismatch { what: "new orders at the delivery service", expected: "1".to_owned(), got })
                }
            }
        };
        until(wire, steps, &self.ordered.token, "the delivery service", "a new order", probe).await
    }
}
