//! Simulation of a month of shipments with random failures and crashes, from a seed. Afterwards, the test checks five
//! invariants against the records and the simulated external systems.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Phase, ShipmentId, UserRef};
use keyferry_engine::Run;
use keyferry_engine::{CreateError, CreateRequest, Created, Engine, Outcome};
use keyferry_webauthn::builder::NewAssertion;
use keyferry_webauthn::{AssertionExpectations, Flags, StoredCredential, default_origin, verify_assertion};

use crate::support::people::RP_ID;
use crate::support::trouble::Odds;
use crate::support::world::{HOUR, caller, request};
use crate::support::{Life, World, lock};

const SEEDS: [u64; 4] = [1, 2, 3, 20_260_601];
const ODDS: Odds = Odds { refuse: 20_000, lost: 20_000, throttle: 1_000, crash: 3_000, store: 300_000 };
/// Number of runs in the month, four per day.
const RUNS: usize = 120;

/// Order of a caller, and the response to it.
#[derive(Default)]
struct Ordered {
    user: String,
    key: String,
    response: Option<Result<Created, CreateError>>,
}

#[expect(clippy::disallowed_methods, reason = "these variables configure the test, not the program")]
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Runs each seed in its own thread, because a simulation is single-threaded.
#[test]
fn month_of_shipments_keeps_all_invariants() {
    let shipments = setting("KEYFERRY_SIM_SHIPMENTS").unwrap_or(300);
    let seeds = setting("KEYFERRY_SIM_SEED").map_or(SEEDS.to_vec(), |seed| vec![seed]);
    std::thread::scope(|threads| {
        for seed in seeds {
            threads.spawn(move || {
                println!("simulating {shipments} shipments from seed {seed}");
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let (crashes, orders) = runtime.block_on(month(seed, shipments));
                println!("seed {seed}: {crashes} crashes, {orders} orders sent");
            });
        }
    });
}

struct Simulation {
    world: Arc<World>,
    engine: Engine,
    life: Arc<Life>,
    crashes: usize,
    orders: Vec<Ordered>,
}

/// Simulates a month. Returns the number of crashes and the number of orders sent.
async fn month(seed: u64, shipments: usize) -> (usize, usize) {
    let world = World::empty(seed);
    for number in 0..shipments.div_ceil(3) {
        lock(&world.people).add(&format!("person{number}"));
    }
    // Even seeds can read object ids; odd seeds know only user names.
    lock(&world.people).readable = seed.is_multiple_of(2);
    world.faults.by_chance(ODDS);
    let (engine, life) = world.living_engine(|_| {});
    let mut simulation = Simulation { world, engine, life, crashes: 0, orders: Vec::new() };
    for run in 0..RUNS {
        while simulation.orders.len() < shipments * (run + 1) / (RUNS / 2) && simulation.orders.len() < shipments {
            simulation.order().await;
        }
        simulation.advance_parcels();
        simulation.swap_names();
        simulation.process().await;
        simulation.world.clock.pass(6 * HOUR);
    }
    simulation.world.faults.heal();
    simulation.finish().await;
    assert!(simulation.crashes > 0, "seed {seed}: the process never crashed, so the test proves nothing");
    simulation.check(seed);
    (simulation.crashes, simulation.world.orders())
}

impl Simulation {
    fn restart_if_dead(&mut self) {
        if self.life.is_over() {
            self.crashes += 1;
            (self.engine, self.life) = self.world.living_engine(|_| {});
        }
    }

    /// Orders a key, and repeats the request with the same idempotency key until it succeeds, at most four times.
    async fn order(&mut self) {
        let number = self.orders.len();
        let (user, upn) = {
            let people = lock(&self.world.people);
            let user = self.world.chance.pick(&people.users);
            (user.handle.clone(), user.upn.clone())
        };
        let key = format!("key-{number}");
        let mut ordered = Ordered { user, key: key.clone(), response: None };
        for _ in 0..4 {
            self.restart_if_dead();
            let request =
                CreateRequest { idempotency: Some((key.clone(), "body".into())), ..request(UserRef::Upn(upn.clone())) };
            ordered.response = tokio::select! {
                response = self.engine.orders.create(request) => Some(response),
                () = self.life.ended() => None,
            };
            if ordered.response.as_ref().is_some_and(Result::is_ok) {
                break;
            }
            self.world.clock.pass(Duration::from_secs(400));
        }
        self.orders.push(ordered);
    }

