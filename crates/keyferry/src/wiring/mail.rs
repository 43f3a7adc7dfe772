//! PIN delivery.

use std::sync::Arc;

use keyferry_domain::PinDelivery;
use keyferry_domain::ports::SelfCheck;
use keyferry_mail::failures::SMTP;
use keyferry_mail::{
    GraphDelivery, GraphSettings, LogicAppDelivery, MailTemplates, PinChannelSettings, PinRequestTemplate,
    SmtpCredentials, SmtpDelivery, SmtpSettings,
};

use super::outside::{Outside, SecretSources, SettingSecret};
use super::store::azure_tokens;
use crate::config::Settings;

/// An adapter for PIN delivery, and its self-check.
type Way = (Arc<dyn PinDelivery>, Arc<dyn SelfCheck>);

pub(super) fn way(settings: &Settings, outside: &Outside, keyring: SecretSources<'_>) -> Result<Way, String> {
    let templates = settings.pin_delivery.templates.as_deref();
    let way = match &settings.pin_delivery.way {
        PinChannelSettings::LogicApp(logic_app) => {
            let audience = logic_app.audience.as_deref();
            let tokens = audience.map(|audience| azure_tokens(settings, audience, keyring)).transpose()?;
            let (url, http) = (logic_app.url.clone(), outside.http.clone());
            PinRequestTemplate::load(templates).map(|body| both(LogicAppDelivery::new(url, http, tokens, body)))
        }
        PinChannelSettings::Smtp(smtp, user) => {
            let extra_roots_pem = settings.outgoing.extra_ca.clone().into_iter().collect();
            let server = SmtpSettings { extra_roots_pem, ..smtp.clone() };
            let credentials = user.user.clone().zip(user.password.clone());
            let credentials = credentials
                .map(|(user, password)| SmtpCredentials { user, password: Arc::new(SettingSecret(password, &SMTP)) });
            MailTemplates::load(templates).and_then(|templates| {
                let way = SmtpDelivery::new(server, credentials, templates, keyring.clock.clone())?;
                Ok(both(way))
            })
        }
        PinChannelSettings::Graph(mail) => {
            let sender = GraphSettings { graph: outside.graph_endpoint.clone(), sender: mail.sender.clone() };
            MailTemplates::load(templates).and_then(|templates| {
                let tokens = outside.graph_tokens.clone();
                let way = GraphDelivery::new(&sender, outside.http.clone(), tokens, templates)?;
                Ok(both(way))
            })
        }
    };
    way.map_err(|error| error.to_string())
}

fn both(way: impl PinDelivery + SelfCheck + 'static) -> Way {
    let way = Arc::new(way);
    (way.clone(), way)
}
