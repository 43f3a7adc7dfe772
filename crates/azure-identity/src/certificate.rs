//! Client assertions signed with the private key of a certificate of the app registration
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

/// Lifetime of an assertion in seconds. Short, because the assertion is used at once.
const LIFE: i64 = 300;

/// Label of the app credential in metrics.
const LABEL: &str = "client_certificate";

/// Creates a new assertion for each grant. The certificate is read each time, so that it can be replaced.
pub struct ClientCertificate {
    source: Arc<dyn SecretSource>,
    name: String,
    client_id: String,
    token_endpoint: Url,
    clock: Arc<dyn Clock>,
    expiries: AppCredentialExpiries,
    /// Newest assertion, and the certificate that signed it.
    last: Mutex<Option<(AccessToken, SecretBytes)>>,
}

/// Certificate and its private key.
struct Signer {
    key: KeyPair,
    /// SHA-256 thumbprint of the certificate, base64url without padding.
    thumbprint: String,
    ends: Timestamp,
}

impl ClientCertificate {
    /// Creates the token source. `source` provides certificate and private key, both PEM. Messages show `name`.
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
            return Err(format!("expired at {}. Replace it", signer.ends));
        }
        let now = now.timestamp();
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": signer.thumbprint });
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(|_| "cannot be used: the system provides no random bytes")?;
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
            .map_err(|_| "failed to sign an assertion")?;
        Ok(AccessToken::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl Signer {
    /// Reads the first certificate and the first private key (PKCS #8 or PKCS #1) of the text.
    fn read(text: &[u8]) -> Result<Self, String> {
        let (mut certificate, mut key) = (None, None);
        for pem in Pem::iter_from_buffer(text) {
            let Pem { label, contents } = pem.map_err(|_| "is not valid PEM")?;
            let contents = Zeroizing::new(contents);
            match label.as_str() {
                "CERTIFICATE" if certificate.is_none() => certificate = Some(contents),
                "PRIVATE KEY" | "RSA PRIVATE KEY" if key.is_none() => key = Some(contents),
                _ => {}
            }
        }
        let certificate =
            certificate.ok_or("contains no certificate: expected PEM with CERTIFICATE and PRIVATE KEY")?;
        let key = key.ok_or("contains no private key: expected PEM with CERTIFICATE and PRIVATE KEY")?;
        let key = KeyPair::from_pkcs8(&key)
            .or_else(|_| KeyPair::from_der(&key))
            .map_err(|_| "has a private key that is not an RSA key of at least 2048 bits")?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|_| "has an invalid certificate")?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key().as_ref() {
            return Err("has a private key that belongs to another certificate".to_owned());
        }
        let ends = DateTime::from_timestamp(parsed.validity().not_after.timestamp(), 0);
        let ends = ends.ok_or("has a certificate with an invalid expiry date")?;
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

    /// Makes the source read the certificate again, because it may have been replaced.
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
