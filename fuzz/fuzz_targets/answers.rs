//! Fuzzes HTTP answers to all outgoing calls: Graph, delivery service, published keys, token endpoint.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use keyferry_azure_identity::{AppCredential, AppTokens, GrantSettings, TokenSource as _};
use keyferry_domain::ports::Preparation;
use keyferry_domain::{
    CredentialId, DeliveryId, DeliveryService as _, Directory as _, Failure, IdentityProvider as _, PinLength,
    Sealer as _, SecretBytes, ShipmentId, UserRef,
};
use keyferry_entra::{Entra, EntraSettings, GraphClients};
use keyferry_fuzz::{CLIENT, Loopback, RUNTIME, TestDoubles, assert_fit, vectors};
use keyferry_yubico::{Delivery, YubicoSettings};
use libfuzzer_sys::fuzz_target;
use url::Url;

static LOOPBACK: LazyLock<Loopback> = LazyLock::new(|| Loopback::start(false));

fn url(path: &str) -> Url {
    Url::parse(&format!("http://127.0.0.1:{}/{path}", LOOPBACK.port)).expect("a URL")
}

fn entra() -> Entra {
    let clients = GraphClients { methods: CLIENT.clone(), directory: CLIENT.clone() };
    Entra::new(EntraSettings::new(url("")), clients, Arc::new(TestDoubles))
}

fn delivery() -> Delivery {
    let settings = YubicoSettings::new(url("v1"), url("sign"), url("transport"));
    Delivery::new(settings, CLIENT.clone(), Arc::new(TestDoubles), Arc::new(TestDoubles), Arc::new(TestDoubles))
        .expect("an adapter")
}

async fn ask(which: u8) -> Option<Failure> {
    let user = UserRef::parse("ada@contoso.example").expect("a user");
    let request = ShipmentId::parse("019e7044-8be8-7101-8101-010101010101").expect("an id");
    let length = PinLength::try_from(6).expect("a length");
    match which % 8 {
        0 => entra().creation_options(&user, Duration::from_secs(1_209_600)).await.err(),
        1 => entra().find(&user, &CredentialId::from_bytes([0xfb; 32])).await.err(),
        2 => entra().account(&user).await.err(),
        3 => entra().entry(&user, true).await.err(),
        4 => delivery().status(&DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ")).await.err(),
        5 => {
            let preparation = Preparation { request, creation_options: vec![], pin_length: length };
            delivery().prepare(&preparation).await.err()
        }
        6 => {
            let key = SecretBytes::new(vectors()["response_key"].to_string().into_bytes());
            let jwe = vectors()["pin_response"]["jwe"].as_str().expect("a message").to_owned();
            delivery().open_pin(request, &key, &jwe, length).await.err()
        }
        _ => {
            let settings = GrantSettings {
                login_endpoint: url(""),
                tenant: "contoso.example".into(),
                client_id: "client".into(),
                resource: "https://graph.microsoft.com".into(),
            };
            let tokens = AppTokens::of_app(
                settings,
                CLIENT.clone(),
                AppCredential::Secret(Arc::new(TestDoubles)),
                Arc::new(TestDoubles),
            );
            tokens.expect("a source").token().await.err()
        }
    }
}

// The first byte selects the call, the second whether the rest is a body or a whole answer.
fuzz_target!(|data: &[u8]| {
    let [which, form, rest @ ..] = data else { return };
    // Skips inputs with a canary: the fuzzer learns canaries from comparisons, and an error may repeat its input.
    if rest.windows(4).any(|window| window == b"HUSH") {
        return;
    }
    if form & 1 == 0 {
        let status = [200, 200, 200, 201, 400, 404, 429, 503][usize::from(form >> 1) % 8];
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", rest.len());
        LOOPBACK.set_answer(&[head.as_bytes(), rest].concat());
    } else {
        LOOPBACK.set_answer(rest);
    }
    if let Some(failure) = RUNTIME.block_on(ask(*which)) {
        assert_fit(&failure);
    }
});
