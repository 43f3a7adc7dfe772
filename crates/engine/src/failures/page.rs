//! The table as a page of the documentation.

use serde::Serialize;

use super::rule::{Scope, When};
use super::table::RULES;

/// The table as a page of the documentation.
pub fn markdown() -> String {
    let mut page = String::from(
        "# What each failure means\n\n\
         Rules are tried from the top; the first that matches counts. What happened is in the message of the shipment,\n\
         together with the `client-request-id` of the call.\n\n\
         - **retry**: time may mend it. The next attempt has a time of its own: one minute after the first failure,\n  \
         doubling up to an hour, with up to a fifth more by chance, and never before what the other side asked for.\n\
         - **attention**: a person must mend something. Every run looks again.\n\
         - **final**: it cannot become right by itself. Nothing is called until a person asks for a retry.\n\n\
         A failure whose scope is the **run** is nobody's shipment: it is said once in the log, no shipment is marked,\n\
         and all that need the party concerned wait for the next run.\n\n\
         This page is printed from the code.\n\n\
         | who | call | when | obstacle | scope | what it means and what to do |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let call = rule.operation.map_or_else(|| "any".to_owned(), name);
        let scope = match rule.scope {
            Scope::Shipment => "shipment",
            Scope::Run => "run",
        };
        let (when, class) = (when(rule.when), rule.class.as_str());
        page.push_str(&format!("| {} | {call} | {when} | {class} | {scope} | {} |\n", rule.party, rule.advice));
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
