//! Check of orders before they are placed.

use std::time::Duration;

use keyferry_domain::ports::{AddressVerdict, Addressing, Country, Inventory, OfferedProduct};
use keyferry_domain::{Aaguid, MailingAddress, ModelRule, OrderFinding, PasskeyPolicy, PolicyTarget, UserRef};
use keyferry_engine::{CheckRow, Engine, EngineSettings, PreflightOptions, PrivilegedUsers};
use keyferry_testkit::outside::MODEL;

use crate::support::people::object_id;
use crate::support::trouble::status;
use crate::support::world::{ada, address, request};
use crate::support::{Call, Trouble, World, lock};

fn user(name: &str) -> UserRef {
    UserRef::Upn(format!("{name}@contoso.example"))
}

fn row(number: u64, user: UserRef) -> CheckRow {
    CheckRow {
        row: number,
        order: request(user).order.into(),
        additional: false,
        address_by: None,
        needed_by: None,
        not_before: None,
    }
}

fn place(row: &mut CheckRow) -> &mut MailingAddress {
    row.order.mailing_address.as_mut().unwrap()
}

fn codes(findings: &[OrderFinding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Has everything that can be checked answer, so that a good order has no finding.
fn complete(world: &World) {
    let mut delivery = lock(&world.delivery);
    delivery.products = Some(vec![OfferedProduct { id: 29, name: None }]);
    delivery.inventory = Some(vec![Inventory { id: 106, name: None, quantity: Some(2), products: vec![29] }]);
    delivery.countries =
        Some(vec![Country { code: "US".into(), name: None, delivery_types: vec![1], regions: vec!["IL".into()] }]);
    delivery.validates = true;
    lock(&world.people).policy = Some(policy(ModelRule::Any));
}

fn policy(rule: ModelRule) -> PasskeyPolicy {
    let targets = vec![PolicyTarget { group: None, rules: vec![rule] }];
    PasskeyPolicy { enabled: true, self_service: Some(true), excluded: Vec::new(), targets }
}

fn known(settings: &mut EngineSettings) {
    settings.customizations = vec!["RXJN83".into()];
    settings.one_open_order_per_user = true;
    settings.privileged_users = PrivilegedUsers::Refuse;
}

/// Checks the rows in one session. Returns the codes of each row, and those of the whole check.
async fn check(engine: &Engine, rows: &[CheckRow]) -> (Vec<Vec<&'static str>>, Vec<&'static str>) {
    let mut session = engine.preflight.session(PreflightOptions::default());
    let findings = session.check(rows).await;
    assert_eq!(session.checked(), rows.len() as u64);
    (findings.iter().map(|found| codes(found)).collect(), codes(&session.general()))
}

async fn one(world: &std::sync::Arc<World>, row: CheckRow) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut rows, general) = check(&world.engine_with(known), &[row]).await;
    (rows.remove(0), general)
}

#[tokio::test]
async fn good_order_has_no_finding_and_nothing_is_changed() {
    let world = World::new();
    complete(&world);
    assert_eq!(one(&world, row(1, ada())).await, (vec![], vec![]));
    assert_eq!((world.orders(), lock(&world.records).all().len(), lock(&world.vault).count()), (0, 0, 0));
    assert_eq!(world.faults.count(Call::CreationOptions), 1);
}

#[tokio::test]
async fn parcel_is_compared_with_what_the_delivery_service_offers() {
    let world = World::new();
    complete(&world);
    lock(&world.delivery)
        .verdicts
        .insert("Nowhere 1".into(), AddressVerdict::Undeliverable { reasons: vec!["No such street".into()] });
    type Edit = fn(&mut CheckRow);
    let cases: [(Edit, &str); 7] = [
        (|row| place(row).country_code_2 = "SE".into(), "unserved-country"),
        (|row| place(row).region = Some("XX".into()), "unknown-region"),
        (|row| row.order.delivery_type = 2, "unknown-delivery-type"),
        (|row| row.order.product.inventory_product_id = 7, "unknown-inventory"),
        (|row| row.order.product.customization_id = "OTHER".into(), "unknown-customization"),
        (|row| place(row).street_line1 = "Nowhere 1".into(), "undeliverable-address"),
        (|row| row.order.pin_length = 4_i64.try_into().unwrap(), "pin-too-short"),
    ];
    let engine = world.engine_with(|settings| {
        known(settings);
        settings.min_pin_length = 6_i64.try_into().unwrap();
    });
    for (change, code) in cases {
        let mut bad = row(1, ada());
        change(&mut bad);
        assert_eq!(check(&engine, &[bad]).await, (vec![vec![code]], vec![]));
    }
    let mut bad = row(1, ada());
    bad.order.product.product_id = 30;
    let found = check(&engine, &[bad.clone()]).await;
    assert_eq!(found, (vec![vec!["unknown-product", "inventory-for-other-products"]], vec!["unknown-model"]));
    bad = row(1, ada());
    place(&mut bad).street_line1 = "Nowhere 1".into();
    bad.order.address_validation_bypass = true;
    assert_eq!(check(&engine, &[bad]).await.0, [vec![""; 0]]);
}

