//! Many orders through proxies that shift the answers of a connection by one, like a proxy with a desynchronisation
//! bug: in front of Graph, the delivery service, the sign-in service and the Logic App, each in turn and all at once.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with their own clock and HTTP client")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, GRACE, GRACE_ID, Sandbox, order_for};
use keyferry_testkit::shifting::ShiftingProxy;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use support::{Connector, KEYFERRY, usual};

const BRIAN: (&str, &str) = ("o'brien#test@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000007");

/// People, each with another manager: the next one.
const PEOPLE: [(&str, &str); 4] = [(ADA, ADA_ID), (GRACE, GRACE_ID), (ALAN, ALAN_ID), BRIAN];

/// Settings whose calls go through the same proxy.
const PARTIES: [&[&str]; 4] = [
    &["MS_GRAPH_ENDPOINT"],
    &["YE_API_BASE_URL", "YE_JWKS_SIGN_ENDPOINT", "YE_JWKS_TRANSPORT_ENDPOINT"],
    &["MS_LOGIN_ONLINE_ENDPOINT"],
    &["SEND_PIN_URL"],
];

/// Orders in one round, at the same time.
const ORDERS: usize = 4;

/// Record of a shipment, read from the database.
#[derive(Debug)]
struct Record {
    id: String,
    phase: String,
    error: Option<String>,
    /// Recipient's address. It is also on the parcel, and identifies the order.
    recipient: String,
}

struct Run {
    connector: Connector,
    proxies: Vec<ShiftingProxy>,
    /// The delivery service's ids that callers received, by order.
    accepted: BTreeMap<usize, String>,
    ordered: usize,
}

fn recipient(order: usize) -> String {
    format!("parcel-{order}@contoso.onmicrosoft.com")
}

fn number(recipient: &str) -> usize {
    recipient.trim_start_matches("parcel-").split('@').next().unwrap().parse().unwrap()
}

fn person(order: usize) -> (&'static str, &'static str) {
    PEOPLE[order % PEOPLE.len()]
}

fn manager(order: usize) -> &'static str {
    PEOPLE[(order + 1) % PEOPLE.len()].0
}

