//! OpenAPI document: title, tags, security, and serialization to JSON.

use keyferry_access::Operation;
use utoipa::openapi::PathItem;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation as PathOperation;
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::{Modify, OpenApi};

use super::examples::add_examples;
use crate::kit::problem::ErrorBody;
use crate::kit::schemas;

/// Returns the document with roles and examples, as indented JSON with a trailing line feed.
pub(crate) fn to_json(mut document: utoipa::openapi::OpenApi) -> String {
    add_roles(&mut document);
    add_examples(&mut document);
    // Serialising cannot fail: all keys of maps are strings. The golden test would show an empty document.
    let mut json = document.to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

/// Adds to each operation the roles of which a caller needs one.
///
/// The roles are those of [`Operation`], so that the document cannot promise other ones.
fn add_roles(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in methods(item) {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            let Some(guarded) = by_id(id) else { continue };
            let roles: Vec<_> = guarded.roles().iter().map(|role| role.as_str()).collect();
            // Both schemes describe the same token, so one of them suffices.
            let required = [("bearer", &[][..]), ("client_credentials", &[SCOPE][..])];
            operation.security = Some(
                required.into_iter().map(|(name, scopes)| SecurityRequirement::new(name, scopes.to_vec())).collect(),
            );
            // Roles are not scopes: a token for the scope contains all roles that the application has.
            let extension = Extensions::builder().add(ROLES, roles.clone()).build();
            operation.extensions.get_or_insert_default().merge(extension);
            let open = if guarded.is_open_in_drop_in() { ", or none with `KEYFERRY_ROLES=drop-in`" } else { "" };
            let description = operation.description.take().unwrap_or_default();
            operation.description = Some(format!("{description}\n\nRoles: one of `{}`{open}.", roles.join("`, `")));
        }
    }
}

/// Returns the operations of a path. The API uses no other method.
fn methods(item: &mut PathItem) -> impl Iterator<Item = &mut PathOperation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// Scope that an application requests.
const SCOPE: &str = "api://fido-connector-api.contoso.onmicrosoft.com/.default";

/// Extension of an operation: the roles of which a caller needs one.
const ROLES: &str = "x-roles";

/// Returns the operation with this `operationId`. Some ids start with the method, because two methods are possible.
fn by_id(id: &str) -> Option<Operation> {
    Some(match id {
        "abandon_shipment" => Operation::AbandonShipment,
        "act_on_shipments" => Operation::ActOnShipments,
        "adopt_shipment" => Operation::AdoptShipment,
        "cancel_shipment" => Operation::CancelShipment,
        "check_orders" => Operation::CheckOrders,
        "count_shipments" => Operation::CountShipments,
        "create_shipment" => Operation::CreateShipment,
        "get_details" => Operation::GetDetails,
        "get_events" => Operation::GetEvents,
        "get_person" => Operation::GetPerson,
        "get_report" => Operation::GetReport,
        "get_shipment" => Operation::GetShipment,
        "get_status" => Operation::GetStatus,
        "give_address" => Operation::GiveAddress,
        "list_countries" => Operation::ListCountries,
        "list_events" => Operation::ListEvents,
        "list_products" => Operation::ListProducts,
        "list_shipments" => Operation::ListShipments,
        "get_process_shipments" | "post_process_shipments" => Operation::ProcessShipments,
        "get_resend_pin" | "post_resend_pin" | "resend_shipment_pin" => Operation::ResendPin,
        "list_webhooks" | "get_webhook" | "list_deliveries" => Operation::ListWebhooks,
        "create_webhook"
        | "change_webhook"
        | "delete_webhook"
        | "rotate_webhook_secret"
        | "test_webhook"
        | "replay_deliveries" => Operation::ManageWebhooks,
        "print_pin" => Operation::PrintPin,
        "queue_order" => Operation::QueueOrder,
        "lose_key" => Operation::LoseKey,
        "return_key" => Operation::ReturnKey,
        "offboard_person" => Operation::OffboardPerson,
        "reconcile" => Operation::Reconcile,
        "replace_shipment" => Operation::ReplaceShipment,
        "cancel_batch" => Operation::CancelBatch,
        "change_batch_row" => Operation::ChangeBatchRow,
        "check_batch" => Operation::CheckBatch,
        "create_batch" => Operation::CreateBatch,
        "get_batch" => Operation::GetBatch,
        "get_batch_result" => Operation::GetBatchResult,
        "get_batch_template" => Operation::GetBatchTemplate,
        "list_batch_rows" => Operation::ListBatchRows,
        "list_batches" => Operation::ListBatches,
        "pause_batch" => Operation::PauseBatch,
        "resume_batch" => Operation::ResumeBatch,
        "submit_batch" => Operation::SubmitBatch,
        "resolve_shipment" => Operation::ResolveShipment,
        "retry_shipment" => Operation::RetryShipment,
        "list_methods" => Operation::ListMethods,
        "revoke_method" => Operation::RevokeMethod,
        _ => return None,
    })
}

/// Returns the document without paths. Each operation adds its own.
pub(crate) fn without_paths() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyferry",
        description = "Orders pre-registered security keys and tracks their shipments. Paths under `/v1/fpr`, \
                       `/v1/operations` and `/v1/status` are those of the integration guide for pre-registered keys. \
                       All other paths, the POST form of `resend-pin` and `process-shipments`, and the header \
                       `Idempotency-Key` are additions.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact(name = "The administrator of this deployment")
    ),
    servers((url = "/", description = "This connector")),
    tags(
        (name = "status", description = "Availability and settings of the connector"),
        (name = "shipments", description = "Shipments of security keys"),
        (name = "orders", description = "Orders that wait for their turn, their check, and what can be ordered"),
        (name = "batches", description = "Many orders from one file, checked and submitted together"),
        (name = "events", description = "News for front ends: events of all shipments, and webhooks"),
        (name = "operations", description = "Operations that an operator starts manually")
    ),
    components(schemas(
        ErrorBody,
        schemas::ObstacleFilter,
        schemas::OnlyTrue,
        schemas::ReportGroup,
        schemas::ShipmentOrder
    )),
    modifiers(&Security)
)]
struct Document;

/// Adds the two security schemes: a bearer token, and how an application obtains it. Tools use the second one to
/// request a token; both describe the same token.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "Access token (version 1 or 2) for this API, issued by the tenant to an application that is allowed to \
                 call it.",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let flow = ClientCredentials::new(
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
            Scopes::one(SCOPE, "All permissions granted to the calling application"),
        );
        let oauth = OAuth2::with_description(
            [Flow::ClientCredentials(flow)],
            "Client credentials of an application that is allowed to call this API (guide, section 7). Tenant and \
             domain are examples.",
        );
        components.add_security_scheme("client_credentials", SecurityScheme::OAuth2(oauth));
    }
}
