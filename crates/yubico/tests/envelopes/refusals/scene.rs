//! Two orders and the forged responses to the first one, created once for all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::TcpListener;

use keyferry_yubico::{ContentEncryption, KeyManagement};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::world::{Prepared, World, creation_options};

const SCRIPT: &str = "jose/forge.py";
/// Long enough that the PIN does not occur in other output by chance.
const PIN_LENGTH: u8 = 20;

pub(super) struct Scene {
    pub(super) keys: Value,
    /// Two consecutive orders of the same user.
    pub(super) orders: [Prepared; 2],
    /// Valid responses to each order, by kind.
    pub(super) sound: Vec<BTreeMap<String, String>>,
    /// PIN inside the forged PIN responses.
    pub(super) pin: String,
    forged: BTreeMap<String, Vec<Forgery>>,
    /// Listens at the address to which `jku` and `x5u` point. Must not be contacted.
    trap: TcpListener,
}

#[derive(Clone, Deserialize)]
pub(super) struct Forgery {
    /// `credential` or `pin`.
    pub(super) kind: String,
    /// Distinguishes forgeries of the same case.
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

/// Returns the scene, or `None` when the forging script is not installed.
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

/// Prepares an order whose private response key is an odd number.
///
/// The forger sends a point of order two as ephemeral key. With an odd private key, the shared secret is that point,
/// which the forger knows. With an even one, it is the point at infinity.
async fn prepare(world: &World, n: u8) -> Prepared {
    loop {
        let prepared = world.prepare(n, &creation_options(true), PIN_LENGTH).await;
        // The last of the 64 base64url characters encodes the lowest six bits. Every second character of the alphabet
        // has the lowest bit set.
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
        self.forged.get(case).unwrap_or_else(|| panic!("no forgeries for {case:?}")).clone()
    }

    pub(super) fn cases(&self) -> BTreeSet<&str> {
        self.forged.keys().map(String::as_str).collect()
    }

    pub(super) fn trap_is_untouched(&self) -> bool {
        self.trap.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}
