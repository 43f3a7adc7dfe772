//! Test doubles of the delivery service and the factory. They are written from the references and use no type of the
//! adapter, so that an error in the adapter is not repeated here.

pub(crate) mod factory;
pub(crate) mod fakes;
pub(crate) mod service;

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::Sealer as _;
use keyferry_domain::ports::{Preparation, PreparedOrder};
use keyferry_http::{Client, ClientOptions};
use url::Url;

use self::factory::Factory;
use self::fakes::{Dice, TestClock, Tokens};
use self::service::Service;
use crate::{Delivery, YubicoSettings};

/// A test delivery service, a test factory, and an adapter that is connected to them.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) factory: Factory,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) delivery: Delivery,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut YubicoSettings)) -> Self {
        let factory = Factory::new();
        let service = Service::start(factory.transport_jwks(), factory.signing_jwks()).await;
        let clock = Arc::new(TestClock::default());
        let tokens = Arc::new(Tokens::new(["token-1"]));
        let mut settings = service.settings();
        change(&mut settings);
        let http = client();
        let delivery = Delivery::new(settings, http, tokens.clone(), Arc::new(Dice::default()), clock.clone()).unwrap();
        Self { service, factory, clock, tokens, delivery }
    }

    /// Returns the sealed requests for one key of the order `n`.
    pub(crate) async fn prepare(&self, n: u8) -> PreparedOrder {
        let options = fakes::creation_options();
        let preparation =
            Preparation { request: fakes::shipment(n), creation_options: vec![&options], pin_length: fakes::six() };
        self.delivery.prepare(&preparation).await.unwrap()
    }
}

pub(crate) fn client() -> Client {
    Client::new(ClientOptions { timeout: Duration::from_millis(1500), ..ClientOptions::default() }).unwrap()
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}
