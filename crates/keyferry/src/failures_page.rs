//! Reference page of failures, printed from the tables of the adapters and of the engine.

use keyferry_domain::{FailureTable, When};
use keyferry_engine::failures::{Meaning, Scope, findings, meaning, person};
use keyferry_mail::failures as mail;
use keyferry_yubico::failures as yubico;
use serde::Serialize;

use crate::wrap::wrapped;

const TABLES: [(&str, &FailureTable); 17] = [
    ("Access tokens", &keyferry_azure_identity::failures::FAILURES),
    ("Identity provider", &keyferry_entra::failures::FAILURES),
    ("Identity provider: findings of the connector", &findings::IDENTITY_PROVIDER),
    ("Identity provider: creation options that cannot be sealed", &yubico::CREATION_OPTIONS),
    ("Delivery service", &yubico::DELIVERY_SERVICE),
    ("Delivery service: findings of the connector", &findings::DELIVERY_SERVICE),
    ("Key factory: sealing requests and opening responses", &yubico::FACTORY),
    ("Key factory: findings of the connector", &findings::FACTORY),
    ("PIN delivery: addressee", &findings::ADDRESSEE),
    ("PIN delivery by a mail server", &mail::SMTP),
    ("PIN delivery by Graph", &mail::GRAPH),
    ("PIN delivery by a Logic App", &mail::LOGIC_APP),
    ("PIN delivery: templates", &mail::TEMPLATES),
    ("Store in Azure", &keyferry_store_azure::failures::FAILURES),
    ("Store", &findings::STORE),
    ("Connector", &findings::CONNECTOR),
    ("Person whom the key is for", &person::PERSON),
];

fn markdown() -> String {
    let mut page = String::from(
        "# Failures\n\n\
         This page lists the failures that Keyferry distinguishes, and what to do. Each entry is a rule: the call,\n\
         the status or code of its failure, the class of the failure, the obstacle, the scope, and the remedy. Within\n\
         a section, the first rule that matches applies. The message of a shipment contains what happened, the\n\
         `client-request-id` of the call, and the remedy.\n\n\
         The class of the failure is internal. It determines obstacle and scope. **Obstacle** is `obstacle.class` in\n\
         the details of a shipment:\n\n\
         - **retry**: temporary. Keyferry retries one minute after the first failure, then doubles the delay up to\n  \
         one hour, adds up to 20 percent of random jitter, and never retries earlier than the other side allows.\n\
         - **attention**: an operator must act. Every run retries.\n\
         - **final**: cannot succeed without an operator. Keyferry makes no further call until an operator requests\n  \
         a retry.\n\n\
         **Scope** is what the failure affects:\n\n\
         - **shipment**: one shipment, which gets the obstacle.\n\
         - **run**: all shipments that need the failing service. They are on hold until the next run and get no\n  \
         obstacle. Keyferry logs the failure once.\n\n\
         This page is printed from the code.\n",
    );
    for (title, table) in TABLES {
        page.push_str(&format!("\n## {title}\n\n"));
        for rule in table.rules() {
            let call = rule.operation.map_or_else(|| "any call".to_owned(), name);
            let Meaning { class, scope } = meaning(rule.class);
            let scope = match scope {
                Scope::Shipment => "shipment",
                Scope::Run => "run",
            };
            let (when, kind, obstacle) = (when(rule.when), name(rule.class), class.as_str());
            let rule =
                format!("- **{call}, {when}**: class {kind}, obstacle {obstacle}, scope {scope}. {}", rule.remedy);
            page.push_str(&wrapped(&rule, "  "));
            page.push('\n');
        }
    }
    page
}

fn when(when: When) -> String {
    match when {
        When::Anything => "anything else".to_owned(),
        When::Status(status) => format!("status {status}"),
        When::ServerError => "status 500 and above".to_owned(),
        When::NoAnswer => "no response".to_owned(),
        When::Unreachable => "unreachable".to_owned(),
        When::InvalidResponse => "invalid response".to_owned(),
        When::Code(code) => format!("`{code}`"),
    }
}

/// Returns the serialized name: words with hyphens.
fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn documentation_matches_tables() {
    crate::golden::check("docs/reference/failures.md", &markdown());
}
