//! Roles: which caller may use which operation, through the router, with signed tokens.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use keyferry_access::{Authenticator, DelegatedRights, Role, RolesMode};
use serde_json::{Value, json};

use super::protected_api::{ProtectedApi, changed};
use crate::router::openapi_json;
use crate::testing::world::{CALLER, World, order};

/// Operations, and the roles that permit them: written down here a second time, so that a change of the table in
/// `keyferry-access` is noticed.
#[rustfmt::skip]
const MATRIX: [(&str, &str, &[&str]); 55] = [
    ("GET",  "/v1/status",                                 &["Order", "Read", "Operate", "Pin", "Audit", "Admin"]),
    ("POST", "/v1/fpr/shipments",                          &["Order"]),
    ("POST", "/v1/orders",                                 &["Order"]),
    ("PUT",  "/v1/shipments/{shipment_id}/address",        &["Order"]),
    ("POST", "/v1/orders/check",                           &["Order"]),
    ("GET",  "/v1/products",                               &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/countries",                              &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/fpr/shipments/{shipment_id}",            &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/shipments",                              &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/shipments/counts",                       &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/shipments/{shipment_id}",                &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/shipments/{shipment_id}/events",         &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/events",                                 &["Read", "Operate", "Pin", "Audit"]),
    ("GET",   "/v1/webhooks",                                 &["Read", "Operate", "Pin", "Audit", "Admin"]),
    ("POST",  "/v1/webhooks",                                 &["Admin"]),
    ("GET",   "/v1/webhooks/{webhook_id}",                    &["Read", "Operate", "Pin", "Audit", "Admin"]),
    ("PATCH", "/v1/webhooks/{webhook_id}",                    &["Admin"]),
    ("DELETE","/v1/webhooks/{webhook_id}",                    &["Admin"]),
    ("POST",  "/v1/webhooks/{webhook_id}/rotate-secret",      &["Admin"]),
    ("POST",  "/v1/webhooks/{webhook_id}/test",               &["Admin"]),
    ("GET",   "/v1/webhooks/{webhook_id}/deliveries",         &["Read", "Operate", "Pin", "Audit", "Admin"]),
    ("POST",  "/v1/webhooks/{webhook_id}/replay",             &["Admin"]),
    ("GET",  "/v1/report",                                 &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/people/{user}",                          &["Order", "Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/people/{user}/methods",                  &["Read", "Operate", "Pin", "Audit"]),
    ("POST", "/v1/people/{user}/methods/{method_id}/revoke", &["Operate"]),
    ("POST", "/v1/people/{user}/lost-key",                 &["Operate"]),
    ("POST", "/v1/people/{user}/offboard",                 &["Operate"]),
    ("POST", "/v1/keys/{serial}/return",                   &["Operate"]),
    ("POST", "/v1/shipments/actions",                      &["Operate", "Pin"]),
    ("POST", "/v1/shipments/{shipment_id}/retry",          &["Operate"]),
    ("POST", "/v1/shipments/{shipment_id}/adopt",          &["Operate"]),
    ("POST", "/v1/shipments/{shipment_id}/abandon",        &["Operate"]),
    ("POST", "/v1/shipments/{shipment_id}/replace",        &["Operate"]),
    ("POST", "/v1/shipments/{shipment_id}/resend-pin",     &["Pin"]),
    ("POST", "/v1/shipments/{shipment_id}/pin-letter",     &["Pin"]),
    ("POST", "/v1/shipments/{shipment_id}/resolve",        &["Operate"]),
    ("POST", "/v1/shipments/{shipment_id}/cancel",         &["Operate"]),
    ("POST", "/v1/batches",                                &["Operate"]),
    ("GET",  "/v1/batches",                                &["Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/batches/template.csv",                   &["Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/batches/{batch_id}",                     &["Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/batches/{batch_id}/rows",                &["Read", "Operate", "Pin", "Audit"]),
    ("PUT",  "/v1/batches/{batch_id}/rows/{row}",          &["Operate"]),
    ("GET",  "/v1/batches/{batch_id}/result",              &["Read", "Operate", "Pin", "Audit"]),
    ("POST", "/v1/batches/{batch_id}/check",               &["Operate"]),
    ("POST", "/v1/batches/{batch_id}/submit",              &["Operate"]),
    ("POST", "/v1/batches/{batch_id}/pause",               &["Operate"]),
    ("POST", "/v1/batches/{batch_id}/resume",              &["Operate"]),
    ("POST", "/v1/batches/{batch_id}/cancel",              &["Operate"]),
    ("GET",  "/v1/reconciliation",                         &["Read", "Operate", "Pin", "Audit"]),
    ("GET",  "/v1/operations/process-shipments",           &["Operate"]),
    ("POST", "/v1/operations/process-shipments",           &["Operate"]),
    ("GET",  "/v1/operations/resend-pin/{shipment_id}",    &["Pin"]),
    ("POST", "/v1/operations/resend-pin/{shipment_id}",    &["Pin"]),
];

/// Operations that need a role with `KEYFERRY_ROLES=drop-in`, too.
const CLOSED_IN_DROP_IN: [(&str, &str); 32] = [
    ("POST", "/v1/batches"),
    ("PUT", "/v1/batches/{batch_id}/rows/{row}"),
    ("POST", "/v1/batches/{batch_id}/check"),
    ("POST", "/v1/batches/{batch_id}/submit"),
    ("POST", "/v1/batches/{batch_id}/pause"),
    ("POST", "/v1/batches/{batch_id}/resume"),
    ("POST", "/v1/batches/{batch_id}/cancel"),
    ("POST", "/v1/orders"),
    ("PUT", "/v1/shipments/{shipment_id}/address"),
    ("GET", "/v1/reconciliation"),
    ("GET", "/v1/people/{user}/methods"),
    ("POST", "/v1/people/{user}/methods/{method_id}/revoke"),
    ("POST", "/v1/people/{user}/lost-key"),
    ("POST", "/v1/people/{user}/offboard"),
    ("POST", "/v1/keys/{serial}/return"),
    ("POST", "/v1/shipments/actions"),
    ("POST", "/v1/shipments/{shipment_id}/retry"),
    ("POST", "/v1/shipments/{shipment_id}/adopt"),
    ("POST", "/v1/shipments/{shipment_id}/abandon"),
    ("POST", "/v1/shipments/{shipment_id}/replace"),
    ("POST", "/v1/shipments/{shipment_id}/pin-letter"),
    ("POST", "/v1/shipments/{shipment_id}/resolve"),
    ("POST", "/v1/shipments/{shipment_id}/cancel"),
    ("GET", "/v1/webhooks"),
    ("POST", "/v1/webhooks"),
    ("GET", "/v1/webhooks/{webhook_id}"),
    ("PATCH", "/v1/webhooks/{webhook_id}"),
    ("DELETE", "/v1/webhooks/{webhook_id}"),
    ("POST", "/v1/webhooks/{webhook_id}/rotate-secret"),
    ("POST", "/v1/webhooks/{webhook_id}/test"),
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"),
    ("POST", "/v1/webhooks/{webhook_id}/replay"),
];

const ADELE: &str = "0a1b0000-0000-4000-8000-000000000001";

async fn api(mode: RolesMode) -> ProtectedApi {
    let mut api = ProtectedApi::new().await;
    api.world.state.authentication.roles = mode;
    api
}

/// Claims of an application with these app roles.
fn application(api: &ProtectedApi, roles: &[&str]) -> Value {
    let names: Vec<_> = roles.iter().map(|role| format!("Keyferry.{role}")).collect();
    changed(changed(api.v2(), "roles", json!(names)), "oid", json!("5e0000e0-0000-4000-8000-00000000000a"))
}

/// Claims of an application with these scopes, which acts for a user. The user has all app roles, which must not count.
fn delegated(api: &ProtectedApi, scopes: &[&str], user: &str) -> Value {
    let names: Vec<_> = scopes.iter().map(|scope| format!("Keyferry.{scope}")).collect();
    let claims = application(api, &["Order", "Read", "Operate", "Pin", "Audit", "Admin"]);
    let claims = changed(claims, "scp", json!(format!("openid {} create_request", names.join(" "))));
    changed(changed(claims, "oid", json!(user)), "preferred_username", json!("adele@contoso.example"))
}

/// Returns whether the caller may use the operation. The shipment does not exist, and the bodies are empty.
async fn is_permitted(api: &ProtectedApi, claims: &Value, method: &str, path: &str) -> bool {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let answer =
        api.ask(claims, method, &path.replace("{shipment_id}", "x").replace("{batch_id}", "x"), String::new()).await;
    assert!(!answer.starts_with("401") && !answer.starts_with("5"), "{path}: {answer}");
    let refused = answer.starts_with("403");
    assert_eq!(refused, answer.contains("\"authorization\""), "{path}: {answer}");
    !refused
}

#[tokio::test]
async fn matrix_of_roles_and_operations() {
    let api = api(RolesMode::Enforced).await;
    for (method, path, permitted) in MATRIX {
        for role in Role::ALL {
            let name = role.as_str().strip_prefix("Keyferry.").unwrap();
            let expected = permitted.contains(&name);
            let by_role = application(&api, &[name]);
            assert_eq!(is_permitted(&api, &by_role, method, path).await, expected, "{role}: {method} {path}");
            let by_scope = delegated(&api, &[name], ADELE);
            assert_eq!(is_permitted(&api, &by_scope, method, path).await, expected, "scope {role}: {method} {path}");
        }
        for claims in [application(&api, &[]), delegated(&api, &[], ADELE), application(&api, &["operate", "All"])] {
            assert!(!is_permitted(&api, &claims, method, path).await, "no role: {method} {path}");
        }
    }
}

#[tokio::test]
async fn user_needs_the_role_too_if_set() {
    let mut api = api(RolesMode::Enforced).await;
    api.world.state.authentication.delegated = DelegatedRights::ScopesAndRoles;
    let of_user = |claims: Value, roles: &[&str]| {
        let names: Vec<_> = roles.iter().map(|role| format!("Keyferry.{role}")).collect();
        changed(claims, "roles", json!(names))
    };
    let all = ["Order", "Read", "Operate", "Pin", "Audit", "Admin"];
    for (method, path, permitted) in MATRIX {
        for role in all {
            let expected = permitted.contains(&role);
            let others: Vec<_> = all.into_iter().filter(|other| *other != role).collect();
            for (scopes, roles, expected) in [
                (&all[..], &[role][..], expected),
                (&[role], &all, expected),
                (&all, &[], false),
                (&[role], &others, false),
            ] {
                let claims = of_user(delegated(&api, scopes, ADELE), roles);
                let found = is_permitted(&api, &claims, method, path).await;
                assert_eq!(found, expected, "{method} {path}: scopes {scopes:?}, roles {roles:?}");
            }
            assert_eq!(is_permitted(&api, &application(&api, &[role]), method, path).await, expected, "{role}");
        }
    }
    let claims = of_user(delegated(&api, &all, ADELE), &["Read"]);
    let answer = api.ask(&claims, Method::POST, "/v1/fpr/shipments", String::new()).await;
    let message = "the token needs the scope Keyferry.Order, and its user needs the app role of the same name";
    assert!(answer.contains(message), "{answer}");
}

#[tokio::test]
async fn drop_in_permits_the_guides_operations_and_reading_without_roles() {
    let api = api(RolesMode::DropIn).await;
    for (method, path, permitted) in MATRIX {
        let open = !CLOSED_IN_DROP_IN.contains(&(method, path));
        for claims in [application(&api, &[]), delegated(&api, &[], ADELE)] {
            assert_eq!(is_permitted(&api, &claims, method, path).await, open, "{method} {path}");
        }
        let expected = open || permitted.contains(&"Operate");
        assert_eq!(is_permitted(&api, &application(&api, &["Operate"]), method, path).await, expected);
    }
}

/// The document lists the same operations and roles.
#[test]
fn document_names_the_roles_of_every_operation() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut documented = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            documented += 1;
            let (.., permitted) = MATRIX.iter().find(|(m, p, _)| m.to_lowercase() == *method && p == path).unwrap();
            let roles = permitted.iter().map(|role| format!("Keyferry.{role}"));
            assert_eq!(operation["x-roles"], json!(roles.collect::<Vec<_>>()), "{method} {path}");
            assert_eq!(operation["security"][0], json!({"bearer": []}), "{method} {path}");
        }
    }
    assert_eq!(documented, MATRIX.len());
}

#[tokio::test]
async fn caller_without_read_sees_only_its_own_orders() {
    let api = api(RolesMode::Enforced).await;
    let own = delegated(&api, &["Order"], ADELE);
    let created = api.ask(&own, Method::POST, "/v1/fpr/shipments", order().to_string()).await;
    assert!(created.starts_with("201"), "{created}");
    let shipment = api.world.shipment();
    let by = shipment.requested_by();
    assert_eq!(by.to_string(), format!("{CALLER} for adele@contoso.example ({ADELE})"));
    for (shipments, shows_caller) in [("/v1/fpr/shipments", false), ("/v1/shipments", true)] {
        let path = format!("{shipments}/{}", shipment.id());
        let sees = async |claims: Value| api.ask(&claims, Method::GET, &path, String::new()).await;
        let details = sees(own.clone()).await;
        assert!(details.starts_with("200"), "{details}");
        assert_eq!(details.contains(&format!("\"object_id\": \"{ADELE}\"")), shows_caller, "{details}");
        for other in
            [application(&api, &["Order"]), delegated(&api, &["Order"], "0a1b0000-0000-4000-8000-000000000002")]
        {
            // The same response as for a shipment that does not exist.
            let answer = sees(other).await;
            assert!(answer.starts_with("404") && answer.contains("Could not find shipment"), "{answer}");
        }
        for reader in ["Read", "Operate", "Pin", "Audit"] {
            assert!(sees(application(&api, &[reader])).await.starts_with("200"), "{reader}");
        }
    }
}

#[tokio::test]
async fn open_order_is_named_only_to_callers_who_see_it() {
    let mut api = api(RolesMode::Enforced).await;
    let authentication = api.world.state.authentication.clone();
    api.world = World::with(|settings| settings.one_open_order_per_user = true);
    api.world.state.authentication = authentication;
    let post = async |claims: &Value| api.ask(claims, Method::POST, "/v1/fpr/shipments", order().to_string()).await;
    let own = delegated(&api, &["Order"], ADELE);
    assert!(post(&own).await.starts_with("201"));
    let id = api.world.shipment().phase().delivery_id().unwrap().to_string();
    for (claims, named) in [
        (own, true),
        (application(&api, &["Order", "Read"]), true),
        (application(&api, &["Order"]), false),
        (delegated(&api, &["Order"], "0a1b0000-0000-4000-8000-000000000002"), false),
    ] {
        let answer = post(&claims).await;
        assert!(answer.starts_with("409") && answer.contains("already has an open order"), "{answer}");
        assert_eq!(answer.contains(&id), named, "{answer}");
        assert_eq!(answer.contains("\"shipment_id\""), named, "{answer}");
        assert!(named || !answer.contains(&api.world.shipment().id().to_string()), "{answer}");
    }
}

#[tokio::test]
async fn reads_of_details_are_logged_with_the_caller() {
    let api = api(RolesMode::Enforced).await;
    let own = delegated(&api, &["Order"], ADELE);
    assert!(api.ask(&own, Method::POST, "/v1/fpr/shipments", order().to_string()).await.starts_with("201"));
    let id = api.world.shipment().id();
    let log = Lines::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let path = format!("/v1/shipments/{id}");
    let read = async |claims: Value| api.ask(&claims, Method::GET, &path, String::new()).await;
    assert!(read(own).await.starts_with("200"));
    assert!(read(application(&api, &["Order"])).await.starts_with("404"));
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("caller read shipment details")).collect();
    let [line] = lines.as_slice() else { panic!("{text}") };
    assert!(line.contains("INFO") && line.contains(&format!("shipment={id}")), "{line}");
    assert!(line.contains(&format!("caller={CALLER} for adele@contoso.example ({ADELE})")), "{line}");
}

/// Captured log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn refusals_name_the_missing_role() {
    let api = api(RolesMode::Enforced).await;
    let cancel = "/v1/shipments/x/cancel".to_owned();
    let answers = [
        api.ask(&application(&api, &["Order"]), Method::POST, &cancel, String::new()).await,
        api.ask(&delegated(&api, &["Order"], ADELE), Method::POST, &cancel, String::new()).await,
        api.ask(&application(&api, &["Admin"]), Method::GET, "/v1/fpr/shipments/x", String::new()).await,
    ];
    insta::assert_snapshot!(answers.join("\n\n"));
}

/// The platform names roles in its header. Without Keyferry's own check, enforced roles still apply.
#[tokio::test]
async fn platform_names_roles_and_users() {
    let mut api = api(RolesMode::Enforced).await;
    api.world.state.authentication.by = Authenticator::Platform;
    // The requests of these tests have the role Operate.
    assert!(api.world.get("/v1/status").await.starts_with("200"));
    assert!(api.world.order(&order()).await.starts_with("403"));
    api.world.state.authentication.roles = RolesMode::DropIn;
    assert!(api.world.order(&order()).await.starts_with("201"));
}
