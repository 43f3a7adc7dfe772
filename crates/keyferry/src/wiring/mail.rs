//! The way the PIN goes.

use std::sync::Arc;

use keyferry_domain::{Clock, PinDelivery};
use keyferry_mail::failures::SMTP;
use keyferry_mail::{
    GraphDelivery, GraphSettings, LogicAppDelivery, MailTemplates, PinRequestTemplate, PinWaySettings, SmtpCredentials,
    SmtpDelivery, SmtpSettings,
};

use super::outside::{Kept, Outside};
use crate::config::Settings;

pub(super) fn way(
    settings: &Settings,
    outside: &Outside,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn PinDelivery>, String> {
    let templates = settings.pin_delivery.templates.as_deref();
    let way = match &settings.pin_delivery.way {
        PinWaySettings::LogicApp(logic_app) => PinRequestTemplate::load(templates).map(|body| {
            Arc::new(LogicAppDelivery::new(logic_app.url.clone(), outside.http.clone(), body)) as Arc<dyn PinDelivery>
        }),
        PinWaySettings::Smtp(smtp, user) => {
            let extra_roots_pem = settings.outgoing.extra_ca.clone().into_iter().collect();
            let server = SmtpSettings { extra_roots_pem, ..smtp.clone() };
            let credentials = user.user.clone().zip(user.password.clone());
            let credentials =
                credentials.map(|(user, password)| SmtpCredentials { user, password: Arc::new(Kept(password, &SMTP)) });
            MailTemplates::load(templates).and_then(|templates| {
                let way = SmtpDelivery::new(server, credentials, templates, clock.clone())?;
                Ok(Arc::new(way) as Arc<dyn PinDelivery>)
            })
        }
        PinWaySettings::Graph(mail) => {
            let sender = GraphSettings { graph: outside.graph_endpoint.clone(), sender: mail.sender.clone() };
            MailTemplates::load(templates).and_then(|templates| {
                let tokens = outside.graph_tokens.clone();
                let way = GraphDelivery::new(&sender, outside.http.clone(), tokens, templates)?;
                Ok(Arc::new(way) as Arc<dyn PinDelivery>)
            })
        }
    };
    way.map_err(|error| error.to_string())
}
