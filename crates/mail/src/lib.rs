//! PIN delivery by a mail server ([`SmtpDelivery`]), Microsoft Graph ([`GraphDelivery`]) or a Logic App
//! ([`LogicAppDelivery`]).
//!
//! The PIN is only in the body of the mail or request. If the other side repeats it in an error, it is redacted before
//! the error is logged or stored.
//!
//! Each type implements the port `PinDelivery`, which delivers one PIN. The engine selects the addressee, except for a
//! Logic App, which looks up the manager itself. The engine also decides whether a PIN is sent again.
//!
//! Start reading at `smtp.rs`, `graph.rs` or `logic_app.rs`. `templates.rs` renders the mail.

mod error;
pub mod failures;
mod graph;
mod logic_app;
mod mail_from;
mod person_mail;
mod self_check;
mod send_pin_url;
mod settings;
mod smtp;
mod template_set;
mod templates;

pub use error::Error;
pub use graph::{GraphDelivery, GraphSettings};
pub use logic_app::{LogicAppDelivery, PinRequestTemplate};
pub use send_pin_url::SendPinUrl;
pub use settings::{LogicAppSettings, PinChannelSettings, PinDeliverySettings, SendMailSettings};
pub use smtp::{SmtpCredentials, SmtpDelivery, SmtpLimits, SmtpSettings, SmtpTls, SmtpUserSettings};
pub use templates::MailTemplates;
