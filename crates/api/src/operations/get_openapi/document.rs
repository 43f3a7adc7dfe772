//! The OpenAPI document: title, tags, security, and its form as JSON.

use utoipa::openapi::security::{ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::kit::problem::{ErrorBody, ErrorCode};

/// The document as indented JSON with a line end.
pub(crate) fn to_json(document: &utoipa::openapi::OpenApi) -> String {
    let mut json = document.to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

/// The document without paths: the operations bring theirs.
pub(crate) fn without_paths() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyferry",
        description = "Orders security keys that arrive registered, and tells how they fare. Paths under `/v1` are \
                       those of the integration guide for pre-registered keys; `details`, `resolve` and the header \
                       `Idempotency-Key` are additions.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact(name = "The administrator of this deployment")
    ),
    servers((url = "/", description = "This connector")),
    tags(
        (name = "status", description = "Whether it works and how it is set"),
        (name = "shipments", description = "Orders of keys"),
        (name = "operations", description = "What an operator asks for by hand")
    ),
    components(schemas(ErrorBody, ErrorCode)),
    security(("bearer" = []), ("client_credentials" = [])),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token of the tenant for this API, version 1 or 2, of an allowed application."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let flow = ClientCredentials::new(
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
            Scopes::one(
                "api://fido-connector-api.contoso.onmicrosoft.com/.default",
                "Everything that the calling application may do",
            ),
        );
        let oauth = OAuth2::with_description(
            [Flow::ClientCredentials(flow)],
            "The client credentials of an allowed application (the guide, section 7); the tenant and its domain are examples.",
        );
        components.add_security_scheme("client_credentials", SecurityScheme::OAuth2(oauth));
    }
}
