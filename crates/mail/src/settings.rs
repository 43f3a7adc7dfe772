//! Settings of PIN delivery: which way the PIN goes, and what that way needs.

use std::path::PathBuf;

use keyferry_settings::{
    Declaration, Noted, Reader, Secret, SettingError, SettingsGroup, parse, secret_text, setting, settings,
};

use crate::mail_from::mail_from;
use crate::send_pin_url::SendPinUrl;
use crate::smtp::{SmtpSettings, SmtpUserSettings};

/// The way the PIN goes, and the templates of what is sent.
#[derive(Clone, Debug)]
pub struct PinDeliverySettings {
    /// The way, with what it needs.
    pub way: PinWaySettings,
    /// Folder with the administrator's own templates.
    pub templates: Option<PathBuf>,
}

/// The way the PIN goes, with what it needs.
#[derive(Clone, Debug)]
pub enum PinWaySettings {
    /// To a Logic App.
    LogicApp(LogicAppSettings),
    /// By a mail server.
    Smtp(SmtpSettings, SmtpUserSettings),
    /// By Graph's `sendMail`.
    Graph(SendMailSettings),
}

impl SettingsGroup for PinDeliverySettings {
    fn declarations() -> Vec<Declaration> {
        // `SendMailSettings` has only what `SmtpSettings` has, too.
        [
            WaySettings::declarations(),
            LogicAppSettings::declarations(),
            SmtpSettings::declarations(),
            SmtpUserSettings::declarations(),
            TemplateSettings::declarations(),
        ]
        .concat()
    }

    /// Reads only what the chosen way needs.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Noted> {
        let templates = TemplateSettings::read(reader);
        let way = match WaySettings::read(reader)?.way {
            Way::LogicApp => {
                reader.because("with KEYFERRY_PIN_BY=logic-app", LogicAppSettings::read).map(PinWaySettings::LogicApp)
            }
            Way::Smtp => reader.because("with KEYFERRY_PIN_BY=smtp", smtp),
            Way::Graph => {
                reader.because("with KEYFERRY_PIN_BY=graph", SendMailSettings::read).map(PinWaySettings::Graph)
            }
        };
        Ok(Self { way: way?, templates: templates?.templates })
    }

    fn status(&self) -> Vec<(&'static str, String)> {
        match &self.way {
            PinWaySettings::LogicApp(settings) => settings.status(),
            PinWaySettings::Smtp(..) | PinWaySettings::Graph(_) => vec![(STATUS, String::new())],
        }
    }
}

fn smtp(reader: &mut Reader<'_>) -> Result<PinWaySettings, Noted> {
    let server = SmtpSettings::read(reader);
    let user = SmtpUserSettings::read(reader)?;
    match (&user.user, &user.password) {
        (Some(_), None) => Err(reader.missing("KEYFERRY_SMTP_PASSWORD", "with KEYFERRY_SMTP_USER")),
        (None, Some(_)) => Err(reader.missing("KEYFERRY_SMTP_USER", "with KEYFERRY_SMTP_PASSWORD")),
        _ => Ok(PinWaySettings::Smtp(server?, user)),
    }
}

/// Member of `/v1/status`.
const STATUS: &str = "EMAIL_API_SEND_ENDPOINT";

#[derive(Clone, Copy, Debug)]
enum Way {
    LogicApp,
    Smtp,
    Graph,
}

settings! {
    /// Which way.
    #[derive(Clone, Debug)]
    struct WaySettings in "PIN delivery" {
        /// Which way the PIN goes.
        way: Way = setting("KEYFERRY_PIN_BY", |text| {
                parse::choice(text, &[("logic-app", Way::LogicApp), ("smtp", Way::Smtp), ("graph", Way::Graph)])
            })
            .default("logic-app")
            .expected("`logic-app`, `smtp` or `graph`")
            .example("smtp"),
    }
}

settings! {
    /// What the way `logic-app` needs.
    #[derive(Clone, Debug)]
    pub struct LogicAppSettings in "PIN delivery" {
        /// Where the PIN goes with `logic-app`. The URL's query holds a signature: treat it as a secret. Read at start only: a change needs
        /// a restart. `EMAIL_API_SEND_ENDPOINT` is accepted, too.
        pub url: SendPinUrl = secret_text("SEND_PIN_URL", send_pin_url)
            .aliases(&["EMAIL_API_SEND_ENDPOINT"])
            .expected("the Logic App's workflow URL, https")
            .status_as(STATUS, SendPinUrl::without_query),
    }
}

settings! {
    /// What the way `graph` needs.
    #[derive(Clone, Debug)]
    pub struct SendMailSettings in "PIN delivery" {
        /// The mailbox that sends.
        pub sender: String = mail_from(),
    }
}

settings! {
    /// The templates.
    #[derive(Clone, Debug)]
    struct TemplateSettings in "PIN delivery" {
        /// Folder with your own `pin.subject.txt`, `pin.txt`, `pin.html` (mails) or `send-pin.json` (what the Logic App gets); what is
        /// missing there is taken from the program.
        templates: Option<PathBuf> = setting("KEYFERRY_TEMPLATES", parse::path)
            .expected("a path to a folder")
            .example("/etc/keyferry/templates"),
    }
}

fn send_pin_url(secret: Secret) -> Result<SendPinUrl, SettingError> {
    SendPinUrl::parse(&secret.read()?).map_err(|error| SettingError(error.to_string()))
}