impl Run {
    async fn start() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let server = Url::parse(&sandbox.base).unwrap();
        let address = server.socket_addrs(|| None).unwrap()[0];
        let usual: BTreeMap<_, _> = usual(&sandbox.base, dir.path()).into_iter().collect();
        let (mut proxies, mut settings) = (Vec::new(), vec![("KEYFERRY_CREATE_BUDGET_SECONDS", "20".to_owned())]);
        for party in PARTIES {
            let proxy = ShiftingProxy::start(address).await;
            let base = proxy.url.as_str().trim_end_matches('/');
            settings.extend(party.iter().map(|name| (*name, usual[name].replace(&sandbox.base, base))));
            proxies.push(proxy);
        }
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let connector = Connector::at(sandbox, dir, &settings).await;
        for (index, (_, id)) in PEOPLE.iter().enumerate() {
            let (_, manager) = PEOPLE[(index + 1) % PEOPLE.len()];
            connector.control(Method::PATCH, &format!("/users/{id}"), &json!({ "manager": manager })).await;
        }
        Self { connector, proxies, accepted: BTreeMap::new(), ordered: 0 }
    }

    /// Shifts the answers of these parties, and of no other.
    fn shift(&self, parties: &[usize]) {
        for (index, proxy) in self.proxies.iter().enumerate() {
            proxy.shift(parties.contains(&index));
        }
    }

    /// Places several orders at the same time.
    async fn order(&mut self) {
        let orders = self.ordered..self.ordered + ORDERS;
        self.ordered = orders.end;
        let create = async |order: usize| {
            let mut body = order_for(person(order).0);
            body["yubico_shipment_request"]["recipient"]["recipient_email"] = json!(recipient(order));
            (order, self.connector.create(&body).await)
        };
        for (order, answer) in futures::future::join_all(orders.map(create)).await {
            if answer.status == StatusCode::CREATED {
                self.accepted.insert(order, answer.body["data"]["shipment_id"].as_str().unwrap().to_owned());
            } else {
                assert!(!answer.text.is_empty(), "a refused order has a message");
            }
        }
    }

    async fn ship(&self) {
        for parcel in self.connector.parcels().await {
            if parcel["state_id"] != 103 {
                self.connector.parcel_to(parcel["shipment_id"].as_str().unwrap(), 103).await;
            }
        }
    }

    fn records(&self) -> Vec<Record> {
        let database = self.connector.database();
        let query = "SELECT id, phase, error_message, record ->> '$.recipient_email' FROM fprshipments ORDER BY id";
        let mut statement = database.prepare(query).unwrap();
        let record = |row: &rusqlite::Row<'_>| {
            Ok(Record { id: row.get(0)?, phase: row.get(1)?, error: row.get(2)?, recipient: row.get(3)? })
        };
        statement.query_map([], record).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// Checks what must hold at any time.
    async fn check(&self) {
        let connector = &self.connector;
        let parcels = connector.parcels().await;
        let of = |name: &'static str, value: &str| {
            let found = parcels.iter().find(|parcel| parcel[name] == value);
            found.unwrap_or_else(|| panic!("no parcel has the {name} {value}")).clone()
        };
        assert_eq!(self.accepted.values().collect::<BTreeSet<_>>().len(), self.accepted.len(), "ids are distinct");
        for (order, id) in &self.accepted {
            assert_eq!(of("shipment_id", id)["recipient_email"], recipient(*order), "order {order} has its own id");
        }
        let per_order: BTreeSet<_> = parcels.iter().map(|parcel| parcel["recipient_email"].to_string()).collect();
        assert_eq!(per_order.len(), parcels.len(), "no order has two parcels");
        for mail in connector.mails().await {
            let text = mail["text"].as_str().or(mail["html"].as_str()).unwrap();
            let parcel = parcels.iter().find(|parcel| text.contains(parcel["serial_number"].as_str().unwrap()));
            let parcel = parcel.unwrap_or_else(|| panic!("{mail:#} is about no key"));
            let order = number(parcel["recipient_email"].as_str().unwrap());
            assert_eq!(mail["to"], json!([manager(order)]), "the PIN for order {order} goes to no stranger");
            let path = format!("/control/keys/{}?reveal=pin", parcel["serial_number"].as_str().unwrap());
            let key = connector.sandbox(Method::GET, &path, None).await.body;
            assert!(text.contains(key["pin"].as_str().unwrap()), "the PIN is that of its key");
        }
        let mut methods = BTreeMap::new();
        for (_, id) in PEOPLE {
            methods.insert(id, connector.methods(id).await);
        }
        for record in self.records().iter().filter(|record| record.phase == "complete") {
            let parcel = of("request_id", &record.id);
            let (_, user) = person(number(&record.recipient));
            let credential = parcel["credential_id"].as_str().unwrap();
            let registered = |method: &Value| method["id"].as_str().unwrap().starts_with(credential);
            assert!(methods[user].iter().any(registered), "{} is complete, so its key is registered", record.id);
        }
    }

    /// Waits until nothing is in progress: each shipment is settled, or its record says what to do.
    async fn settle(&self) -> Vec<Record> {
        for _ in 0..100 {
            self.ship().await;
            self.connector.process().await;
            let records = self.records();
            let is_open = |record: &&Record| !["complete", "refused"].contains(&record.phase.as_str());
            let open: Vec<_> = records.into_iter().filter(|record| is_open(&record)).collect();
            if open.iter().all(|record| record.error.as_ref().is_some_and(|error| !error.is_empty())) {
                return open;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("shipments without a message are still open:\n{}", self.connector.log());
    }
}

#[tokio::test]
async fn shifted_answers_mix_up_nothing() {
    let mut run = Run::start().await;
    let turns: [&[usize]; 5] = [&[0], &[1], &[2], &[3], &[0, 1, 2, 3]];
    for parties in turns {
        run.shift(&[]);
        run.order().await;
        run.ship().await;
        run.shift(parties);
        run.order().await;
        run.connector.process().await;
        run.check().await;
        run.ship().await;
        run.connector.process().await;
        run.check().await;
    }
    run.shift(&[]);
    let log = run.connector.log();
    for (party, proxy) in PARTIES.iter().zip(&run.proxies).take(2) {
        let address = proxy.url.authority();
        let noticed = |line: &&str| line.contains("received the response to another call") && line.contains(address);
        assert!(log.lines().any(|line| noticed(&line)), "no shifted answer was noticed at {party:?}:\n{log}");
    }
    assert!(run.proxies.iter().all(|proxy| proxy.connections() > 0), "each party is behind its proxy");

    for record in run.settle().await.iter().filter(|record| record.phase != "unconfirmed") {
        let retry = json!({ "outcome": "retry", "reason": "the proxy was replaced" });
        let answer = run.connector.post(&format!("/v1/shipments/{}/resolve", record.id), &retry).await;
        assert!(answer.status.is_success(), "{}: {}", record.id, answer.text);
    }
    let left = run.settle().await;
    let held: Vec<_> = left.iter().filter(|record| record.phase != "unconfirmed").collect();
    assert!(held.is_empty(), "{held:#?}\n{}", run.connector.log());
    run.check().await;
    assert!(run.accepted.len() >= run.ordered / 2, "{} of {} orders", run.accepted.len(), run.ordered);
}
