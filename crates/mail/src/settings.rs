//! Settings of PIN delivery: the kind of delivery, and what that kind needs.

use std::path::PathBuf;

use keyferry_settings::{
    Declaration, ErrorRecorded, Reader, Secret, SettingError, SettingsGroup, parse, secret_text, setting, settings,
};

use crate::mail_from::mail_from;
use crate::send_pin_url::SendPinUrl;
use crate::smtp::{SmtpSettings, SmtpUserSettings};

/// Kind of PIN delivery, and the folder of templates.
#[derive(Clone, Debug)]
pub struct PinDeliverySettings {
    /// Kind of delivery, with its settings.
    pub way: PinChannelSettings,
    /// Folder with the administrator's templates.
    pub templates: Option<PathBuf>,
}

/// Kind of PIN delivery, with its settings.
#[derive(Clone, Debug)]
pub enum PinChannelSettings {
    /// Call of a Logic App.
    LogicApp(LogicAppSettings),
    /// Mail by a mail server.
    Smtp(SmtpSettings, SmtpUserSettings),
    /// Mail by Graph `sendMail`.
    Graph(SendMailSettings),
}

impl SettingsGroup for PinDeliverySettings {
    fn declarations() -> Vec<Declaration> {
        // `SendMailSettings` is left out: its only setting is declared by `SmtpSettings`, too.
        [
            WaySettings::declarations(),
            LogicAppSettings::declarations(),
            SmtpSettings::declarations(),
            SmtpUserSettings::declarations(),
            TemplateSettings::declarations(),
        ]
        .concat()
    }

    /// Reads only the settings of the chosen kind of delivery.
    fn read(reader: &mut Reader<'_>) -> Result<Self, ErrorRecorded> {
        let templates = TemplateSettings::read(reader);
        let way = match WaySettings::read(reader)?.way {
            Way::LogicApp => reader
                .required_if("with KEYFERRY_PIN_BY=logic-app", LogicAppSettings::read)
                .map(PinChannelSettings::LogicApp),
            Way::Smtp => reader.required_if("with KEYFERRY_PIN_BY=smtp", smtp),
            Way::Graph => {
                reader.required_if("with KEYFERRY_PIN_BY=graph", SendMailSettings::read).map(PinChannelSettings::Graph)
            }
        };
        Ok(Self { way: way?, templates: templates?.templates })
    }

    fn status(&self) -> Vec<(&'static str, String)> {
        match &self.way {
            PinChannelSettings::LogicApp(settings) => settings.status(),
            PinChannelSettings::Smtp(..) | PinChannelSettings::Graph(_) => vec![(STATUS, String::new())],
        }
    }
}

fn smtp(reader: &mut Reader<'_>) -> Result<PinChannelSettings, ErrorRecorded> {
    let server = SmtpSettings::read(reader);
    let user = SmtpUserSettings::read(reader)?;
    match (&user.user, &user.password) {
        (Some(_), None) => Err(reader.missing("KEYFERRY_SMTP_PASSWORD", "with KEYFERRY_SMTP_USER")),
        (None, Some(_)) => Err(reader.missing("KEYFERRY_SMTP_USER", "with KEYFERRY_SMTP_PASSWORD")),
        _ => Ok(PinChannelSettings::Smtp(server?, user)),
    }
}

/// JSON member of `/v1/status`.
const STATUS: &str = "EMAIL_API_SEND_ENDPOINT";

#[derive(Clone, Copy, Debug)]
enum Way {
    LogicApp,
    Smtp,
    Graph,
}

settings! {
    /// Kind of delivery.
    #[derive(Clone, Debug)]
    struct WaySettings in "PIN delivery" {
        /// How PINs are delivered.
        way: Way = setting("KEYFERRY_PIN_BY", |text| {
                parse::choice(text, &[("logic-app", Way::LogicApp), ("smtp", Way::Smtp), ("graph", Way::Graph)])
            })
            .default("logic-app")
            .expected("`logic-app`, `smtp` or `graph`")
            .example("smtp"),
    }
}

settings! {
    /// Settings of `logic-app`.
    #[derive(Clone, Debug)]
    pub struct LogicAppSettings in "PIN delivery" {
        /// Workflow URL of the Logic App that receives PINs (`logic-app`). Unless `KEYFERRY_SEND_PIN_AUDIENCE` is set,
        /// the URL's query contains a signature: treat the URL as a secret. Read at start only: a change needs a
        /// restart. `EMAIL_API_SEND_ENDPOINT` is accepted, too.
        pub url: SendPinUrl = secret_text("SEND_PIN_URL", send_pin_url)
            .aliases(&["EMAIL_API_SEND_ENDPOINT"])
            .expected("the Logic App's workflow URL, https")
            .status_as(STATUS, SendPinUrl::without_query),

        /// Audience of the access token by which the connector authenticates to the Logic App, instead of the signature
        /// in `SEND_PIN_URL`. The token is that of the identity in `KEYFERRY_AZURE_IDENTITY`. The trigger needs a
        /// policy that accepts it. The Azure template sets both. Default: the signature authenticates.
        pub audience: Option<String> = setting("KEYFERRY_SEND_PIN_AUDIENCE", parse::text)
            .expected("the audience in the policy of the Logic App's trigger")
            .example("https://management.azure.com"),
    }
}

settings! {
    /// Settings of `graph`.
    #[derive(Clone, Debug)]
    pub struct SendMailSettings in "PIN delivery" {
        /// Sending mailbox.
        pub sender: String = mail_from(),
    }
}

settings! {
    /// Settings of templates.
    #[derive(Clone, Debug)]
    struct TemplateSettings in "PIN delivery" {
        /// Folder with your own `pin.subject.txt`, `pin.txt`, `pin.html` (mails) or `send-pin.json` (request to the
        /// Logic App). Built-in templates replace missing files. Its folder `de` can contain German ones.
        templates: Option<PathBuf> = setting("KEYFERRY_TEMPLATES", parse::path)
            .expected("a path to a folder")
            .example("/etc/keyferry/templates"),
    }
}

fn send_pin_url(secret: Secret) -> Result<SendPinUrl, SettingError> {
    SendPinUrl::parse(&secret.read()?).map_err(|error| SettingError(error.to_string()))
}
