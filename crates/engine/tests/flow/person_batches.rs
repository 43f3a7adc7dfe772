//! Batches whose rows leave the address to the person.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{
    AddressBy, BatchId, BatchStateName, CheckCode, EventKind, OrderDraft, OrderInfo, PhaseName, RowOrder, RowState,
    ShipmentId,
};
use keyferry_engine::{AddressRule, Engine, EngineSettings, GivenAddress, UploadRow};

use super::batches::{Working, checked, row, rows, upload, view};
use crate::support::world::{DAY, HOUR, address, caller};
use crate::support::{World, lock};

const MINUTE: Duration = Duration::from_secs(60);

fn by_order(settings: &mut EngineSettings) {
    settings.address_by = AddressRule::Order;
    (settings.address_days, settings.address_reminder_days) = (14, vec![3, 7]);
    settings.object_page.set("https://keyferry.example/me/object/".into());
    settings.address_page.set("https://keyferry.example/me/address/".into());
}

fn asking(row: UploadRow) -> UploadRow {
    let order = row.order.map(|RowOrder { order, additional, .. }| RowOrder {
        order: OrderDraft { mailing_address: None, ..order },
        info: OrderInfo { address_by: Some(AddressBy::Person), ..OrderInfo::default() },
        additional,
    });
    UploadRow { order, ..row }
}

/// Rows of a file, of which the first `asked` leave the address to their persons, who have mail addresses.
fn mixed(world: &World, count: u32, asked: usize) -> Vec<UploadRow> {
    let rows = rows(world, count);
    for user in &mut lock(&world.people).users {
        user.mail = Some(address(&user.upn));
    }
    rows.into_iter().enumerate().map(|(place, row)| if place < asked { asking(row) } else { row }).collect()
}

fn home() -> GivenAddress {
    let texts =
        [("street_line1", "7 Hidden Lane"), ("city", "Springfield"), ("region", "IL"), ("postal_code", "62701")];
    GivenAddress::read(texts.into_iter().chain([("country_code_2", "us")])).unwrap()
}

fn waiting(world: &World) -> Vec<ShipmentId> {
    let all = lock(&world.records).all();
    all.iter().filter(|shipment| shipment.awaits_address()).map(|shipment| shipment.id()).collect()
}

async fn submitted(world: &Arc<World>, engine: &Engine, rows: Vec<UploadRow>) -> (Working, BatchId) {
    let ready = u32::try_from(rows.len()).unwrap();
    let id = upload(engine, rows).await;
    let working = Working::start(world, engine);
    checked(&working, engine, id).await;
    engine.batches.submit(id, &caller(), false, ready).await.unwrap();
    (working, id)
}

/// More rows ask than orders may wait in the queue: they hold neither the others, nor the end of the batch for ever.
#[tokio::test]
async fn rows_that_ask_hold_no_others_and_the_batch_ends_with_the_last_address() {
    let world = World::new();
    let engine = world.engine_with(by_order);
    let (working, id) = submitted(&world, &engine, mixed(&world, 75, 60)).await;
    let found = view(&engine, id).await;
    let asked = found.batch.checked.iter().find(|finding| finding.code == CheckCode::AddressByPerson.as_str()).unwrap();
    assert_eq!(asked.message, "60 persons will be asked for their addresses");
    working.pass(HOUR).await;
    let found = view(&engine, id).await;
    assert_eq!((world.orders(), found.shipments.awaits_address), (15, 60), "{:?}", found.shipments);
    assert_eq!((found.batch.state.name(), found.progress), (BatchStateName::Submitted, None));
    let mailed: BTreeSet<_> = lock(&world.pins).news.iter().map(|mail| mail.link.clone()).collect();
    assert_eq!((lock(&world.pins).news.len(), mailed.len()), (60, 60), "each person is asked once, by an own link");
    for (place, shipment) in waiting(&world).into_iter().enumerate() {
        engine.addresses.give_as_operator(&shipment.to_string(), caller(), home()).await.unwrap();
        working.pass(MINUTE).await;
        let left = u32::try_from(59 - place).unwrap();
        assert_eq!(view(&engine, id).await.shipments.awaits_address, left);
    }
    working.pass(HOUR).await;
    let done = view(&engine, id).await;
    assert_eq!((world.orders(), done.batch.state.name()), (75, BatchStateName::Finished));
    assert_eq!(world.batches.orders(), 0, "no address is kept");
    working.end().await;
}

