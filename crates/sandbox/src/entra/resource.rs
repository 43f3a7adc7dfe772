//! Resources that tokens can be requested for.

use uuid::Uuid;

use crate::ground::facts::Facts;

/// App id of Microsoft Graph.
pub(crate) const GRAPH_APP_ID: Uuid = Uuid::from_u128(0x0000_0003_0000_0000_c000_0000_0000_0000);
/// Audience of tokens for Key Vault.
pub(crate) const VAULT_AUDIENCE: &str = "https://vault.azure.net";
/// Audience of tokens for Azure Resource Manager, which the policies of Logic Apps accept.
pub(crate) const MANAGEMENT_AUDIENCE: &str = "https://management.azure.com";
const MANAGEMENT_APP_ID: Uuid = Uuid::from_u128(0x797f_4846_ba00_4fd7_ba43_dac1_f8f6_3013);
const STORAGE_APP_ID: Uuid = Uuid::from_u128(0xe406_a681_f3d4_42a8_90b6_c2b0_2949_7af1);
const VAULT_APP_ID: Uuid = Uuid::from_u128(0xcfa8_b339_82a2_471a_a3c9_0fc0_be7a_4093);
/// Audience of tokens that replace a client secret (workload identity federation): URI and app id.
pub(super) const TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";
pub(super) const TOKEN_EXCHANGE_APP_ID: Uuid = Uuid::from_u128(0xfb60_f99c_7a34_4190_8149_302f_7746_9936);

/// Resource of a token request.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// App id of the resource.
    pub(super) app_id: Uuid,
    /// Name of the resource in the scope.
    pub(super) requested: String,
    /// Application permissions of the client on the resource.
    pub(super) roles: Vec<String>,
    /// `requestedAccessTokenVersion` of the resource.
    pub(super) version: u8,
}

/// Returns an Azure resource: storage, Key Vault, Azure Resource Manager, or the token exchange of managed identities.
pub(super) fn azure(requested: &str) -> Option<Resource> {
    let (app_id, version) = match requested.trim_end_matches('/') {
        "https://storage.azure.com" => (STORAGE_APP_ID, 1),
        VAULT_AUDIENCE => (VAULT_APP_ID, 1),
        MANAGEMENT_AUDIENCE => (MANAGEMENT_APP_ID, 1),
        TOKEN_EXCHANGE => (TOKEN_EXCHANGE_APP_ID, 2),
        _ => return None,
    };
    Some(Resource { app_id, requested: requested.to_owned(), roles: Vec::new(), version })
}

/// Returns whether `audience` is Graph: its public URL, its app id, or the sandbox's base URL.
pub(crate) fn is_graph(facts: &Facts, audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    audience == "https://graph.microsoft.com"
        || audience == GRAPH_APP_ID.to_string()
        || audience == facts.base_url.as_str().trim_end_matches('/')
}
