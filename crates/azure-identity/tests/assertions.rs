//! Certificates and token files, valid and with typical mistakes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AppCredentialExpiries, ClientCertificate, FederatedToken, TokenSource};
use keyferry_domain::{Clock, Failure, SecretBytes, Timestamp};
use keyferry_http::SecretSource;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Text(String);

#[async_trait]
impl SecretSource for Text {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.clone().into_bytes()))
    }
}

fn certificate(key: &KeyPair) -> String {
    let mut params = CertificateParams::default();
    params.not_after = date_time_ymd(2999, 1, 1);
    params.self_signed(key).unwrap().pem()
}

fn source(text: &str) -> ClientCertificate {
    let endpoint = "https://login.example/t/oauth2/v2.0/token".parse().unwrap();
    let text = Arc::new(Text(text.to_owned()));
    ClientCertificate::new(text, "CERT", "client", endpoint, Arc::new(FixedClock), AppCredentialExpiries::default())
}

#[tokio::test]
async fn rejects_unusable_certificates_and_keys() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let elliptic = KeyPair::generate().unwrap();
    let (pem, secret) = (certificate(&key), key.serialize_pem());
    for (text, expected) in [
        (String::new(), "contains no certificate"),
        ("hello".to_owned(), "contains no certificate"),
        (pem.clone(), "contains no private key"),
        (secret.clone(), "contains no certificate"),
        (format!("{}{secret}", certificate(&elliptic)), "belongs to another certificate"),
        (format!("{}{}", certificate(&elliptic), elliptic.serialize_pem()), "is not an RSA key"),
        ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n".to_owned(), "is not valid PEM"),
    ] {
        let error = source(&text).token().await.unwrap_err().to_string();
        assert!(error.contains("the client certificate CERT") && error.contains(expected), "{error}");
    }
    // Certificate and key may be in either order.
    source(&format!("{secret}{pem}")).token().await.unwrap();
}

#[tokio::test]
async fn creates_a_new_assertion_each_time() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let source = source(&format!("{}{}", certificate(&key), key.serialize_pem()));
    let (first, second) = (source.token().await.unwrap(), source.token().await.unwrap());
    assert_ne!(first.expose(), second.expose());
}

#[tokio::test]
async fn reads_token_file_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let source = FederatedToken::in_file(&file);
    let error = source.token().await.unwrap_err().to_string();
    assert!(error.contains("AZURE_FEDERATED_TOKEN_FILE") && error.contains("cannot be read"), "{error}");
    for text in ["first\n", "second"] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(source.token().await.unwrap().expose(), text.trim());
    }
    std::fs::write(&file, "x".repeat(65_537)).unwrap();
    assert!(source.token().await.unwrap_err().to_string().contains("65537 bytes"));
}
