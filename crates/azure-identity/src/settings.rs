//! Settings of the app registration, its app credentials and the login service.

use std::path::PathBuf;

use keyferry_http::setting::https_url;
use keyferry_settings::{Secret, parse, secret, setting, settings};
use url::Url;

settings! {
    /// Tenant and app registration.
    #[derive(Clone, Debug)]
    pub struct AppRegistrationSettings in "Microsoft Entra ID and Graph" {
        /// Entra tenant in which keys are registered. It also issues the callers' tokens.
        pub tenant_id: String = setting("AZURE_TENANT_ID", parse::guid)
            .expected("the tenant's GUID")
            .example("11111111-2222-4333-8444-555555555555")
            .required()
            .status(),

        /// Client id of the connector's app registration.
        pub client_id: String = setting("ENTRA_FIDO_API_CLIENT_ID", parse::guid)
            .expected("the app registration's client id, a GUID")
            .example("0c0ffee0-0000-4000-8000-000000000001")
            .required()
            .status(),
    }
}

settings! {
    /// Settings of the app credential `secret`.
    #[derive(Clone, Debug)]
    pub struct ClientSecretSettings in "Microsoft Entra ID and Graph" {
        /// Client secret of the app registration. It is read again when the token endpoint refuses it, so rotation
        /// needs no restart.
        pub client_secret: Option<Secret> = secret("ENTRA_FIDO_API_CLIENT_SECRET")
            .otherwise("in the vault; required without one")
            .expected("the client secret's value (not its id)"),
    }
}

settings! {
    /// Kind of app credential.
    #[derive(Clone, Debug)]
    pub struct AppCredentialKindSettings in "Microsoft Entra ID and Graph" {
        /// App credential by which the app registration authenticates. `secret`: `ENTRA_FIDO_API_CLIENT_SECRET`.
        /// `certificate`: `KEYFERRY_CLIENT_CERTIFICATE`. `managed-identity`: the user-assigned identity of
        /// `AZURE_CLIENT_ID`, which must be a federated credential of the registration. `workload-identity`: the token
        /// in `AZURE_FEDERATED_TOKEN_FILE`, whose issuer must be a federated credential of the registration.
        pub kind: AppCredentialKind = setting("KEYFERRY_ENTRA_CREDENTIAL", app_credential_kind)
            .default("secret")
            .expected("`secret`, `certificate`, `managed-identity` or `workload-identity`")
            .example("managed-identity"),
    }
}

/// Kind of app credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppCredentialKind {
    /// Client secret: [`ClientSecretSettings`].
    Secret,
    /// Certificate: [`ClientCertificateSettings`].
    Certificate,
    /// Managed identity that the registration trusts: [`TokenExchangeSettings`] and [`ManagedIdentitySettings`].
    ManagedIdentity,
    /// Token of the platform: [`WorkloadIdentitySettings`].
    WorkloadIdentity,
}

fn app_credential_kind(text: &str) -> Result<AppCredentialKind, keyferry_settings::Invalid> {
    use AppCredentialKind::{Certificate, ManagedIdentity, Secret, WorkloadIdentity};
    let kinds = [
        ("secret", Secret),
        ("certificate", Certificate),
        ("managed-identity", ManagedIdentity),
        ("workload-identity", WorkloadIdentity),
    ];
    parse::choice(text, &kinds)
}

settings! {
    /// Settings of the app credential `certificate`.
    #[derive(Clone, Debug)]
    pub struct ClientCertificateSettings in "Microsoft Entra ID and Graph" {
        /// Certificate of the app registration, with its private key. Signs the connector's assertions (PS256) if
        /// `KEYFERRY_ENTRA_CREDENTIAL` is `certificate`. It is read again for each token. The connector warns before it
        /// expires.
        pub client_certificate: Option<Secret> = secret("KEYFERRY_CLIENT_CERTIFICATE")
            .expected("a certificate with its RSA private key, both PEM"),
    }
}

settings! {
    /// Settings of the app credential `workload-identity`.
    #[derive(Clone, Debug)]
    pub struct WorkloadIdentitySettings in "Microsoft Entra ID and Graph" {
        /// File with the token of this workload, which Kubernetes writes and renews. Required if
        /// `KEYFERRY_ENTRA_CREDENTIAL` is `workload-identity`. It is read again for each token.
        pub token_file: PathBuf = setting("AZURE_FEDERATED_TOKEN_FILE", parse::path)
            .expected("a path")
            .example("/var/run/secrets/azure/tokens/azure-identity-token"),
    }
}

settings! {
    /// Settings of the app credential `managed-identity`, in addition to the identity itself.
    #[derive(Clone, Debug)]
    pub struct TokenExchangeSettings in "Microsoft Entra ID and Graph" {
        /// Audience of the federated credential. Default: depends on `KEYFERRY_CLOUD`.
        pub audience: String = setting("KEYFERRY_TOKEN_EXCHANGE_AUDIENCE", parse::text)
            .default("api://AzureADTokenExchange")
            .default_by("KEYFERRY_CLOUD", &[
                ("us-gov", "api://AzureADTokenExchangeUSGov"),
                ("us-gov-dod", "api://AzureADTokenExchangeUSGov"),
                ("china", "api://AzureADTokenExchangeChina"),
            ])
            .expected("an application id URI")
            .example("api://AzureADTokenExchangeUSGov"),
    }
}

settings! {
    /// Microsoft's cloud (<https://learn.microsoft.com/graph/deployments>) and its login service.
    #[derive(Clone, Debug)]
    pub struct LoginSettings in "Microsoft Entra ID and Graph" {
        /// Microsoft cloud. Sets the defaults of the endpoints of the login service and of Graph. See [national
        /// clouds](../how-to/national-clouds.md) for the limits of each cloud.
        pub cloud: &'static str = setting("KEYFERRY_CLOUD", |text| {
                let clouds = ["global", "us-gov", "us-gov-dod", "china"].map(|cloud| (cloud, cloud));
                parse::choice(text, &clouds)
            })
            .default("global")
            .expected("`global`, `us-gov`, `us-gov-dod` or `china`")
            .example("us-gov"),

        /// Endpoint of the login service. Change it for national clouds.
        pub login_endpoint: Url = setting("MS_Login_Online_Endpoint", https_url)
            .default("https://login.microsoftonline.com")
            .default_by("KEYFERRY_CLOUD", &[
                ("us-gov", "https://login.microsoftonline.us"),
                ("us-gov-dod", "https://login.microsoftonline.us"),
                ("china", "https://login.chinacloudapi.cn"),
            ])
            .expected("an https URL")
            .example("https://login.microsoftonline.us"),
    }
}

settings! {
    /// Managed identity of the platform.
    #[derive(Clone, Debug)]
    pub struct ManagedIdentitySettings in "Azure stores" {
        /// Client id of a user-assigned managed identity. Default: the system-assigned identity.
        pub client_id: Option<String> = setting("AZURE_CLIENT_ID", parse::guid)
            .expected("a client id, a GUID")
            .example("0c0ffee0-0000-4000-8000-000000000003"),
    }
}
