use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use serde_json::{Value, json};

use super::signing::components;
use crate::ground::directory::{Certificate, TENANT_ID};
use crate::testing::{Bench, CONNECTOR, read};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const EXCHANGE: &str = "api://AzureADTokenExchange";
const IDENTITY: &str = "0c0ffee0-0000-4000-8000-000000000006";

type Pair = aws_lc_rs::rsa::KeyPair;

fn sign(pair: &Pair, encoding: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Requests a token with an assertion. Returns `appidacr` of the token, or the AADSTS code.
async fn exchange(bench: &Bench, assertion: &str) -> Result<String, u64> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", CONNECTOR.0),
        ("client_assertion_type", KIND),
        ("client_assertion", assertion),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let body: Value = bench.token_answer(&TENANT_ID.to_string(), &form).await.json().await.unwrap();
    match body["access_token"].as_str() {
        None => Err(body["error_codes"][0].as_u64().unwrap()),
        Some(token) => {
            let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
            let claims: Value = serde_json::from_slice(&claims).unwrap();
            Ok(claims["appidacr"].as_str().unwrap().to_owned())
        }
    }
}

async fn change(bench: &Bench, change: Value) -> u16 {
    bench.patch(&format!("control/apps/{}", CONNECTOR.0), &change).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn accepts_assertions_signed_with_a_certificate() {
    let bench = Bench::start().await;
    let pair = Pair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8 = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let key = KeyPair::try_from(pkcs8.as_ref()).unwrap();
    assert!(!key.der_bytes().is_empty());
    let pem = CertificateParams::default().self_signed(&key).unwrap().pem();
    let thumbprint = Certificate::read(&pem).unwrap().thumbprint;
    assert_eq!(change(&bench, json!({ "certificates": [pem] })).await, 204);
    assert_eq!(change(&bench, json!({ "certificates": ["no PEM"] })).await, 400);

    let (_, clock) = read(bench.get("control/clock")).await;
    let now = chrono::DateTime::parse_from_rfc3339(clock["tokens"].as_str().unwrap()).unwrap().timestamp();
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint });
    let good = json!({
        "aud": bench.url(&format!("{TENANT_ID}/oauth2/v2.0/token")), "iss": CONNECTOR.0, "sub": CONNECTOR.0,
        "jti": "1", "nbf": now, "iat": now, "exp": now + 300,
    });
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let pss = |claims: &Value| sign(&pair, &RSA_PSS_SHA256, &header, claims);
    assert_eq!(exchange(&bench, &pss(&good)).await.as_deref(), Ok("2"));
    let rs256 = json!({ "alg": "RS256", "typ": "JWT", "x5t#S256": thumbprint });
    assert_eq!(exchange(&bench, &sign(&pair, &RSA_PKCS1_SHA256, &rs256, &good)).await.as_deref(), Ok("2"));

    assert_eq!(exchange(&bench, &pss(&with("aud", json!("https://other.example")))).await, Err(700_023));
    assert_eq!(exchange(&bench, &pss(&with("sub", json!("other")))).await, Err(700_021));
    assert_eq!(exchange(&bench, &pss(&with("exp", json!(now - 400)))).await, Err(700_024));
    assert_eq!(exchange(&bench, &pss(&with("nbf", json!(now + 400)))).await, Err(700_024));
    assert_eq!(exchange(&bench, &pss(&with("jti", Value::Null))).await, Err(50_027));
    assert_eq!(exchange(&bench, "no.jwt").await, Err(50_027));
    let other = Pair::generate(KeySize::Rsa2048).unwrap();
    assert_eq!(exchange(&bench, &sign(&other, &RSA_PSS_SHA256, &header, &good)).await, Err(700_027));
    let unknown = json!({ "alg": "PS256", "x5t#S256": "other" });
    assert_eq!(exchange(&bench, &sign(&pair, &RSA_PSS_SHA256, &unknown, &good)).await, Err(700_027));
}

#[tokio::test]
async fn accepts_tokens_of_a_federated_issuer() {
    let bench = Bench::start().await;
    let pair = Pair::generate(KeySize::Rsa2048).unwrap();
    let (n, e) = components(&pair);
    let encode = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let jwks = json!({ "keys": [{ "kty": "RSA", "kid": "k", "n": encode(n), "e": encode(e) }] });
    let issuer = "https://oidc.cluster.example/";
    let subject = "system:serviceaccount:keys:keyferry";
    let credential = json!({ "issuer": issuer, "subject": subject, "audience": EXCHANGE, "jwks": jwks });
    assert_eq!(change(&bench, json!({ "federated_credentials": [credential] })).await, 204);

    let header = json!({ "alg": "RS256", "kid": "k" });
    let good = json!({ "iss": issuer, "sub": subject, "aud": EXCHANGE, "exp": 4_102_444_800_u32 });
    let asked = async |name: &str, value: &str| {
        let mut claims = good.clone();
        claims[name] = json!(value);
        exchange(&bench, &sign(&pair, &RSA_PKCS1_SHA256, &header, &claims)).await
    };
    assert_eq!(asked("sub", subject).await.as_deref(), Ok("2"));
    assert_eq!(asked("iss", "https://oidc.cluster.example").await, Err(700_211));
    assert_eq!(asked("aud", "api://other").await, Err(700_212));
    assert_eq!(asked("sub", "system:serviceaccount:keys:Keyferry").await, Err(700_213));
    let other = Pair::generate(KeySize::Rsa2048).unwrap();
    assert_eq!(exchange(&bench, &sign(&other, &RSA_PKCS1_SHA256, &header, &good)).await, Err(700_027));
}

#[tokio::test]
async fn managed_identity_gets_tokens_and_can_be_federated() {
    let bench = Bench::start().await;
    let ask = |query: &str| {
        bench
            .get(&format!("msi/token?api-version=2019-08-01&{query}"))
            .header("x-identity-header", "sandbox-identity-header")
    };
    let bare = bench.get("msi/token?api-version=2019-08-01&resource=https://vault.azure.net").send().await.unwrap();
    assert_eq!((bare.status().as_u16(), bare.headers().contains_key("x-correlation-id")), (403, true));
    assert_eq!(bare.text().await.unwrap(), "");
    assert_eq!(bench.post("msi/token", &json!({})).send().await.unwrap().status(), 405);
    let (status, body) = read(ask("resource=https://vault.azure.net")).await;
    assert_eq!((status, &body["message"]), (400, &json!("Unable to load the proper Managed Identity.")));

    let (status, body) = read(ask(&format!("resource=https://storage.azure.com&client_id={IDENTITY}"))).await;
    assert_eq!((status, &body["token_type"]), (200, &json!("Bearer")));
    assert!(body["expires_on"].is_string());
    let (_, body) = read(ask(&format!("resource={EXCHANGE}&client_id={IDENTITY}"))).await;
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(exchange(&bench, token).await, Err(700_211), "the app has no federated credential yet");
    let credential = json!({
        "issuer": bench.url(&format!("{TENANT_ID}/v2.0")), "audience": EXCHANGE,
        "subject": "5e000000-0000-4000-8000-000000000006",
    });
    change(&bench, json!({ "federated_credentials": [credential] })).await;
    assert_eq!(exchange(&bench, token).await.as_deref(), Ok("2"));
}

#[tokio::test]
async fn accepts_two_secrets_during_rotation() {
    let bench = Bench::start().await;
    change(&bench, json!({ "secrets": [CONNECTOR.1, "second"] })).await;
    for secret in [CONNECTOR.1, "second"] {
        bench.graph_token((CONNECTOR.0, secret)).await;
    }
}
