//! PIN delivery by Microsoft Graph.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_azure_identity::{TokenSource, send_authorized};
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{EmailAddress, Failure, PinDelivery};
use keyferry_http::{Answer, Client, UrlExt as _};
use serde_json::{Value, json};
use url::Url;

use crate::failures::{GRAPH, OPERATION, of_answer};
use crate::templates::Mail;
use crate::{Error, MailTemplates, person_mail};

/// Header with the message id, to match a mail in a mailbox with the log. The same for every automatic attempt.
///
/// Not `internetMessageId`: no page documents whether `sendMail` accepts it, and reports contradict each other
/// (<https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2320>). Graph does not deduplicate by either.
const MESSAGE_ID: &str = "x-keyferry-message-id";

/// Sending mailbox and root URL of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphSettings {
    /// Root URL of Graph, for example `https://graph.microsoft.com`.
    pub graph: Url,
    /// Object id or user principal name of the sending mailbox.
    pub sender: String,
}

/// Sends PIN mails from a mailbox with `POST /v1.0/users/{sender}/sendMail`
/// (<https://learn.microsoft.com/graph/api/user-sendmail>).
///
/// The application needs the permission `Mail.Send`. It covers every mailbox of the tenant unless an application
/// access policy in Exchange limits it.
pub struct GraphDelivery {
    send_mail: Url,
    http: Client,
    tokens: Arc<dyn TokenSource>,
    templates: MailTemplates,
}

impl GraphDelivery {
    /// Creates the sender without calling Graph. `tokens` provides access tokens for Graph.
    ///
    /// # Errors
    /// [`Error::Setting`] if the sender cannot be a path segment of a URL.
    pub fn new(
        settings: &GraphSettings,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        templates: MailTemplates,
    ) -> Result<Self, Error> {
        let sender = settings.sender.trim();
        let send_mail = settings.graph.join_segments(["v1.0", "users", sender, "sendMail"]);
        let send_mail = send_mail.map_err(|error| Error::Setting {
            what: "sender of PIN mails",
            problem: format!("{error}; expected a user principal name or object id, such as keys@contoso.example"),
        })?;
        Ok(Self { send_mail, http, tokens, templates })
    }

    fn body(mail: &Mail, addressees: &[EmailAddress], message_id: &str) -> Value {
        let addressees: Vec<_> =
            addressees.iter().map(|to| json!({ "emailAddress": { "address": to.as_str() } })).collect();
        let (kind, content) = mail.html.as_ref().map_or(("Text", &mail.text), |html| ("HTML", html));
        json!({
            "message": {
                "subject": mail.subject,
                "body": { "contentType": kind, "content": content.as_str() },
                "toRecipients": addressees,
                // Graph requires that names of custom headers begin with `x-`
                // (<https://learn.microsoft.com/graph/api/resources/internetmessageheader>).
                "internetMessageHeaders": [
                    { "name": MESSAGE_ID, "value": message_id },
                    // As in mails by SMTP: prevents automatic replies, which may quote the PIN (MS-OXCMAIL section
                    // 2.1.3.2.20). `Auto-Submitted` is not permitted here.
                    { "name": "X-Auto-Response-Suppress", "value": "All" },
                ],
            },
            // Otherwise the sender's mailbox would keep a copy of each PIN.
            "saveToSentItems": false,
        })
    }

    /// Sends a mail. The texts in `hidden` are removed from errors.
    async fn send(&self, body: &Value, hidden: &[&str]) -> Result<Answer, Failure> {
        let request = || {
            let request = self.http.post(&self.send_mail).json(body);
            hidden.iter().fold(request, |request, text| request.hide(text))
        };
        let answer = send_authorized(&*self.tokens, &GRAPH, OPERATION, request).await?;
        match answer.status {
            202 => Ok(answer),
            // For example the sign-in page of a proxy.
            status if answer.is_success() => {
                let message = format!("sendMail answered {status}; expected 202");
                Err(answer.not_understood(&GRAPH, OPERATION, message))
            }
            _ => Err(of_answer(&GRAPH, "Graph sendMail", &answer)),
        }
    }
}

#[async_trait]
impl PinDelivery for GraphDelivery {
    fn addressing(&self) -> Addressing {
        Addressing::Resolved
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render(notice)?;
        let body = Self::body(&mail, notice.addressees, notice.message_id);
        let answer = self.send(&body, &[notice.pin.expose()]).await?;
        keyferry_http::measure::count_delivered_pin("graph");
        tracing::info!(
            shipment = %notice.shipment,
            message_id = notice.message_id,
            client_request_id = %answer.correlation,
            "handed PIN mail to Graph"
        );
        Ok(())
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render_link(notice)?;
        let answer = self.send(&Self::body(&mail, notice.addressees, notice.message_id), &[notice.link]).await?;
        tracing::info!(
            shipment = %notice.shipment,
            message_id = notice.message_id,
            client_request_id = %answer.correlation,
            "handed mail with link to PIN to Graph"
        );
        Ok(())
    }

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        let mail = self.templates.render_person(notice)?;
        let body = Self::body(&mail, std::slice::from_ref(notice.addressee), notice.message_id);
        let answer = self.send(&body, &person_mail::links(notice)).await?;
        tracing::info!(
            shipment = %notice.shipment,
            mail = person_mail::name(notice),
            message_id = notice.message_id,
            client_request_id = %answer.correlation,
            "handed mail to person to Graph"
        );
        Ok(())
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        let mail = self.templates.render_released(notice)?;
        let answer = self.send(&Self::body(&mail, notice.addressees, notice.message_id), &[]).await?;
        tracing::info!(
            shipment = %notice.shipment,
            client_request_id = %answer.correlation,
            "handed mail to previous addressee to Graph"
        );
        Ok(Told::Sent)
    }
}

impl fmt::Debug for GraphDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphDelivery").field("send_mail", &self.send_mail.as_str()).finish_non_exhaustive()
    }
}