#[tokio::test]
async fn rows_are_compared_with_each_other_across_calls() {
    let world = World::new();
    complete(&world);
    for name in ["bea", "cy", "dan"] {
        lock(&world.people).add(name);
    }
    let engine = world.engine_with(known);
    let mut session = engine.preflight.session(PreflightOptions::default());
    let first = session.check(&[row(1, user("bea")), row(2, user("BEA"))]).await;
    assert_eq!(codes(&first[0]), [""; 0]);
    assert_eq!(codes(&first[1]), ["repeated-user"]);
    assert_eq!(first[1][0].message, "Row 1 is for the same user");
    // By object id, which the directory returned for the first row.
    let second =
        session.check(&[row(3, UserRef::ObjectId(object_id(1))), row(4, user("cy")), row(5, user("dan"))]).await;
    let second: Vec<_> = second.iter().map(|findings| codes(findings)).collect();
    // The inventory has two keys, and rows with errors take none.
    assert_eq!(second, [vec!["repeated-user"], vec![], vec!["stock-exceeded"]]);
    assert_eq!(session.checked(), 5);
    let additional = CheckRow { additional: true, ..row(6, user("bea")) };
    assert_eq!(codes(&session.check(&[additional]).await[0]), ["stock-exceeded"]);
}

#[tokio::test]
async fn users_who_cannot_get_a_usable_key_are_found() {
    let world = World::new();
    complete(&world);
    {
        let mut people = lock(&world.people);
        for name in ["disabled", "guest", "alone", "speechless", "admin", "full"] {
            people.add(name);
        }
        people.max_credentials = Some(1);
        people.users[1].enabled = false;
        people.users[2].guest = true;
        people.users[3].has_manager = false;
        people.users[4].manager = None;
        people.users[5].roles = vec!["Global Administrator".into()];
    }
    let names = ["nobody", "disabled", "guest", "alone", "speechless", "admin", "ada"];
    let rows: Vec<_> = names.iter().zip(1..).map(|(name, number)| row(number, user(name))).collect();
    let mut rows = rows;
    // Enough keys for all.
    lock(&world.delivery).inventory = None;
    let (found, general) = check(&world.engine_with(known), &rows).await;
    let expected = [
        vec!["unknown-user"],
        vec!["disabled-user"],
        vec!["guest-user"],
        vec!["no-addressee"],
        vec!["no-addressee"],
        vec!["privileged-user"],
        vec![],
    ];
    assert_eq!((found, general), (expected.to_vec(), vec!["not-checked"]));
    // The contacts of an order replace the manager, and must not be the user.
    rows.truncate(4);
    rows[3].order.enrollment_contacts = vec![address("boss@contoso.example")];
    rows[2].order.enrollment_contacts = vec![address("guest@contoso.example")];
    let (found, _) = check(&world.engine_with(known), &rows[2..4]).await;
    assert_eq!(found, [vec!["guest-user", "contact-not-allowed"], vec![]]);
}

/// The other side determines the addressee, and may do it in another way than by the manager.
#[tokio::test]
async fn missing_manager_is_a_warning_if_the_other_side_determines_the_addressee() {
    let world = World::new();
    complete(&world);
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    assert_eq!(one(&world, row(1, ada())).await, (vec![], vec![]));
    lock(&world.people).users[0].manager = None;
    assert_eq!(one(&world, row(1, ada())).await, (vec!["no-manager"], vec![]));
    let mut with_contact = row(1, ada());
    with_contact.order.enrollment_contacts = vec![address("boss@contoso.example")];
    assert_eq!(one(&world, with_contact).await, (vec![], vec![]));
}

