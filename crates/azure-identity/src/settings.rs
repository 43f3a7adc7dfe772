//! Settings of the app registration, its app credentials and the login service.

use std::path::PathBuf;

use keyferry_http::setting::https_url;
use keyferry_settings::{Secret, parse, secret, setting, settings};
use url::Url;

settings! {
    /// The tenant and the app registration.
    #[derive(Clone, Debug)]
    pub struct AppRegistrationSettings in "Microsoft Entra ID and Graph" {
        /// The Entra tenant in which keys are registered, and whose tokens callers present.
        pub tenant_id: String = setting("AZURE_TENANT_ID", parse::guid)
            .expected("the tenant's GUID")
            .example("11111111-2222-4333-8444-555555555555")
            .required()
            .status(),

        /// The connector's own app registration.
        pub client_id: String = setting("ENTRA_FIDO_API_CLIENT_ID", parse::guid)
            .expected("the app registration's client id, a GUID")
            .example("0c0ffee0-0000-4000-8000-000000000001")
            .required()
            .status(),
    }
}

settings! {
    /// App credential `secret`.
    #[derive(Clone, Debug)]
    pub struct ClientSecretSettings in "Microsoft Entra ID and Graph" {
        /// The connector's client secret. Read anew when the token endpoint refuses it, so a rotated one needs no restart.
        pub client_secret: Option<Secret> = secret("ENTRA_FIDO_API_CLIENT_SECRET")
            .otherwise("in the vault; required without one")
            .expected("the client secret's value (not its id)"),
    }
}

settings! {
    /// Which app credential the app registration uses.
    #[derive(Clone, Debug)]
    pub struct AppCredentialKindSettings in "Microsoft Entra ID and Graph" {
        /// How the app registration shows who it is. `certificate`: by `KEYFERRY_CLIENT_CERTIFICATE`. `managed-identity`: by the
        /// user-assigned identity of `AZURE_CLIENT_ID`, which the registration trusts as a federated credential. `workload-identity`: by
        /// the token in `AZURE_FEDERATED_TOKEN_FILE`, whose issuer it trusts. Only `secret` needs a client secret.
        pub kind: AppCredentialKind = setting("KEYFERRY_ENTRA_CREDENTIAL", app_credential_kind)
            .default("secret")
            .expected("`secret`, `certificate`, `managed-identity` or `workload-identity`")
            .example("managed-identity"),
    }
}

/// The kinds of app credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppCredentialKind {
    /// A client secret: [`ClientSecretSettings`].
    Secret,
    /// A certificate: [`ClientCertificateSettings`].
    Certificate,
    /// A managed identity that the registration trusts: [`TokenExchangeSettings`] and [`ManagedIdentitySettings`].
    ManagedIdentity,
    /// A token of the platform: [`WorkloadIdentitySettings`].
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
    /// App credential `certificate`.
    #[derive(Clone, Debug)]
    pub struct ClientCertificateSettings in "Microsoft Entra ID and Graph" {
        /// Signs the connector's assertions (PS256) when `KEYFERRY_ENTRA_CREDENTIAL` is `certificate`; the registration knows the
        /// certificate. Read anew for each token; an end that comes near is warned of.
        pub client_certificate: Option<Secret> = secret("KEYFERRY_CLIENT_CERTIFICATE")
            .expected("a certificate with its RSA private key, both PEM"),
    }
}

settings! {
    /// App credential `workload-identity`.
    #[derive(Clone, Debug)]
    pub struct WorkloadIdentitySettings in "Microsoft Entra ID and Graph" {
        /// The token of this workload, as Kubernetes puts it there and renews it; needed when `KEYFERRY_ENTRA_CREDENTIAL` is
        /// `workload-identity`. Read anew for each token.
        pub token_file: PathBuf = setting("AZURE_FEDERATED_TOKEN_FILE", parse::path)
            .expected("a path")
            .example("/var/run/secrets/azure/tokens/azure-identity-token"),
    }
}

settings! {
    /// App credential `managed-identity`, beside the identity itself.
    #[derive(Clone, Debug)]
    pub struct TokenExchangeSettings in "Microsoft Entra ID and Graph" {
        /// Audience of the federated credential. `KEYFERRY_CLOUD` decides it when it is not set.
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
        /// Microsoft's cloud: what the next two settings are when they are not given. What works where: [national
        /// clouds](../how-to/national-clouds.md).
        pub cloud: &'static str = setting("KEYFERRY_CLOUD", |text| {
                let clouds = ["global", "us-gov", "us-gov-dod", "china"].map(|cloud| (cloud, cloud));
                parse::choice(text, &clouds)
            })
            .default("global")
            .expected("`global`, `us-gov`, `us-gov-dod` or `china`")
            .example("us-gov"),

        /// Token endpoint's host; the one to change for national clouds.
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
    /// The managed identity of the platform.
    #[derive(Clone, Debug)]
    pub struct ManagedIdentitySettings in "Azure stores" {
        /// Client id of a user-assigned managed identity. Not set: the system-assigned one.
        pub client_id: Option<String> = setting("AZURE_CLIENT_ID", parse::guid)
            .expected("a client id, a GUID")
            .example("0c0ffee0-0000-4000-8000-000000000003"),
    }
}
