//! Verification of client assertions (RFC 7523).
//!
//! An assertion is signed with a certificate of the app, or is a token of a federated issuer.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::claims::issuer_v2;
use super::refusal::Refusal;
use super::resource::{TOKEN_EXCHANGE, TOKEN_EXCHANGE_APP_ID};
use super::state::Entra;
use crate::ground::directory::{App, DOMAIN, Federated, TENANT_ID};

/// Accepted clock difference in seconds.
const LEEWAY: i64 = 300;

/// Parts of a compact JWS.
struct Jws<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    fn parse(jwt: &'a str) -> Option<Self> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signed,
            signature: decode(signature)?,
        })
    }

    fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    /// Returns whether a key of the JWK set signed the token with RS256.
    fn is_signed_by(&self, jwks: &Value) -> bool {
        let keys = jwks["keys"].as_array().into_iter().flatten();
        let bytes = |key: &Value, name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).ok();
        self.header["alg"] == "RS256"
            && keys.filter(|key| key["kid"] == self.header["kid"]).any(|key| {
                let (Some(n), Some(e)) = (bytes(key, "n"), bytes(key, "e")) else { return false };
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature).is_ok()
            })
    }
}

/// Checks that the assertion authenticates the caller as `client`.
///
/// # Errors
/// Returns the reason if the type, the signature, the time or a claim of the assertion is invalid.
pub(super) fn check(entra: &Entra, client: &App, kind: &str, jwt: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return Err(Refusal::AssertionKind { kind: kind.to_owned() });
    }
    let jws = Jws::parse(jwt).ok_or(Refusal::AssertionMalformed)?;
    let own = client.id.to_string();
    if jws.text("iss") == own {
        by_certificate(entra, client, &jws)?;
    } else {
        federated(entra, client, &jws, jwt)?;
    }
    let now = now.timestamp();
    let starts = jws.claims["nbf"].as_i64().or(jws.claims["iat"].as_i64()).unwrap_or(now);
    match jws.claims["exp"].as_i64() {
        Some(ends) if ends + LEEWAY > now && starts - LEEWAY <= now => Ok(()),
        _ => Err(Refusal::AssertionTime),
    }
}

/// Checks an assertion that is signed with a certificate of the app.
fn by_certificate(entra: &Entra, client: &App, jws: &Jws<'_>) -> Result<(), Refusal> {
    let thumbprint = jws.header["x5t#S256"].as_str().unwrap_or_default();
    let certificate = client.certificates.iter().find(|one| one.thumbprint == thumbprint);
    let certificate = certificate.ok_or(Refusal::AssertionSignature)?;
    let algorithm = match jws.header["alg"].as_str() {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Refusal::AssertionSignature),
    };
    UnparsedPublicKey::new(algorithm, &certificate.public_key)
        .verify(jws.signed.as_bytes(), &jws.signature)
        .map_err(|_| Refusal::AssertionSignature)?;
    if jws.text("sub") != client.id.to_string() {
        return Err(Refusal::AssertionClient);
    }
    let ours = [TENANT_ID.to_string(), DOMAIN.to_owned()]
        .map(|tenant| entra.facts.url(&format!("{tenant}/oauth2/v2.0/token")));
    // The id lets a server detect a replay. Without it the assertion is refused.
    if jws.text("jti").is_empty() {
        return Err(Refusal::AssertionMalformed);
    }
    if ours.iter().any(|ours| ours == jws.text("aud")) { Ok(()) } else { Err(Refusal::AssertionAudience) }
}

/// Checks a token of a federated issuer.
fn federated(entra: &Entra, client: &App, jws: &Jws<'_>, jwt: &str) -> Result<(), Refusal> {
    let (issuer, audience, subject) = (jws.text("iss"), jws.text("aud"), jws.text("sub"));
    let of_issuer: Vec<&Federated> = client.federated.iter().filter(|one| one.issuer == issuer).collect();
    if of_issuer.is_empty() {
        return Err(Refusal::NoFederatedIssuer { issuer: issuer.to_owned() });
    }
    let is_exchange =
        |name: &str| name == TOKEN_EXCHANGE || Uuid::parse_str(name).is_ok_and(|id| id == TOKEN_EXCHANGE_APP_ID);
    let fits = |one: &&&Federated| one.audience == audience || (is_exchange(&one.audience) && is_exchange(audience));
    let of_audience: Vec<&&Federated> = of_issuer.iter().filter(fits).collect();
    if of_audience.is_empty() {
        return Err(Refusal::NoFederatedAudience { audience: audience.to_owned() });
    }
    // Entra compares subjects case-sensitively.
    let found = of_audience.into_iter().find(|one| one.subject == subject);
    let found = found.ok_or_else(|| Refusal::NoFederatedSubject { subject: subject.to_owned() })?;
    let signed = match &found.jwks {
        Some(jwks) => jws.is_signed_by(jwks),
        None => issuer == issuer_v2(&entra.facts) && entra.keys.verify(jwt).is_ok(),
    };
    if signed { Ok(()) } else { Err(Refusal::AssertionSignature) }
}