    /// Swaps the names of two users with some probability: over the month, about one user in ten is affected.
    fn swap_names(&self) {
        let mut people = lock(&self.world.people);
        let count = people.users.len() as u64;
        if self.world.chance.below(RUNS as u64 * 10) < count {
            let one = usize::try_from(self.world.chance.below(count - 1)).unwrap();
            let (left, right) = people.users.split_at_mut(one + 1);
            std::mem::swap(&mut left[one].upn, &mut right[0].upn);
        }
    }

    fn advance_parcels(&self) {
        let ids: Vec<_> = {
            let delivery = lock(&self.world.delivery);
            let waiting = delivery.parcels.iter().filter(|(_, parcel)| parcel.made.is_none());
            waiting.map(|(id, _)| id.clone()).collect()
        };
        for id in ids {
            match self.world.chance.below(20) {
                0 => self.world.ship(&id),
                1 => self.world.set_state(&id, Some(7)),
                2 => self.world.set_state(&id, Some(100)),
                _ => {}
            }
        }
    }

    async fn process(&mut self) {
        self.restart_if_dead();
        let work = async {
            self.engine.processing.run(Run::All).await;
            if self.world.chance.below(4) == 0 {
                let _ = self.engine.schedules.clean_up().await;
            }
        };
        tokio::select! {
            () = work => {}
            () = self.life.ended() => {}
        }
    }

    /// Ends the faults: all parcels ship, an operator resolves unconfirmed orders, and all shipments must finish.
    async fn finish(&mut self) {
        self.restart_if_dead();
        let waiting: Vec<_> = lock(&self.world.delivery).parcels.iter().map(|(id, _)| id.clone()).collect();
        for id in waiting {
            self.world.ship(&id);
        }
        self.engine.shut_down().await;
        (self.engine, self.life) = self.world.living_engine(|_| {});
        for _ in 0..2 {
            self.world.clock.pass(HOUR);
            let report = self.engine.processing.run(Run::All).await;
            assert_eq!(report.first_outage(), None);
            let records = lock(&self.world.records).all();
            for shipment in records {
                let found = lock(&self.world.delivery).parcel_of(shipment.id()).map(|(id, _)| id.clone());
                let (operator, id) = (&self.engine.operator, shipment.id().to_string());
                match (&shipment.phase(), found) {
                    (Phase::Unconfirmed(_), Some(found)) => {
                        operator.resolve(&id, caller(), "checked".into(), Outcome::Adopted(found)).await.unwrap();
                    }
                    (Phase::Unconfirmed(_), None) => operator.cancel(&id, caller(), "checked").await.unwrap(),
                    _ => {}
                }
            }
        }
        self.world.clock.pass(2 * HOUR);
        self.engine.schedules.clean_up().await.unwrap();
    }

    fn check(&self, seed: u64) {
        let records: HashMap<_, _> =
            lock(&self.world.records).all().into_iter().map(|shipment| (shipment.id(), shipment)).collect();
        self.check_no_order_is_lost_or_repeated(seed, &records);
        self.check_methods_belong_to_their_users(seed);
        self.check_users_of_complete_shipments_can_sign_in(seed, &records);
        assert_eq!(
            lock(&self.world.records).live_claims(self.world.clock.now()),
            0,
            "seed {seed}: a claim was not released"
        );
        for (id, shipment) in &records {
            let settled = matches!(shipment.phase(), Phase::Complete(_) | Phase::Refused(_) | Phase::Cancelled(_));
            // A challenge can expire while its parcel is delayed. The obstacle is then final.
            let shown = shipment.obstacle().as_ref().is_some_and(|obstacle| obstacle.next_attempt.is_none());
            assert!(settled || shown, "seed {seed}: {id} is stuck: {shipment:#?}");
            let needed = !matches!(shipment.phase(), Phase::Refused(_) | Phase::Cancelled(_));
            assert_eq!(lock(&self.world.vault).has(*id), needed, "seed {seed}: the secret of {id}");
        }
        assert_eq!(
            lock(&self.world.vault).count(),
            records
                .values()
                .filter(|shipment| !matches!(shipment.phase(), Phase::Refused(_) | Phase::Cancelled(_)))
                .count(),
            "seed {seed}: orphaned secrets"
        );
    }

