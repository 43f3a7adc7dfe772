//! The program as an administrator runs it, spoken to over HTTP only: `keyferry demo` on free ports, or `keyferry serve`
//! and `keyferry sandbox` as processes of their own.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses its own part of the harness")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they have clocks and HTTP clients of their own"
)]
#![allow(missing_docs, reason = "helpers of tests")]

mod client;
mod connector;
mod demo;
mod snapshot;

use std::path::Path;
use std::process::{Child, Command};

use serde_json::{Value, json};

pub use client::{Answer, Client};
pub use connector::{Connector, Sandbox, usual};
pub use demo::Demo;
pub use snapshot::{outline, settings};

pub const KEYFERRY: &str = env!("CARGO_BIN_EXE_keyferry");

pub const AUDIENCE: &str = "api://fido-connector-api.contoso.onmicrosoft.com";
pub const TEST_CLIENT: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000002", "sandbox-test-client-secret");
pub const OTHER_CLIENT: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000003", "sandbox-other-client-secret");
pub const AUDITOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000005", "sandbox-auditor-secret");
pub const GRAPH: &str = "https://graph.microsoft.com";

pub const ADA: &str = "ada.lovelace@contoso.onmicrosoft.com";
pub const ADA_ID: &str = "a1000000-0000-4000-8000-000000000001";
pub const ALAN: &str = "alan.turing@contoso.onmicrosoft.com";
pub const ALAN_ID: &str = "a1000000-0000-4000-8000-00000000000a";
pub const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";
pub const GRACE_ID: &str = "a1000000-0000-4000-8000-000000000002";

/// A process that ends with the test.
pub struct Process(pub Child);

impl Process {
    /// Asks it to stop as Ctrl-C does, and waits; whether it ended with 0.
    pub fn stop(&mut self) -> bool {
        assert!(Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap().success());
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The guide's example of an order, with values that the delivery service takes.
pub fn order_for(user: &str) -> Value {
    json!({
        "user_id": user,
        "pin_request": { "type": "generate", "length": 8 },
        "yubico_shipment_request": {
            "reseller_organization_id": "",
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": "parcel@contoso.onmicrosoft.com",
                "recipient_firstname": "Ada",
                "recipient_lastname": "Lovelace",
                "recipient_telephone": "5555555555"
            },
            "mailing_address": {
                "street_line1": "1 Analytical Way",
                "street_line2": "Apt 2",
                "city": "Palo Alto",
                "region": "CA",
                "postal_code": "94301",
                "country_code_2": "US"
            },
            "shipment_items": [
                { "product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID" }
            ]
        }
    })
}

/// Without what the developer's own shell may set for a connector, or for `cargo xtask`.
pub fn run(args: &[&str], dir: &Path) -> std::process::Output {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("KEYFERRY_"));
    Command::new(KEYFERRY).args(args).env_clear().envs(others).current_dir(dir).output().unwrap()
}
