//! Routes of the control API.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, patch, post, put};

use super::{
    apps, calls, clock, description, faults, groups, inventory, keys, methods, parcels, people, policy, readable,
    reset, rotation, settings, sign_ins, throttling, users, vault,
};
use crate::world::World;

/// Returns all routes under `/control`.
pub(crate) fn router(world: &Arc<World>) -> Router {
    let ground = &world.ground;
    let whole = Router::new()
        .route("/control/world", get(description::world))
        .route("/control/connector", get(description::connector))
        .route("/control/ca.pem", get(description::ca))
        .route("/control/attestation-root.pem", get(description::attestation_root))
        .route("/control/throttling", get(throttling::read).delete(throttling::restart))
        .route("/control/inventory/{id}", put(inventory::set))
        .route("/control/people", get(people::list))
        .route("/control/people.csv", get(people::csv))
        .route("/control/keys-rotate", post(rotation::rotate))
        .route("/control/reset", post(reset::reset));
    let clock = Router::new().route("/control/clock", get(clock::read).post(clock::step));
    let faults = Router::new()
        .route("/control/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/control/faults/{id}", delete(faults::remove));
    let calls = Router::new()
        .route("/control/calls", get(calls::list).delete(calls::forget))
        .route("/control/calls/summary", get(calls::summary));
    let users = Router::new()
        .route(
            "/control/users",
            get(users::list).post(users::create).patch(users::change_many).delete(users::remove_many),
        )
        .route("/control/users/{id}", get(users::one).patch(users::change).delete(users::remove))
        .route("/control/sign-ins", get(sign_ins::list).post(sign_ins::sign_in))
        .route("/control/sign-ins/{user}", delete(sign_ins::void))
        .route("/control/users/swap-upn", post(users::swap_upn));
    let groups = Router::new()
        .route("/control/groups", get(groups::list))
        .route("/control/groups/{id}", patch(groups::change))
        .route("/control/apps/{id}", patch(apps::change));
    let graph = Router::new()
        .route("/control/methods/{user}", get(methods::list))
        .route("/control/methods/{user}/{method}", delete(methods::remove))
        .route("/control/sent-items", get(methods::sent_items));
    let vault = Router::new()
        .route("/control/vault", get(vault::list))
        .route("/control/vault/{name}", put(vault::set).patch(vault::change));
    let policy = Router::new().route("/control/policy", get(policy::read).put(policy::change));
    let settings = Router::new().route("/control/settings", get(settings::read).put(settings::change));
    Router::new()
        .merge(whole.with_state(Arc::clone(world)))
        .merge(clock.with_state(Arc::clone(&ground.clock)))
        .merge(faults.with_state(Arc::clone(&ground.faults)))
        .merge(calls.with_state(Arc::clone(&ground.journal)))
        .merge(users.with_state(Arc::clone(world)))
        .merge(groups.with_state(Arc::clone(&ground.directory)))
        .merge(graph.with_state(Arc::clone(&world.graph)))
        .merge(vault.with_state(Arc::clone(&world.vault)))
        .merge(policy.with_state(Arc::clone(&ground.policy)))
        .merge(settings.with_state(Arc::clone(&ground.settings)))
        .merge(parcels::router(world))
        .merge(keys::router(&world.factory))
        .route_layer(from_fn(readable::for_browsers))
}
