//! Error responses when an address was not taken.

use axum::http::StatusCode;
use keyferry_domain::OrderFinding;
use keyferry_engine::{AddressError, PersonPageError};

use crate::kit::order::path;
use crate::kit::problem::{ErrorType, Problem, message_of};

const UNCHANGED: &str = "Nothing was stored.";

/// Returns the problem of a shipment that takes no address, or of an address that cannot be used.
pub(super) fn problem(id: &str, error: AddressError) -> Problem {
    match error {
        AddressError::Refused(findings) => refused(findings),
        AddressError::Page(error) => not_taken(id, error),
    }
}

fn refused(findings: Vec<OrderFinding>) -> Problem {
    match findings.into_iter().next() {
        None => Problem::field("mailing_address", format!("the address cannot be used. {UNCHANGED}")),
        Some(finding) => {
            let message = format!("{}. {} {UNCHANGED}", finding.message.trim_end_matches('.'), finding.code.remedy());
            // Without the name of the delivery service's request, which this request does not have.
            let member = finding.member.map(path).unwrap_or_else(|| "mailing_address".to_owned());
            let member = member.split_once('.').map_or(member.as_str(), |(_, rest)| rest).to_owned();
            Problem::field(&member, message)
        }
    }
}

fn not_taken(id: &str, error: PersonPageError) -> Problem {
    let conflict = |what: &str| {
        let message = format!("shipment {id} {what}. {UNCHANGED}");
        Problem::api(StatusCode::CONFLICT, ErrorType::Conflict, message)
    };
    match error {
        PersonPageError::Unknown | PersonPageError::NotThePerson => Problem::unknown_shipment(id),
        PersonPageError::TooLate | PersonPageError::Expired => conflict("does not wait for an address"),
        PersonPageError::Cancelled => conflict("was cancelled"),
        PersonPageError::OnHold => {
            conflict("is on hold, because the person objected. Request a retry to release it, then give the address")
        }
        PersonPageError::Busy => {
            let message = format!("shipment {id} is being processed. Try again in a minute");
            Problem::api(StatusCode::CONFLICT, ErrorType::Busy, message)
        }
        PersonPageError::Failed(failure) => {
            let message = format!("{} {UNCHANGED}", message_of(&failure));
            Problem::of_failure(StatusCode::BAD_GATEWAY, &failure, message)
        }
        PersonPageError::Store(error) => Problem::from(error),
    }
}
