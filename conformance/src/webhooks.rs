//! Webhooks and their deliveries.

use std::time::Duration;

use keyferry_domain::ports::{EventCursor, StoreError};
use keyferry_domain::{
    Caller, CallerId, Delivery, DeliveryStage, MessageId, Timestamp, Webhook, WebhookId, WebhookOrigin, WebhookState,
};

use crate::{Webhooks, is_conflict};

fn start() -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
}

fn webhook(number: u32) -> Webhook {
    Webhook {
        id: WebhookId::parse(&format!("0196f0a0-0000-7000-8000-0000{number:08}")).unwrap(),
        url: format!("https://hooks.example/{number}?sig='ü"),
        event_types: vec!["shipment.completed".into()],
        state: WebhookState::Enabled,
        description: Some("ServiceNow".into()),
        origin: WebhookOrigin::Caller(Caller::application(CallerId::new("portal"))),
        created_at: start(),
        failing_since: None,
    }
}

fn delivery(number: u32) -> Delivery {
    Delivery {
        id: MessageId::parse(&format!("0196f0a0-0000-7000-9000-0000{number:08}")).unwrap(),
        event_type: "shipment.completed".into(),
        shipment: None,
        body: format!("{{\"number\":{number}}}"),
        created_at: start() + Duration::from_secs(number.into()),
        stage: DeliveryStage::Pending,
        attempts: 0,
        first_attempt: None,
        last_attempt: None,
        outcome: None,
        next_attempt: start(),
    }
}

fn at(text: &str) -> EventCursor {
    EventCursor(text.into())
}

/// Stores three deliveries.
async fn with_three(backend: &dyn Webhooks) -> WebhookId {
    let store = backend.webhooks().await;
    let webhook = webhook(1);
    store.insert_webhook(&webhook, &at("5")).await.unwrap();
    store.enqueue(webhook.id, &at("5"), &at("8"), &[delivery(1), delivery(2), delivery(3)]).await.unwrap();
    webhook.id
}

pub async fn webhook_round_trip(backend: &dyn Webhooks) {
    let store = backend.webhooks().await;
    let (one, other) = (webhook(1), webhook(2));
    store.insert_webhook(&other, &EventCursor::start()).await.unwrap();
    let version = store.insert_webhook(&one, &at("5")).await.unwrap();
    assert!(matches!(store.insert_webhook(&one, &at("9")).await, Err(StoreError::Exists(_))));
    let store = backend.webhooks().await;
    let all = store.webhooks().await.unwrap();
    assert_eq!(all.iter().map(|stored| &stored.webhook).collect::<Vec<_>>(), [&one, &other]);
    let stored = store.webhook(one.id).await.unwrap().unwrap();
    assert_eq!((&stored.webhook, &stored.version, stored.cursor), (&one, &version, at("5")));
    assert_eq!(store.webhook(webhook(3).id).await.unwrap(), None);
}

pub async fn stale_version_does_not_change_a_webhook(backend: &dyn Webhooks) {
    let store = backend.webhooks().await;
    let one = webhook(1);
    let first = store.insert_webhook(&one, &at("5")).await.unwrap();
    let disabled = Webhook { state: WebhookState::Disabled { reason: "410".into() }, ..one.clone() };
    let second = store.update_webhook(&disabled, &first).await.unwrap();
    assert!(is_conflict(&store.update_webhook(&one, &first).await));
    let stored = store.webhook(one.id).await.unwrap().unwrap();
    assert_eq!((stored.webhook, stored.version, stored.cursor), (disabled, second, at("5")));
    assert!(store.update_webhook(&webhook(3), &first).await.is_err());
}

