//! Rules of the organisation about the users for whom keys may be ordered.

use keyferry_domain::{FailureClass, ObjectId, UserRef};
use keyferry_engine::{CreateError, CreateRequest, Engine, EngineSettings, PrivilegedUsers, Run};

use crate::support::people::object_id;
use crate::support::trouble::status;
use crate::support::world::{ada, hour_later, request};
use crate::support::{Call, World, lock};

const STAFF: usize = 101;
const FROZEN: usize = 102;

fn groups(numbers: &[usize]) -> Vec<ObjectId> {
    numbers.iter().map(|&number| object_id(number)).collect()
}

fn strict(settings: &mut EngineSettings) {
    settings.allowed_groups = groups(&[STAFF]);
    settings.excluded_groups = groups(&[FROZEN]);
    settings.privileged_users = PrivilegedUsers::Refuse;
}

fn refuse_privileged(settings: &mut EngineSettings) {
    settings.privileged_users = PrivilegedUsers::Refuse;
}

fn by_admin() -> CreateRequest {
    CreateRequest { may_be_privileged: true, ..request(ada()) }
}

/// Makes Ada a member of these groups and a holder of these roles.
fn make(world: &World, groups_of_ada: &[usize], roles: &[&str]) {
    let mut people = lock(&world.people);
    people.users[0].groups = groups(groups_of_ada);
    people.users[0].roles = roles.iter().map(ToString::to_string).collect();
}

/// Returns the code of the refusal. Checks that nothing was ordered or stored.
async fn refusal(world: &World, engine: &Engine, request: CreateRequest) -> String {
    let error = engine.orders.create(request).await.unwrap_err();
    let CreateError::Refused(failure) = error else { panic!("{error:?}") };
    assert_eq!(failure.class(), FailureClass::AgainstPolicy, "{failure}");
    assert_eq!((world.orders(), lock(&world.records).all().len(), lock(&world.vault).count()), (0, 0, 0));
    // Refused before the call that the identity provider limits most.
    assert_eq!(world.faults.count(Call::CreationOptions), 0);
    failure.short()
}

#[tokio::test]
async fn group_rules_decide_about_orders() {
    for (member_of, expected) in [
        (&[][..], Some("user-not-allowed")),
        (&[STAFF], None),
        (&[FROZEN], Some("user-excluded")),
        (&[STAFF, FROZEN], Some("user-excluded")),
    ] {
        for user in [ada(), UserRef::ObjectId(object_id(0))] {
            let world = World::new();
            make(&world, member_of, &[]);
            let engine = world.engine_with(strict);
            let request = CreateRequest { may_be_privileged: true, ..request(user) };
            match expected {
                Some(code) => assert_eq!(refusal(&world, &engine, request).await, code, "{member_of:?}"),
                None => {
                    engine.orders.create(request).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn one_kind_of_group_rule_is_enough() {
    let world = World::new();
    let excluding = world.engine_with(|settings| settings.excluded_groups = groups(&[FROZEN]));
    excluding.orders.create(request(ada())).await.unwrap();
    let world = World::new();
    make(&world, &[FROZEN], &[]);
    let allowing = world.engine_with(|settings| settings.allowed_groups = groups(&[STAFF]));
    assert_eq!(refusal(&world, &allowing, request(ada())).await, "user-not-allowed");
}

#[tokio::test]
async fn only_callers_that_may_make_exceptions_order_for_privileged_users() {
    let world = World::new();
    make(&world, &[], &["Global Administrator", "Security Administrator"]);
    let engine = world.engine_with(refuse_privileged);
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ada@contoso.example holds a privileged role: Global Administrator, Security Administrator"
    );
    assert_eq!(refusal(&world, &engine, request(ada())).await, "user-privileged");
    let created = engine.orders.create(by_admin()).await.unwrap();
    world.ship(&created.delivery_id);
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("complete", 1, 1));
    // The exception is part of the order, so the key is registered without another look at the roles.
    assert_eq!(world.faults.count(Call::Roles), 2);
}

#[tokio::test]
async fn directory_is_asked_only_what_the_rules_need() {
    let asked = async |change: fn(&mut EngineSettings), request: CreateRequest| {
        let world = World::new();
        make(&world, &[STAFF], &[]);
        let engine = world.engine_with(change);
        let created = engine.orders.create(request).await.unwrap();
        world.ship(&created.delivery_id);
        engine.processing.run(Run::All).await;
        assert_eq!(world.phase(created.shipment), "complete");
        (world.faults.count(Call::Groups), world.faults.count(Call::Roles))
    };
    assert_eq!(asked(|_| {}, request(ada())).await, (0, 0));
    assert_eq!(asked(strict, request(ada())).await, (2, 2));
    assert_eq!(asked(strict, by_admin()).await, (2, 0));
    assert_eq!(asked(refuse_privileged, request(ada())).await, (0, 2));
}

#[tokio::test]
async fn directory_that_cannot_answer_is_no_refusal() {
    for (call, code) in [(Call::Groups, 503), (Call::Roles, 503), (Call::Groups, 403)] {
        let world = World::new();
        make(&world, &[STAFF], &[]);
        world.faults.once(call, status(code));
        let engine = world.engine_with(strict);
        let error = engine.orders.create(request(ada())).await.unwrap_err();
        assert!(matches!(error, CreateError::Upstream(_)), "{call:?} {code}: {error:?}");
        assert_eq!((world.orders(), lock(&world.records).all().len()), (0, 0), "{call:?} {code}");
        engine.orders.create(request(ada())).await.unwrap();
    }
    let world = World::new();
    world.faults.once(Call::Groups, status(404));
    let error = world.engine_with(strict).orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::UserNotFound { .. }), "{error:?}");
}

/// The permission to read roles is optional: without it, privileged users are not refused.
#[tokio::test]
async fn roles_that_may_not_be_read_refuse_no_order() {
    let world = World::new();
    make(&world, &[], &["Global Administrator"]);
    world.faults.always(Call::Roles, status(403));
    let engine = world.engine_with(refuse_privileged);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

/// A help desk orders a key for a user without any role, who becomes an administrator before the parcel arrives.
#[tokio::test]
async fn key_of_a_user_whom_a_rule_refuses_meanwhile_is_not_registered() {
    for (member_of, roles, words) in [
        (&[STAFF][..], &["Global Administrator"][..], "holds a privileged role: Global Administrator"),
        (&[STAFF, FROZEN], &[], "is a member of the excluded group"),
        (&[], &[], "is not a member of any allowed group"),
    ] {
        let world = World::new();
        make(&world, &[STAFF], &[]);
        let engine = world.engine_with(strict);
        let created = world.shipped(&engine).await;
        make(&world, member_of, roles);
        engine.processing.run(Run::All).await;
        let (class, message) = world.obstacle(created.shipment);
        assert_eq!(class, "attention", "{message}");
        assert!(message.contains(words), "{message}");
        assert!(message.contains("Keyferry does not register this key and sends no PIN"), "{message}");
        hour_later(&world, &engine).await;
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("fulfilled", 0, 0));
        make(&world, &[STAFF], &[]);
        hour_later(&world, &engine).await;
        assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("complete", 1, 1));
    }
}
