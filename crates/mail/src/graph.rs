//! PIN delivery by Microsoft Graph.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_azure_identity::{TokenSource, send_authorized};
use keyferry_domain::ports::{Addressing, PinNotice};
use keyferry_domain::{Failure, PinDelivery};
use keyferry_http::{Client, UrlExt as _};
use serde_json::{Value, json};
use url::Url;

use crate::failures::{GRAPH, OPERATION, of_answer};
use crate::{Error, MailTemplates};

/// The header by which a mail in a mailbox is found in the log: the same for every automatic attempt.
const MESSAGE_ID: &str = "x-keyferry-message-id";

/// Who sends, and where Graph is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphSettings {
    /// Root of Graph, such as `https://graph.microsoft.com`.
    pub graph: Url,
    /// Object id or user principal name of the mailbox that sends.
    pub sender: String,
}

/// Sends PIN mails from a mailbox with `POST /v1.0/users/{sender}/sendMail`
/// (<https://learn.microsoft.com/graph/api/user-sendmail>). The application needs `Mail.Send`, which reaches every
/// mailbox of the tenant unless Exchange's application access limits it.
pub struct GraphDelivery {
    send_mail: Url,
    http: Client,
    tokens: Arc<dyn TokenSource>,
    templates: MailTemplates,
}

impl GraphDelivery {
    /// Sets it up; no call is made. `tokens` gives tokens for Graph.
    ///
    /// # Errors
    /// [`Error::Setting`] for a sender that no URL can hold.
    pub fn new(
        settings: &GraphSettings,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        templates: MailTemplates,
    ) -> Result<Self, Error> {
        let sender = settings.sender.trim();
        let send_mail = settings.graph.join_segments(["v1.0", "users", sender, "sendMail"]);
        let send_mail = send_mail.map_err(|error| Error::Setting {
            what: "the mailbox that sends PINs",
            problem: format!("{error}; expected a user principal name or object id, such as keys@contoso.example"),
        })?;
        Ok(Self { send_mail, http, tokens, templates })
    }

    fn body(&self, notice: &PinNotice<'_>) -> Result<Value, Failure> {
        let mail = self.templates.render(notice)?;
        let addressees: Vec<_> =
            notice.addressees.iter().map(|to| json!({ "emailAddress": { "address": to.as_str() } })).collect();
        Ok(json!({
            "message": {
                "subject": mail.subject,
                "body": { "contentType": "HTML", "content": mail.html.as_str() },
                "toRecipients": addressees,
                // Headers of one's own must begin with `x-`
                // (<https://learn.microsoft.com/graph/api/resources/internetmessageheader>).
                "internetMessageHeaders": [{ "name": MESSAGE_ID, "value": notice.message_id }],
            },
            // A copy of each PIN would lie in the sender's mailbox otherwise.
            "saveToSentItems": false,
        }))
    }
}

#[async_trait]
impl PinDelivery for GraphDelivery {
    fn addressing(&self) -> Addressing {
        Addressing::Resolved
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let body = self.body(notice)?;
        let request = || self.http.post(&self.send_mail).hide(notice.pin.expose()).json(&body);
        let answer = send_authorized(&*self.tokens, &GRAPH, OPERATION, request).await?;
        match answer.status {
            202 => {
                keyferry_http::measure::pin_handed_over("graph");
                tracing::info!(
                    shipment = %notice.shipment,
                    message_id = notice.message_id,
                    client_request_id = %answer.correlation,
                    "Graph took the PIN mail"
                );
                Ok(())
            }
            status if answer.is_success() => {
                let message = format!("sendMail answers 202 when it took a mail, but {status} came");
                Err(answer.not_understood(&GRAPH, OPERATION, message))
            }
            _ => Err(of_answer(&GRAPH, "Graph sendMail", &answer)),
        }
    }
}

impl fmt::Debug for GraphDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphDelivery").field("send_mail", &self.send_mail.as_str()).finish_non_exhaustive()
    }
}
