//! The way the PIN goes.

use std::sync::Arc;

use keyferry_domain::{Clock, Party, PinDelivery};
use keyferry_mail::{
    GraphDelivery, GraphSettings, LogicAppDelivery, MailTemplates, PinRequestTemplate, SmtpCredentials, SmtpDelivery,
    SmtpSettings,
};

use super::outside::{Kept, Outside};
use crate::config::{PinBy, Settings};

pub(super) fn way(
    settings: &Settings,
    outside: &Outside,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn PinDelivery>, String> {
    let templates = settings.templates.as_deref();
    let way = match &settings.pin_by {
        PinBy::LogicApp { url } => PinRequestTemplate::load(templates).map(|body| {
            Arc::new(LogicAppDelivery::new(url.clone(), outside.http.clone(), body)) as Arc<dyn PinDelivery>
        }),
        PinBy::Smtp { host, port, tls, user, from } => {
            let server = SmtpSettings {
                port: *port,
                extra_roots_pem: settings.extra_ca.clone().into_iter().collect(),
                ..SmtpSettings::new(host, *tls, from.as_str())
            };
            let credentials = user.as_ref().map(|(user, password)| SmtpCredentials {
                user: user.clone(),
                password: Arc::new(Kept(password.clone(), Party::PinDelivery)),
            });
            MailTemplates::load(templates).and_then(|templates| {
                let way = SmtpDelivery::new(server, credentials, templates, clock.clone())?;
                Ok(Arc::new(way) as Arc<dyn PinDelivery>)
            })
        }
        PinBy::Graph { from } => {
            let sender = GraphSettings { graph: outside.graph_endpoint.clone(), sender: from.as_str().to_owned() };
            MailTemplates::load(templates).and_then(|templates| {
                let tokens = outside.graph_tokens.clone();
                let way = GraphDelivery::new(&sender, outside.http.clone(), tokens, templates)?;
                Ok(Arc::new(way) as Arc<dyn PinDelivery>)
            })
        }
    };
    way.map_err(|error| error.to_string())
}
