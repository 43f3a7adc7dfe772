//! PIN delivery by a Logic App, which looks up the user's manager itself.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_azure_identity::{TokenSource, send_authorized};
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{Failure, FailureKind, Language, PinDelivery};
use keyferry_http::{Client, clean};
use minijinja::Value;
use url::Url;

use crate::failures::{LOGIC_APP, OPERATION, PARTY, TEMPLATES, failed, of_answer};
use crate::template_set::{BuiltIn, Localised, TemplateSet, foreign};
use crate::{Error, SendPinUrl};

const NAME: Localised = Localised("send-pin.json", Language::English);

/// Response header with the id of the run in the Logic App's run history.
const RUN_ID: &str = "x-ms-workflow-run-id";

/// Template `send-pin.json`: the request body for the Logic App.
///
/// Variables: `user_id`, `user_name`, `serial_number`, `pin`, `shipment_id` (of the delivery service), `message_id`
/// (the same for every automatic attempt), `contacts` (a list, may be empty) and `change_on_first_use`. Values are
/// rendered as JSON, strings with quotes: `"pin": {{ pin }}`.
#[derive(Clone)]
pub struct PinRequestTemplate(Arc<TemplateSet>);

struct Values<'a> {
    user_id: &'a str,
    user_name: &'a str,
    serial_number: &'a str,
    pin: &'a str,
    shipment_id: &'a str,
    message_id: &'a str,
    contacts: Vec<&'a str>,
    change_on_first_use: bool,
}

impl From<Values<'_>> for Value {
    fn from(values: Values<'_>) -> Self {
        Self::from_pairs([
            ("user_id", Self::from(values.user_id)),
            ("user_name", foreign(values.user_name)),
            ("serial_number", foreign(values.serial_number)),
            ("pin", Self::from(values.pin)),
            ("shipment_id", foreign(values.shipment_id)),
            ("message_id", Self::from(values.message_id)),
            ("contacts", values.contacts.into_iter().map(Self::from).collect()),
            ("change_on_first_use", Self::from(values.change_on_first_use)),
        ])
    }
}

impl PinRequestTemplate {
    // inferred: the member names; the body that the vendor's connector sends is not public.
    const BUILT_IN: BuiltIn = BuiltIn { name: NAME.0, text: include_str!("../templates/send-pin.json"), german: None };

    /// Loads `send-pin.json` from `folder` if the file exists, else the built-in template.
    ///
    /// # Errors
    /// The errors of [`crate::MailTemplates::load`], and [`Error::Template`] if the rendered body is not a JSON object
    /// or does not contain the PIN.
    pub fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let set = TemplateSet::load(&[Self::BUILT_IN], folder)?;
        let pin = "\"\\<Sample>&482137'";
        for (contacts, change_on_first_use) in
            [(vec![], true), (vec!["a@contoso.example"], false), (vec!["a@contoso.example", "b@contoso.example"], true)]
        {
            let values = Value::from(Values {
                user_id: "ada@contoso.example",
                user_name: "Ada \"Countess\" Lovelace",
                serial_number: "20123456",
                pin,
                shipment_id: "8gYnYQk5vVqYzKqY1p2xTQ",
                message_id: "0196f0a0-0000-7000-8000-00000000000a.1",
                contacts,
                change_on_first_use,
            });
            let body = parse(&set.check(NAME, &values)?).map_err(|error| {
                let problem = format!(
                    "the rendered body is not a JSON object ({error}): write values without quotes, as {{{{ pin }}}}"
                );
                set.refusal(NAME, Some(error.line()), problem)
            })?;
            if !body.to_string().contains("482137") {
                return Err(set.refusal(NAME, None, "the body does not contain the PIN: add {{ pin }}"));
            }
        }
        Ok(Self(Arc::new(set)))
    }

    fn render(&self, notice: &PinNotice<'_>) -> Result<serde_json::Value, Failure> {
        let user_id = notice.user.to_string();
        let values = Value::from(Values {
            user_id: &user_id,
            user_name: notice.user_name,
            serial_number: notice.serial.as_str(),
            pin: notice.pin.expose(),
            shipment_id: notice.delivery_id.as_str(),
            message_id: notice.message_id,
            contacts: notice.addressees.iter().map(|contact| contact.as_str()).collect(),
            change_on_first_use: notice.change_on_first_use,
        });
        let body = self.0.render(NAME, &values)?;
        parse(&body).map_err(|error| {
            failed(
                &TEMPLATES,
                FailureKind::Found("template-failed"),
                format!(
                    "the template {} does not render a JSON object for this shipment (line {}): \
                     write values without quotes",
                    self.0.origin(NAME.0),
                    error.line()
                ),
            )
        })
    }
}

