//! Two orders and everything that was forged for the first of them, made once for all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::TcpListener;

use keyferry_yubico::{ContentEncryption, KeyManagement};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::world::{Prepared, World, creation_options};

const SCRIPT: &str = "jose/forge.py";
/// So long that it is nowhere by chance.
const PIN_LENGTH: u8 = 20;

pub(super) struct Scene {
    pub(super) keys: Value,
    /// Of the same person, one after the other.
    pub(super) orders: [Prepared; 2],
    /// The sound responses to each, by kind.
    pub(super) sound: Vec<BTreeMap<String, String>>,
    /// The PIN inside the forged PIN responses.
    pub(super) pin: String,
    forged: BTreeMap<String, Vec<Forgery>>,
    /// Listens at the address to which `jku` and `x5u` point.
    trap: TcpListener,
}

#[derive(Clone, Deserialize)]
pub(super) struct Forgery {
    /// `credential` or `pin`.
    pub(super) kind: String,
    /// Which of several of the same case.
    pub(super) note: String,
    #[serde(rename = "jwe")]
    pub(super) envelope: String,
}

#[derive(Deserialize)]
struct Answer {
    sound: Vec<BTreeMap<String, String>>,
    pin: String,
    forged: BTreeMap<String, Vec<Forgery>>,
}

/// `None` when the forger is not installed.
pub(super) async fn scene() -> Option<&'static Scene> {
    static SCENE: OnceCell<Option<Scene>> = OnceCell::const_new();
    SCENE.get_or_init(make).await.as_ref()
}

async fn make() -> Option<Scene> {
    let keys = keyferry_outsiders::ask(keyferry_outsiders::python(SCRIPT)?, &json!({ "do": "keys" }));
    let world = World::new(&keys, KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm).await;
    let orders = [prepare(&world, 1).await, prepare(&world, 2).await];
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let requests = orders.each_ref().map(|order| {
        json!({ "credential_request": order.credential_request, "pin_request": order.pin_request, "serial": "3632071" })
    });
    let question = json!({
        "do": "forge", "keys": keys, "orders": requests, "trap": format!("http://{}/keys", trap.local_addr().unwrap()),
    });
    let answer = keyferry_outsiders::ask(keyferry_outsiders::python(SCRIPT)?, &question);
    let Answer { sound, pin, forged } = serde_json::from_value(answer).unwrap();
    Some(Scene { keys, orders, sound, pin, forged, trap })
}

/// An order whose response key is an odd number: with an even one a point of order two agrees upon infinity, not upon
/// what the forger knows.
async fn prepare(world: &World, n: u8) -> Prepared {
    loop {
        let prepared = world.prepare(n, &creation_options(true), PIN_LENGTH).await;
        // The last of 64 characters stands for the last six bits; every second one of the alphabet is odd.
        let last = prepared.private_jwk()["d"].as_str().unwrap().bytes().last().unwrap();
        let odd = match last {
            b'A'..=b'Z' => (last - b'A') % 2 == 1,
            b'a'..=b'z' => (last - b'a') % 2 == 1,
            b'0'..=b'9' => (last - b'0') % 2 == 1,
            _ => last == b'_',
        };
        if odd {
            return prepared;
        }
    }
}

impl Scene {
    pub(super) async fn world(&self) -> World {
        World::new(&self.keys, KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm).await
    }

    pub(super) fn forgeries(&self, case: &str) -> Vec<Forgery> {
        self.forged.get(case).unwrap_or_else(|| panic!("nothing was forged for {case:?}")).clone()
    }

    pub(super) fn cases(&self) -> BTreeSet<&str> {
        self.forged.keys().map(String::as_str).collect()
    }

    pub(super) fn nobody_was_in_the_trap(&self) -> bool {
        self.trap.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}
