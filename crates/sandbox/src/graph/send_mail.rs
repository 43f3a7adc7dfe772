//! `POST /users/{sender}/sendMail`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::call::Call;
use super::error::GraphError;
use super::sent_items::SentItem;
use crate::mailbox::{Header, Incoming, Via};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    message: Message,
    /// The documentation shows a string on one page and a boolean on others.
    #[serde(default)]
    save_to_sent_items: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default)]
    subject: String,
    body: ItemBody,
    #[serde(default)]
    to_recipients: Vec<Recipient>,
    #[serde(default)]
    cc_recipients: Vec<Recipient>,
    #[serde(default)]
    bcc_recipients: Vec<Recipient>,
    #[serde(default)]
    internet_message_id: Option<String>,
    #[serde(default)]
    internet_message_headers: Vec<Header>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemBody {
    #[serde(default)]
    content_type: String,
    content: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: EmailAddress,
}

#[derive(Debug, Deserialize)]
struct EmailAddress {
    address: String,
}

/// `POST /users/{sender}/sendMail`. 202 means accepted, not delivered.
pub(super) fn post(call: &Call, key: &str) -> Result<Response, GraphError> {
    let sender = sender(call, key)?;
    let body: Body = serde_json::from_slice(&call.body).map_err(|error| {
        // The sandbox's own text. It has only the position, because the body can contain a PIN.
        let message = format!("The payload could not be read at line {} column {}.", error.line(), error.column());
        GraphError::new(StatusCode::BAD_REQUEST, "ErrorInvalidRequest", message)
    })?;
    let message = body.message;
    let to: Vec<String> = [message.to_recipients, message.cc_recipients, message.bcc_recipients]
        .into_iter()
        .flatten()
        .map(|recipient| recipient.email_address.address)
        .collect();
    if to.is_empty() || to.iter().any(|address| !address.contains('@')) {
        // inferred: general knowledge of the mail workload.
        let text = "At least one recipient isn't valid.";
        return Err(GraphError::new(StatusCode::BAD_REQUEST, "ErrorInvalidRecipients", text));
    }
    check_headers(&message.internet_message_headers)?;
    let keeps_copy = body.save_to_sent_items.is_none_or(|value| value != Value::Bool(false) && value != "false");
    if keeps_copy {
        let item = SentItem { sender: sender.clone(), to: to.clone(), subject: message.subject.clone() };
        call.graph.sent_items.add(item);
    }
    let is_html = message.body.content_type.eq_ignore_ascii_case("html");
    let content = message.body.content;
    let (text, html) = if is_html { (None, Some(content)) } else { (Some(content), None) };
    let mail = Incoming {
        via: Via::Graph,
        to,
        from: sender,
        subject: message.subject,
        text,
        html,
        message_id: message.internet_message_id,
        headers: message.internet_message_headers,
    };
    call.graph.mailbox.deliver(mail);
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Number of custom headers of a message. Observed: <https://learn.microsoft.com/en-us/answers/questions/762243>.
const MOST_HEADERS: usize = 5;

/// Checks custom headers. Codes and texts as observed: <https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2105>
/// and [`MOST_HEADERS`]. // inferred: that the number is checked before the names.
fn check_headers(headers: &[Header]) -> Result<(), GraphError> {
    let refused = |code, message: String| Err(GraphError::new(StatusCode::BAD_REQUEST, code, message));
    if headers.len() > MOST_HEADERS {
        let text = format!("Maximum number of headers in one message should be less than or equal to {MOST_HEADERS}.");
        return refused("InvalidInternetMessageHeaderCollection", text);
    }
    match headers.iter().find(|header| !header.is_custom()) {
        None => Ok(()),
        Some(Header { name, .. }) => refused(
            "InvalidInternetMessageHeader",
            format!("The internet message header name '{name}' should start with 'x-' or 'X-'."),
        ),
    }
}

/// Returns the user principal name of a sender with a mailbox. // inferred: codes and texts, from general knowledge.
fn sender(call: &Call, key: &str) -> Result<String, GraphError> {
    let directory = call.graph.directory.lock();
    let user = directory.user(key).ok_or_else(|| {
        GraphError::new(StatusCode::NOT_FOUND, "ErrorInvalidUser", format!("The requested user '{key}' is invalid."))
    })?;
    if !user.has_mailbox {
        return Err(GraphError::new(
            StatusCode::NOT_FOUND,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        ));
    }
    Ok(user.upn.clone())
}