fn parse(body: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str::<serde_json::Map<_, _>>(body).map(serde_json::Value::Object)
}

/// Sends PINs to a Logic App (guide section 6.2.3).
pub struct LogicAppDelivery {
    /// For `Debug`, which must not show the signature.
    shown: SendPinUrl,
    url: Url,
    http: Client,
    tokens: Option<Arc<dyn TokenSource>>,
    template: PinRequestTemplate,
}

impl LogicAppDelivery {
    /// Creates the sender without calling the Logic App. With `tokens`, which provides tokens that the trigger's policy
    /// accepts, the signature in the URL is not sent.
    pub fn new(
        url: SendPinUrl,
        http: Client,
        tokens: Option<Arc<dyn TokenSource>>,
        template: PinRequestTemplate,
    ) -> Self {
        let target = if tokens.is_some() { url.unsigned() } else { url.expose().clone() };
        Self { shown: url, url: target, http, tokens, template }
    }
}

#[async_trait]
impl PinDelivery for LogicAppDelivery {
    fn addressing(&self) -> Addressing {
        Addressing::ByTheOtherSide
    }

    /// Sends the PIN. Any 2xx status is success.
    ///
    /// A Logic App without a Response action answers 202 before it runs, so that a failed mail is only visible in its
    /// run history. With a Response action, success means that the mail was sent.
    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let body = self.template.render(notice)?;
        let request = || {
            self.http
                .post(&self.url)
                .about(PARTY, OPERATION)
                // inferred: Logic Apps do not return `client-request-id` on their own, but a Response action may pass
                // on the headers of a call that the workflow made to Graph.
                .without_comparing_ids()
                .hide_query()
                .hide(notice.pin.expose())
                .json(&body)
        };
        let answer = match &self.tokens {
            Some(tokens) => send_authorized(tokens.as_ref(), &LOGIC_APP, OPERATION, request).await?,
            None => request().send().await.map_err(|error| error.into_failure(&LOGIC_APP, OPERATION))?,
        };
        if !answer.is_success() {
            return Err(of_answer(&LOGIC_APP, "the Logic App", &answer));
        }
        if answer.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html")) {
            let what = "received a web page instead of the Logic App's answer: check for a proxy in between";
            return Err(answer.not_understood(&LOGIC_APP, OPERATION, what));
        }
        let run = answer.header(RUN_ID).map(clean);
        keyferry_http::measure::count_delivered_pin("logic_app");
        tracing::info!(shipment = %notice.shipment, status = answer.status, run, "handed PIN to Logic App");
        Ok(())
    }

    /// The workflow sends PINs only. The settings rule this call out.
    async fn deliver_link(&self, _: &LinkNotice<'_>) -> Result<(), Failure> {
        let message = "the Logic App sends PINs, and no links to them. Set KEYFERRY_PIN_BY to smtp or graph";
        Err(failed(&LOGIC_APP, FailureKind::Found("links-not-possible"), message))
    }

    /// The workflow sends PINs only. The settings rule this call out.
    async fn mail_person(&self, _: &PersonNotice<'_>) -> Result<(), Failure> {
        let message = "the Logic App sends PINs, and no other mails. Set KEYFERRY_PIN_BY to smtp or graph";
        Err(failed(&LOGIC_APP, FailureKind::Found("mails-not-possible"), message))
    }

    /// The workflow sends PINs only.
    async fn tell_released(&self, _: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        Ok(Told::NotPossible)
    }
}

impl fmt::Debug for LogicAppDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogicAppDelivery").field("url", &self.shown).finish_non_exhaustive()
    }
}