    fn check_no_order_is_lost_or_repeated(&self, seed: u64, records: &HashMap<ShipmentId, keyferry_domain::Shipment>) {
        let delivery = lock(&self.world.delivery);
        assert!(delivery.orders.values().all(|times| *times == 1), "seed {seed}: an order was sent twice");
        for (delivery_id, parcel) in &delivery.parcels {
            let shipment = records.get(&parcel.request);
            let known = shipment.and_then(|shipment| shipment.phase().delivery_id());
            assert_eq!(known, Some(delivery_id), "seed {seed}: a parcel without a record");
        }
        let keys = lock(&self.world.keys).0.iter().map(|record| (record.key.clone(), record.shipment)).collect();
        let keys: HashMap<String, ShipmentId> = keys;
        for ordered in &self.orders {
            let ours: Vec<_> = match &ordered.response {
                Some(Ok(created)) => vec![created.shipment],
                Some(Err(CreateError::Unconfirmed { shipment, .. } | CreateError::NotRecorded { shipment, .. })) => {
                    vec![*shipment]
                }
                _ => keys.get(&ordered.key).copied().into_iter().collect(),
            };
            for id in ours {
                let shipment = records.get(&id);
                if let Some(shipment) = shipment {
                    let handle = shipment.keys()[0].credentials[0].user_handle().unwrap().as_str();
                    assert_eq!(handle, ordered.user, "seed {seed}: {id} is for another user");
                }
                if matches!(ordered.response, Some(Ok(_))) {
                    assert!(delivery.parcel_of(id).is_some(), "seed {seed}: {id} was confirmed but never ordered");
                }
            }
        }
        assert!(delivery.parcels.len() <= self.orders.len(), "seed {seed}: more parcels than orders");
    }

    fn check_methods_belong_to_their_users(&self, seed: u64) {
        let people = lock(&self.world.people);
        assert_eq!(people.repeated, 0, "seed {seed}: a credential was registered again");
        for user in &people.users {
            for method in &user.methods {
                assert_eq!(method.made_for, user.handle, "seed {seed}: a key is registered for another user");
            }
        }
    }

    fn check_users_of_complete_shipments_can_sign_in(
        &self,
        seed: u64,
        records: &HashMap<ShipmentId, keyferry_domain::Shipment>,
    ) {
        let (people, delivery) = (lock(&self.world.people), lock(&self.world.delivery));
        let sent = self.world.sent();
        let mut signed_in = 0;
        for (id, shipment) in records {
            let Some(registered) = shipment.phase().registered().filter(|_| shipment.state() == "complete") else {
                continue;
            };
            let user = people.by_handle(shipment.keys()[0].credentials[0].user_handle().unwrap().as_str());
            let (_, parcel) = delivery.parcel_of(*id).unwrap();
            assert_eq!(parcel.order.user, shipment.keys()[0].credentials[0].user);
            let made = parcel.made.as_ref().unwrap();
            let held: Vec<_> = user
                .methods
                .iter()
                .filter(|method| method.credential_id == made.credential.as_ref().unwrap().id)
                .collect();
            let [method] = held.as_slice() else { panic!("seed {seed}: {id} is complete without its method") };
            assert_eq!(
                registered.credentials[0][0].credential_id.as_ref().unwrap().as_bytes(),
                made.credential.as_ref().unwrap().id
            );
            let notices: Vec<_> = sent.iter().filter(|notice| notice.shipment == *id).collect();
            assert!(!notices.is_empty(), "seed {seed}: {id} is complete without its PIN");
            for notice in notices {
                assert_eq!((&notice.pin, &notice.serial), (&made.pin, &made.serial.to_string()), "seed {seed}");
                assert_eq!(notice.addressees, [user.manager.as_ref().unwrap().to_string()], "seed {seed}");
            }
            sign_in(user, method, made);
            signed_in += 1;
        }
        assert!(signed_in > 0, "seed {seed}: no user signed in");
    }
}

/// Signs in with the delivered key, against the method stored by the identity provider.
fn sign_in(
    user: &crate::support::people::User,
    method: &crate::support::people::Method,
    made: &keyferry_testkit::outside::ProducedKey,
) {
    let origin = default_origin(RP_ID);
    let assertion = NewAssertion {
        rp_id: RP_ID,
        challenge: "c2lnbi1pbg",
        origin: &origin,
        credential_id: &made.credential.as_ref().unwrap().id,
        key: &made.credential.as_ref().unwrap().key,
        flags: Flags::UP.with(Flags::UV),
        sign_count: 2,
        user_handle: Some(user.handle.as_bytes()),
    };
    let stored = StoredCredential {
        credential_id: method.credential_id.clone(),
        public_key: method.public_key.clone(),
        sign_count: 1,
        user_handle: user.handle.clone().into_bytes(),
        backup_eligible: false,
    };
    let expected = AssertionExpectations {
        challenge: "c2lnbi1pbg".into(),
        rp_id: RP_ID.into(),
        origins: vec![origin.clone()],
        require_user_verification: true,
        require_user_handle: true,
    };
    verify_assertion(&expected, &stored, &assertion.make().unwrap()).unwrap();
}
