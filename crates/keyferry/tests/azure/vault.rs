//! Runs the conformance suite for secrets against the sandbox's vault.

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_conformance::Secrets;
use keyferry_domain::{Failure, SecretStore};
use keyferry_sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use keyferry_store_azure::{VaultSettings, VaultStore};

use keyferry_proof_azurite::{Still, trusting};

/// Token source of the connector's app registration, which has full access to the vault's secrets.
struct App(String);

#[async_trait]
impl TokenSource for App {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "0c0ffee0-0000-4000-8000-000000000001"),
            ("client_secret", "sandbox-connector-secret"),
            ("scope", "https://vault.azure.net/.default"),
        ];
        let url = format!("{}contoso.onmicrosoft.com/oauth2/v2.0/token", self.0);
        let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        Ok(AccessToken::new(answer["access_token"].as_str().unwrap().to_owned()))
    }

    fn invalidate(&self, _: &AccessToken) {}
}

struct Vault(RunningSandbox);

impl Vault {
    async fn serve() -> Option<Self> {
        Some(Self(Sandbox::start(SandboxOptions::ephemeral()).await.unwrap()))
    }
}

#[async_trait]
impl Secrets for Vault {
    async fn secrets(&self) -> Arc<dyn SecretStore> {
        let settings = VaultSettings { endpoint: self.0.vault_url().parse().unwrap(), verify_challenge: false };
        let tokens = Arc::new(App(self.0.base_url().to_string()));
        Arc::new(VaultStore::new(&settings, trusting(&self.0.ca_pem()), tokens, Arc::new(Still)).unwrap())
    }
}

keyferry_conformance::conformance!(Vault::serve().await; secrets);