#[tokio::test]
async fn keys_of_the_user_are_found() {
    let world = World::new();
    complete(&world);
    let engine = world.engine_with(known);
    world.ordered(&engine).await;
    let asked = world.faults.count(Call::CreationOptions);
    assert_eq!(check(&engine, &[row(1, ada())]).await.0, [["open-order"]]);
    let by_id = row(1, UserRef::ObjectId(object_id(0)));
    assert_eq!(check(&engine, &[CheckRow { additional: true, ..by_id }]).await.0, [["has-key"]]);
    // A new challenge might end that of the open order.
    assert_eq!(world.faults.count(Call::CreationOptions), asked);
    for (shows_shipments, shown) in [(true, true), (false, false)] {
        let options = PreflightOptions { shows_shipments, ..PreflightOptions::default() };
        let found = engine.preflight.session(options).check(&[row(1, ada())]).await;
        let id = lock(&world.delivery).parcels[0].0.clone();
        assert_eq!(found[0][0].message.contains(id.as_str()), shown);
    }
}

#[tokio::test]
async fn passkeys_of_the_user_are_counted() {
    let world = World::new();
    complete(&world);
    let engine = world.engine_with(known);
    world.completed(&engine).await;
    lock(&world.people).max_credentials = Some(1);
    assert_eq!(check(&engine, &[row(1, ada())]).await.0, [["has-key", "too-many-passkeys"]]);
    lock(&world.people).max_credentials = None;
    world.faults.once(Call::CreationOptions, status(400));
    assert_eq!(check(&engine, &[row(1, ada())]).await.0, [["has-key", "refused-by-provider"]]);
}

#[tokio::test]
async fn passkey_policy_is_applied_by_groups() {
    let world = World::new();
    complete(&world);
    let model = Aaguid::from_bytes(*MODEL.as_bytes());
    let other: Aaguid = "00000000-0000-4000-8000-0000000000ff".parse().unwrap();
    let (staff, pilots) = (object_id(101), object_id(102));
    let target = |group, rule| PolicyTarget { group: Some(group), rules: vec![rule] };
    lock(&world.people).policy = Some(PasskeyPolicy {
        targets: vec![target(staff, ModelRule::AllBut(vec![model])), target(pilots, ModelRule::Only(vec![model]))],
        ..policy(ModelRule::Any)
    });
    let variants = |settings: &mut EngineSettings| {
        known(settings);
        settings.product_aaguids.get_mut(&29).unwrap().push(other);
    };
    for (groups, expected) in [
        (vec![], (vec![vec!["outside-policy"]], vec![])),
        (vec![staff], (vec![vec![]], vec!["model-partly-allowed"])),
        (vec![staff, pilots], (vec![vec![]], vec![])),
    ] {
        lock(&world.people).users[0].groups = groups;
        assert_eq!(check(&world.engine_with(variants), &[row(1, ada())]).await, expected);
    }
    lock(&world.people).users[0].groups = vec![staff];
    assert_eq!(one(&world, row(1, ada())).await, (vec!["model-not-allowed"], vec![]));
    // Without the permission to read groups, only what no group allows is refused.
    world.faults.always(Call::Groups, status(403));
    assert_eq!(one(&world, row(1, ada())).await, (vec![], vec!["not-checked"]));
    lock(&world.people).policy =
        Some(PasskeyPolicy { enabled: false, self_service: Some(false), ..policy(ModelRule::Any) });
    assert_eq!(one(&world, row(1, ada())).await, (vec![], vec!["passkeys-disabled", "self-service-off"]));
}

/// What is not offered or not permitted is said once for the whole check.
#[tokio::test]
async fn nothing_is_left_out_silently() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.privileged_users = PrivilegedUsers::Refuse);
    lock(&world.people).readable = false;
    world.faults.always(Call::Roles, status(403));
    world.faults.always(Call::Policy, status(403));
    lock(&world.people).add("bea");
    let mut session = engine.preflight.session(PreflightOptions::default());
    let found = session.check(&[row(1, ada()), row(2, user("bea"))]).await;
    assert_eq!(found, [vec![], vec![]]);
    let messages: Vec<_> = session.general().into_iter().map(|finding| finding.message).collect();
    insta::assert_snapshot!(messages.join("\n"));
}

/// An outage is a warning for each row, and a party that does not answer is left alone.
#[tokio::test]
async fn outage_leaves_rows_unchecked_and_is_not_waited_for() {
    let world = World::new();
    complete(&world);
    for number in 0..20 {
        lock(&world.people).add(&format!("user{number}"));
    }
    world.faults.always(Call::Account, status(503));
    world.faults.always(Call::Manager, status(503));
    world.faults.always(Call::Roles, status(503));
    world.faults.always(Call::CreationOptions, status(503));
    let rows: Vec<_> = (0..20).map(|number| row(number + 1, user(&format!("user{number}")))).collect();
    lock(&world.delivery).inventory = None;
    let (found, _) = check(&world.engine_with(known), &rows).await;
    assert!(
        found.iter().all(|codes| !codes.is_empty() && codes.iter().all(|code| *code == "not-checked")),
        "{found:?}"
    );
    let calls = world.faults.count(Call::Account) + world.faults.count(Call::Manager) + world.faults.count(Call::Roles);
    assert!(calls <= 16, "{calls} calls");
}

