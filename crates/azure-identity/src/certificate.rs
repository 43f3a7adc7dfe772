//! Client assertions signed with the key of a certificate that the app registration knows
//! (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, SecretBytes, Timestamp};
use keyferry_http::SecretSource;
use serde_json::json;
use url::Url;
use x509_parser::pem::Pem;
use zeroize::Zeroizing;

use crate::expiries::AppCredentialExpiries;
use crate::failures::FAILURES;
use crate::token::{AccessToken, TokenSource};

/// Seconds. The token endpoint sees an assertion at once.
const LIFE: i64 = 300;

/// How metrics call it.
const LABEL: &str = "client_certificate";

/// A fresh assertion for each grant, signed with the certificate as it is then.
pub struct ClientCertificate {
    source: Arc<dyn SecretSource>,
    name: String,
    client_id: String,
    token_endpoint: Url,
    clock: Arc<dyn Clock>,
    expiries: AppCredentialExpiries,
    /// The newest assertion, and what signed it.
    last: Mutex<Option<(AccessToken, SecretBytes)>>,
}

/// A certificate with its key.
struct Signer {
    key: KeyPair,
    /// Of the certificate, SHA-256, base64url without padding.
    thumbprint: String,
    ends: Timestamp,
}

impl ClientCertificate {
    /// `source` gives the certificate and its private key, both PEM; `name` is what messages call it.
    pub fn new(
        source: Arc<dyn SecretSource>,
        name: impl Into<String>,
        client_id: impl Into<String>,
        token_endpoint: Url,
        clock: Arc<dyn Clock>,
        expiries: AppCredentialExpiries,
    ) -> Self {
        let (name, client_id) = (name.into(), client_id.into());
        Self { source, name, client_id, token_endpoint, clock, expiries, last: Mutex::default() }
    }

    fn sign(&self, pem: &SecretBytes) -> Result<AccessToken, String> {
        let signer = Signer::read(pem.expose())?;
        let now = self.clock.now();
        self.expiries.note(LABEL, &self.name, Some(signer.ends), now);
        if signer.ends <= now {
            return Err(format!("has ended at {}: put a new one in its place", signer.ends));
        }
        let now = now.timestamp();
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": signer.thumbprint });
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(|_| "cannot be used: the system gives no random bytes")?;
        let claims = json!({
            "aud": self.token_endpoint.as_str(), "iss": self.client_id, "sub": self.client_id,
            "jti": URL_SAFE_NO_PAD.encode(id), "nbf": now, "iat": now, "exp": now + LIFE,
        });
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; signer.key.public_modulus_len()];
        signer
            .key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| "cannot be signed with")?;
        Ok(AccessToken::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl Signer {
    /// The first certificate and the first private key (PKCS #8 or PKCS #1) of the text.
    fn read(text: &[u8]) -> Result<Self, String> {
        let (mut certificate, mut key) = (None, None);
        for pem in Pem::iter_from_buffer(text) {
            let Pem { label, contents } = pem.map_err(|_| "is no PEM text")?;
            let contents = Zeroizing::new(contents);
            match label.as_str() {
                "CERTIFICATE" if certificate.is_none() => certificate = Some(contents),
                "PRIVATE KEY" | "RSA PRIVATE KEY" if key.is_none() => key = Some(contents),
                _ => {}
            }
        }
        let certificate =
            certificate.ok_or("has no certificate in it: expected PEM with CERTIFICATE and PRIVATE KEY")?;
        let key = key.ok_or("has no private key in it: expected PEM with CERTIFICATE and PRIVATE KEY")?;
        let key = KeyPair::from_pkcs8(&key)
            .or_else(|_| KeyPair::from_der(&key))
            .map_err(|_| "has a private key that is no RSA key of 2048 bits or more")?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|_| "has a certificate that cannot be read")?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key().as_ref() {
            return Err("has a private key that belongs to another certificate".to_owned());
        }
        let ends = DateTime::from_timestamp(parsed.validity().not_after.timestamp(), 0);
        let ends = ends.ok_or("has a certificate with an end that is no time")?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate));
        Ok(Self { key, thumbprint, ends })
    }
}

#[async_trait]
impl TokenSource for ClientCertificate {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let pem = self.source.secret().await?;
        let token = self.sign(&pem).map_err(|what| {
            let message = format!("the client certificate {} {what}", self.name);
            let kind = FailureKind::Found("certificate-unusable");
            Failure::new(&FAILURES, Operation::AcquireToken, kind, message)
        })?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), pem));
        Ok(token)
    }

    /// The certificate may have been replaced: it is read anew.
    fn invalidate(&self, refused: &AccessToken) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, pem)) = &*last
            && token.is_same(refused)
        {
            self.source.refused(pem);
        }
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("name", &self.name).finish_non_exhaustive()
    }
}