pub async fn each_event_is_enqueued_once(backend: &dyn Webhooks) {
    let id = with_three(backend).await;
    let store = backend.webhooks().await;
    assert!(is_conflict(&store.enqueue(id, &at("5"), &at("9"), &[delivery(4)]).await));
    assert!(is_conflict(&store.enqueue(webhook(3).id, &at("5"), &at("9"), &[delivery(4)]).await));
    assert_eq!(store.webhook(id).await.unwrap().unwrap().cursor, at("8"));
    assert_eq!(store.pending(id, 10).await.unwrap(), [delivery(1), delivery(2), delivery(3)]);
    store.enqueue(id, &at("8"), &at("9"), &[]).await.unwrap();
    assert_eq!(store.webhook(id).await.unwrap().unwrap().cursor, at("9"));
    assert_eq!(store.pending(id, 2).await.unwrap(), [delivery(1), delivery(2)]);
    let many: Vec<_> = (10..10 + keyferry_domain::ports::MAX_ENQUEUED as u32).map(delivery).collect();
    store.enqueue(id, &at("9"), &at("99"), &many).await.unwrap();
    assert_eq!(store.pending(id, 500).await.unwrap().len(), 3 + many.len());
}

pub async fn change_of_a_webhook_does_not_stop_its_position(backend: &dyn Webhooks) {
    let id = with_three(backend).await;
    let store = backend.webhooks().await;
    let stored = store.webhook(id).await.unwrap().unwrap();
    store.enqueue(id, &at("8"), &at("9"), &[delivery(4)]).await.unwrap();
    let changed = Webhook { failing_since: Some(start()), ..stored.webhook };
    store.update_webhook(&changed, &store.webhook(id).await.unwrap().unwrap().version).await.unwrap();
    assert_eq!(store.webhook(id).await.unwrap().unwrap().cursor, at("9"));
}

pub async fn deliveries_are_listed_newest_first_by_stage(backend: &dyn Webhooks) {
    let id = with_three(backend).await;
    let store = backend.webhooks().await;
    let done = Delivery { stage: DeliveryStage::Delivered, attempts: 1, last_attempt: Some(start()), ..delivery(2) };
    store.update_delivery(id, &done).await.unwrap();
    store.update_delivery(id, &delivery(9)).await.unwrap();
    assert_eq!(store.delivery(id, done.id).await.unwrap(), Some(done.clone()));
    assert_eq!(store.delivery(id, delivery(9).id).await.unwrap(), None);
    assert_eq!(store.pending(id, 10).await.unwrap(), [delivery(1), delivery(3)]);
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store.deliveries(id, None, after.as_ref(), 2).await.unwrap();
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [delivery(3), done.clone(), delivery(1)]);
    let page = store.deliveries(id, Some(DeliveryStage::Delivered), None, 10).await.unwrap();
    assert_eq!((page.items, page.next), (vec![done], None));
    assert_eq!(store.deliveries(id, Some(DeliveryStage::Dead), None, 10).await.unwrap().items, []);
}

pub async fn sweep_keeps_pending_and_new_deliveries(backend: &dyn Webhooks) {
    let id = with_three(backend).await;
    let store = backend.webhooks().await;
    for number in [2, 3] {
        let dead = Delivery { stage: DeliveryStage::Dead, ..delivery(number) };
        store.update_delivery(id, &dead).await.unwrap();
    }
    assert_eq!(store.sweep_deliveries(id, delivery(3).created_at).await.unwrap(), 1);
    let left: Vec<_> =
        store.deliveries(id, None, None, 10).await.unwrap().items.iter().map(|delivery| delivery.id).collect();
    assert_eq!(left, [delivery(3).id, delivery(1).id]);
}

pub async fn deleted_webhook_leaves_nothing(backend: &dyn Webhooks) {
    let id = with_three(backend).await;
    let store = backend.webhooks().await;
    store.insert_webhook(&webhook(2), &at("5")).await.unwrap();
    store.enqueue(webhook(2).id, &at("5"), &at("6"), &[delivery(1)]).await.unwrap();
    store.delete_webhook(id).await.unwrap();
    store.delete_webhook(id).await.unwrap();
    assert_eq!(store.webhook(id).await.unwrap(), None);
    assert_eq!(store.deliveries(id, None, None, 10).await.unwrap().items, []);
    assert_eq!(store.pending(webhook(2).id, 10).await.unwrap(), [delivery(1)]);
}