#[tokio::test]
async fn throttled_calls_are_repeated() {
    let world = World::new();
    complete(&world);
    for call in [Call::Account, Call::CreationOptions, Call::ValidateAddress] {
        world.faults.once(call, Trouble::Throttle(Duration::from_secs(3)));
    }
    assert_eq!(one(&world, row(1, ada())).await, (vec![], vec![]));
}

#[tokio::test]
async fn time_limit_ends_the_calls() {
    let world = World::new();
    complete(&world);
    world.faults.always(Call::CreationOptions, Trouble::Slow(Duration::from_secs(3600)));
    let time_limit = Some(Duration::from_secs(30));
    let options = PreflightOptions { time_limit, ..PreflightOptions::default() };
    let mut session = world.engine_with(known).preflight.session(options);
    assert_eq!(session.check(&[row(1, ada())]).await, [vec![]]);
    let general = session.general();
    assert_eq!(codes(&general), ["not-checked"]);
    assert!(general[0].message.contains("1 users"), "{}", general[0].message);
    // The time is over: not even the facts are read.
    let found = session.check(&[row(2, user("nobody"))]).await;
    assert_eq!(codes(&found[0]), ["not-checked"]);
    let general: Vec<_> = session.general().into_iter().map(|finding| finding.message).collect();
    assert!(general.iter().any(|message| message.contains("passkey policy")), "{general:?}");
}

/// A row costs a fixed number of calls, and what is the same for many rows is asked once.
#[tokio::test]
async fn calls_of_many_rows_are_bounded() {
    let world = World::new();
    complete(&world);
    lock(&world.delivery).inventory = None;
    let mut session = world.engine_with(known).preflight.session(PreflightOptions::default());
    for piece in 0..20 {
        let rows: Vec<_> = (1..=100).map(|number| row(piece * 100 + number, ada())).collect();
        let found = session.check(&rows).await;
        assert_eq!(found.len(), 100);
    }
    assert_eq!(session.checked(), 2_000);
    let count = |call| world.faults.count(call);
    assert_eq!([Call::Products, Call::Countries, Call::Policy, Call::Inventory].map(count), [1; 4]);
    assert_eq!([Call::Account, Call::Manager, Call::Roles, Call::CreationOptions].map(count), [2_000; 4]);
    assert_eq!([Call::Person, Call::Groups].map(count), [0; 2]);
    // By name and by object id.
    assert_eq!(count(Call::Query), 4_000);
    // The first rows are asked about at once.
    assert!(count(Call::ValidateAddress) <= 8, "{}", count(Call::ValidateAddress));
}

/// Facts about the tenant are read once for many rows, and again after some minutes.
#[tokio::test]
async fn facts_are_kept_for_some_minutes() {
    let world = World::new();
    complete(&world);
    let engine = world.engine_with(known);
    let count =
        || [Call::Products, Call::Inventory, Call::Countries, Call::Policy].map(|call| world.faults.count(call));
    for _ in 0..3 {
        check(&engine, &[row(1, ada())]).await;
    }
    assert_eq!(count(), [1; 4]);
    let listed = engine.preflight.products().await.unwrap();
    assert_eq!(listed.items.unwrap().len(), 1);
    world.clock.pass(Duration::from_secs(301));
    check(&engine, &[row(1, ada())]).await;
    assert_eq!(count(), [2; 4]);
    world.clock.pass(Duration::from_secs(301));
    world.faults.always(Call::Products, status(503));
    for _ in 0..3 {
        assert_eq!(check(&engine, &[row(1, ada())]).await, (vec![vec![]], vec!["not-checked"]));
    }
    assert_eq!(count()[0], 3);
}

#[tokio::test]
async fn day_that_parcels_usually_miss_is_a_warning() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.usual_delivery_days = 10);
    let today = world.clock.now().date_naive();
    let day = |days| Some(today + chrono::Days::new(days));
    for (not_before, needed_by, expected) in
        [(None, day(9), true), (None, day(10), false), (day(5), day(14), true), (day(5), day(15), false)]
    {
        let found = check(&engine, &[CheckRow { not_before, needed_by, ..row(1, ada()) }]).await.0;
        assert_eq!(found[0].contains(&"needed-too-soon"), expected, "{not_before:?} {needed_by:?}: {found:?}");
    }
}