/// A paused batch asks nobody. After it is resumed, reminders follow as before.
#[tokio::test]
async fn paused_batch_sends_no_reminder_and_a_resumed_one_does() {
    let world = World::new();
    let engine = world.engine_with(by_order);
    let (working, id) = submitted(&world, &engine, mixed(&world, 2, 2)).await;
    working.pass(HOUR).await;
    assert_eq!(lock(&world.pins).news.len(), 2);
    engine.batches.pause(id, &caller(), "wrong model").await.unwrap();
    working.pass(4 * DAY).await;
    assert_eq!(lock(&world.pins).news.len(), 2, "nobody is reminded");
    engine.batches.resume(id, &caller(), "right model").await.unwrap();
    working.pass(2 * HOUR).await;
    assert!(lock(&world.pins).news.len() >= 4, "{}", lock(&world.pins).news.len());
    for shipment in waiting(&world) {
        assert!(world.shipment(shipment).obstacle().is_none());
        engine.addresses.give_as_operator(&shipment.to_string(), caller(), home()).await.unwrap();
    }
    working.pass(HOUR).await;
    assert_eq!((world.orders(), view(&engine, id).await.batch.state.name()), (2, BatchStateName::Finished));
    working.end().await;
}

/// Whoever is asked cannot revive what was cancelled, and nothing of the order is left.
#[tokio::test]
async fn cancelled_batch_takes_no_address() {
    let world = World::new();
    let engine = world.engine_with(by_order);
    let (working, id) = submitted(&world, &engine, mixed(&world, 3, 3)).await;
    working.pass(HOUR).await;
    let asked = waiting(&world);
    engine.batches.cancel(id, &caller(), "not wanted").await.unwrap();
    working.pass(HOUR).await;
    let found = view(&engine, id).await;
    assert_eq!(found.batch.state.name(), BatchStateName::Cancelled);
    assert_eq!((found.shipments.awaits_address, found.shipments.phases[&PhaseName::Cancelled]), (0, 3));
    for shipment in asked {
        engine.addresses.give_as_operator(&shipment.to_string(), caller(), home()).await.unwrap_err();
        assert!(!lock(&world.vault).has_order(shipment));
        assert!(world.events(shipment).iter().all(|event| event.kind != EventKind::AddressGiven));
    }
    assert_eq!(world.orders(), 0);
    working.end().await;
}

/// The setting was changed after the check: the row is refused, and is not filled from the directory in secret.
#[tokio::test]
async fn row_that_asks_is_refused_where_persons_give_no_addresses() {
    let world = World::new();
    let engine = world.engine_with(by_order);
    let id = upload(&engine, mixed(&world, 1, 1)).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    working.end().await;
    let engine = world.engine_with(|settings| settings.fill_from_directory = true);
    let working = Working::start(&world, &engine);
    engine.batches.submit(id, &caller(), false, 1).await.unwrap();
    working.pass(HOUR).await;
    let found = view(&engine, id).await;
    assert_eq!(found.rows.of(RowState::Refused), 1);
    assert_eq!((world.orders(), lock(&world.pins).news.len()), (0, 0));
    working.end().await;
    // A check with this setting states it.
    let other = upload(&engine, vec![asking(row(2, "person0"))]).await;
    let working = Working::start(&world, &engine);
    let found = checked(&working, &engine, other).await;
    assert_eq!((found.rows.of(RowState::Ready), found.rows.of(RowState::Invalid)), (0, 1));
    working.end().await;
}
