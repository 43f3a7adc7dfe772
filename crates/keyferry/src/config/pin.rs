//! Which way the PIN goes.

use keyferry_domain::EmailAddress;
use keyferry_mail::{SendPinUrl, SmtpTls};

use super::parse::{Noted, Reader};
use super::{Secret, SettingError};

/// The way the PIN goes, with what it needs.
pub(crate) enum PinBy {
    LogicApp { url: SendPinUrl },
    Smtp { host: String, port: u16, tls: SmtpTls, user: Option<(String, Secret)>, from: EmailAddress },
    Graph { from: EmailAddress },
}

/// Reads the way and all that it needs.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<PinBy, Noted> {
    let ways: [(_, Way); 3] = [("logic-app", logic_app), ("smtp", smtp), ("graph", graph)];
    let way = reader.choice("KEYFERRY_PIN_BY", &ways)?;
    way(reader)
}

type Way = fn(&mut Reader<'_>) -> Result<PinBy, Noted>;

fn logic_app(reader: &mut Reader<'_>) -> Result<PinBy, Noted> {
    let secret = reader.required_secret("SEND_PIN_URL", "with KEYFERRY_PIN_BY=logic-app")?;
    let value = secret.read().map_err(|error| reader.add(error))?;
    let url = SendPinUrl::parse(&String::from_utf8_lossy(value.expose()));
    Ok(PinBy::LogicApp { url: url.map_err(|error| reader.add(SettingError(error.to_string())))? })
}

fn smtp(reader: &mut Reader<'_>) -> Result<PinBy, Noted> {
    let host = match reader.optional("KEYFERRY_SMTP_HOST") {
        Some(host) => Ok(host),
        None => Err(reader.missing("KEYFERRY_SMTP_HOST", "with KEYFERRY_PIN_BY=smtp")),
    };
    let port = reader.optional_number("KEYFERRY_SMTP_PORT", 1, u16::MAX);
    let tls = reader.choice("KEYFERRY_SMTP_TLS", &[("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit)]);
    let user = match (reader.optional("KEYFERRY_SMTP_USER"), reader.secret("KEYFERRY_SMTP_PASSWORD")?) {
        (Some(user), Some(password)) => Ok(Some((user, password))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(reader.missing("KEYFERRY_SMTP_PASSWORD", "with KEYFERRY_SMTP_USER")),
        (None, Some(_)) => Err(reader.missing("KEYFERRY_SMTP_USER", "with KEYFERRY_SMTP_PASSWORD")),
    };
    let from = sender(reader, "with KEYFERRY_PIN_BY=smtp");
    let tls = tls?;
    Ok(PinBy::Smtp { host: host?, port: port?.unwrap_or(tls.port()), tls, user: user?, from: from? })
}

fn graph(reader: &mut Reader<'_>) -> Result<PinBy, Noted> {
    Ok(PinBy::Graph { from: sender(reader, "with KEYFERRY_PIN_BY=graph")? })
}

fn sender(reader: &mut Reader<'_>, why: &str) -> Result<EmailAddress, Noted> {
    let name = "KEYFERRY_MAIL_FROM";
    match reader.read_optional(name, |text| EmailAddress::parse(text).map_err(|error| error.to_string()))? {
        Some(address) => Ok(address),
        None => Err(reader.missing(name, why)),
    }
}
