//! Simulated world around a connector, with helpers to set it up and inspect it.

use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyferry_domain::{Caller, CallerId, EmailAddress, OrderInfo, PinLength, UserRef};
use keyferry_engine::{CreateRequest, Created, Engine, EngineSettings, Run, RunReport};
use keyferry_testkit::outside::{FACTORY, MODEL};
use opentelemetry::metrics::{Meter, MeterProvider as _, NoopMeterProvider};

use super::ports::{ports, ports_of_sealing_provider};
use super::sealing::Enrolments;
use super::{Life, Outside, Tamper, lock};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) struct World {
    pub(crate) outside: Arc<Outside>,
    /// Enrolments of the provider that seals.
    pub(crate) enrolments: Arc<Mutex<Enrolments>>,
    /// Meter of the engines.
    meter: Meter,
}

impl Deref for World {
    type Target = Outside;

    fn deref(&self) -> &Outside {
        &self.outside
    }
}

impl World {
    /// Creates a world with user Ada.
    pub(crate) fn new() -> Arc<Self> {
        Self::new_measured(NoopMeterProvider::new().meter("engine"))
    }

    /// Creates a world with user Ada and a meter for its engines.
    pub(crate) fn new_measured(meter: Meter) -> Arc<Self> {
        let world = Self::measured(7, meter);
        lock(&world.people).add("ada");
        lock(&world.records).keep_writings = true;
        world
    }

    pub(crate) fn empty(seed: u64) -> Arc<Self> {
        Self::measured(seed, NoopMeterProvider::new().meter("engine"))
    }

    fn measured(seed: u64, meter: Meter) -> Arc<Self> {
        Arc::new(Self { outside: Arc::new(Outside::new(seed)), enrolments: Arc::default(), meter })
    }

    pub(crate) fn settings() -> EngineSettings {
        let mut settings = EngineSettings::new(FACTORY.anchors.clone());
        // Many tests order for the same user again.
        settings.one_open_order_per_user = false;
        let model = keyferry_domain::Aaguid::from_bytes(*MODEL.as_bytes());
        settings.product_aaguids.insert(29, vec![model]);
        settings.contact_domains = vec!["contoso.example".into()];
        settings
    }

    pub(crate) fn engine(self: &Arc<Self>) -> Engine {
        self.engine_with(|_| {})
    }

    pub(crate) fn engine_with(self: &Arc<Self>, change: impl FnOnce(&mut EngineSettings)) -> Engine {
        self.living_engine(change).0
    }

    /// Creates an engine with its own meter.
    pub(crate) fn engine_measured(self: &Arc<Self>, meter: &Meter) -> Engine {
        Engine::new(ports(&self.outside, &Arc::default()), Self::settings(), meter)
    }

    /// Creates an engine with both providers, whose default is the one that seals.
    pub(crate) fn engine_of_sealing_provider(self: &Arc<Self>) -> Engine {
        self.engine_of_sealing_provider_with(|_| {})
    }

    pub(crate) fn engine_of_sealing_provider_with(
        self: &Arc<Self>,
        change: impl FnOnce(&mut EngineSettings),
    ) -> Engine {
        let mut settings = Self::settings();
        change(&mut settings);
        Engine::new(ports_of_sealing_provider(&self.outside, &self.enrolments), settings, &self.meter)
    }

    /// Creates an engine whose process can die.
    pub(crate) fn living_engine(self: &Arc<Self>, change: impl FnOnce(&mut EngineSettings)) -> (Engine, Arc<Life>) {
        let mut settings = Self::settings();
        change(&mut settings);
        let life = Arc::new(Life::default());
        (Engine::new(ports(&self.outside, &life), settings, &self.meter), life)
    }

    /// Creates an accepted order for Ada.
    pub(crate) async fn ordered(self: &Arc<Self>, engine: &Engine) -> Created {
        engine.orders.create(request(UserRef::Upn("ada@contoso.example".into()))).await.unwrap()
    }

    /// Creates an accepted order for Ada and ships its key.
    pub(crate) async fn shipped(self: &Arc<Self>, engine: &Engine) -> Created {
        let created = self.ordered(engine).await;
        self.ship(&created.delivery_id);
        created
    }

    /// Creates an accepted order for Ada and ships a tampered key.
    pub(crate) async fn shipped_with(self: &Arc<Self>, engine: &Engine, tamper: Tamper) -> Created {
        let created = self.ordered(engine).await;
        lock(&self.delivery).parcel(&created.delivery_id).tamper = Some(tamper);
        self.ship(&created.delivery_id);
        created
    }

    pub(crate) async fn completed(self: &Arc<Self>, engine: &Engine) -> Created {
        let created = self.shipped(engine).await;
        engine.processing.run(Run::All).await;
        assert_eq!(self.shipment(created.shipment).state(), "complete");
        created
    }
}

/// Advances the clock by one hour and runs over all shipments.
pub(crate) async fn hour_later(world: &Arc<World>, engine: &Engine) -> RunReport {
    world.clock.pass(HOUR);
    engine.processing.run(Run::All).await
}

pub(crate) fn caller() -> Caller {
    Caller::application(CallerId::new("0000000a-0000-4000-8000-00000000000a"))
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn ada() -> UserRef {
    UserRef::Upn("ada@contoso.example".into())
}

pub(crate) fn request(user: UserRef) -> CreateRequest {
    let mut order = keyferry_testkit::order(user);
    order.pin_length = PinLength::try_from(12).unwrap();
    order.recipient.recipient_email = "ada@home.example".into();
    order.mailing_address.street_line1 = "Secret Street 1".into();
    CreateRequest {
        caller: caller(),
        order,
        info: OrderInfo::default(),
        additional: false,
        may_be_privileged: false,
        idempotency: None,
        unknown_members: Vec::new(),
    }
}
