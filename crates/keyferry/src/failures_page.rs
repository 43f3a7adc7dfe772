//! The page of the documentation that tells what each failure means, printed from the tables of the adapters and of the engine.

use keyferry_domain::{FailureTable, When};
use keyferry_engine::failures::{Meaning, Scope, findings, meaning};
use keyferry_mail::failures as mail;
use keyferry_yubico::failures as yubico;
use serde::Serialize;

const TABLES: [(&str, &FailureTable); 16] = [
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
];

fn markdown() -> String {
    let mut page = String::from(
        "# What each failure means\n\n\
         Each adapter explains the failures of its external system, and the engine explains what it finds wrong itself. In a table the first rule\n\
         that matches counts. What happened is in the message of the shipment, together with the `client-request-id` of the call.\n\n\
         - **retry**: time may mend it. The next attempt has a time of its own: one minute after the first failure,\n  \
         doubling up to an hour, with up to a fifth more by chance, and never before what the other side asked for.\n\
         - **attention**: a person must mend something. Every run looks again.\n\
         - **final**: it cannot become right by itself. Nothing is called until a person asks for a retry.\n\n\
         A failure whose scope is the **run** is nobody's shipment: it is said once in the log, no shipment is marked,\n\
         and all that need the party concerned wait for the next run. The class decides obstacle and scope.\n\n\
         This page is printed from the code.\n",
    );
    for (title, table) in TABLES {
        page.push_str(&format!(
            "\n## {title}\n\n\
             | call | when | class | obstacle | scope | what it means and what to do |\n\
             | --- | --- | --- | --- | --- | --- |\n"
        ));
        for rule in table.rules() {
            let call = rule.operation.map_or_else(|| "any".to_owned(), name);
            let Meaning { class, scope } = meaning(rule.class);
            let scope = match scope {
                Scope::Shipment => "shipment",
                Scope::Run => "run",
            };
            let (when, kind, obstacle) = (when(rule.when), name(rule.class), class.as_str());
            page.push_str(&format!("| {call} | {when} | {kind} | {obstacle} | {scope} | {} |\n", rule.remedy));
        }
    }
    page
}

fn when(when: When) -> String {
    match when {
        When::Anything => "anything else".to_owned(),
        When::Status(status) => format!("status {status}"),
        When::ServerError => "status 500 and above".to_owned(),
        When::NoAnswer => "no answer".to_owned(),
        When::Unreachable => "unreachable".to_owned(),
        When::NotUnderstood => "an answer that is not understood".to_owned(),
        When::Code(code) => format!("`{code}`"),
    }
}

/// The name as it stands in records: words with hyphens.
fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn the_page_of_the_documentation_is_the_tables() {
    crate::golden::check("docs/reference/failures.md", &markdown());
}
