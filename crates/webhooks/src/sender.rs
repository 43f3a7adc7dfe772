//! Sends one message.

use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use keyferry_domain::ports::WebhookMessage;
use keyferry_domain::{Attempt, AttemptOutcome, SecretBytes, WebhookSender};
use keyferry_http::{AddressRule, CallError, Client, ClientOptions, Error, UrlExt as _, clean};
use url::{Host, Url};

use crate::settings::WebhookSettings;
use crate::{addresses, secret, signature};

/// Largest response in bytes. Only its status counts.
const LARGEST_RESPONSE: usize = 64 * 1024;

/// Longest URL in bytes.
const LONGEST_URL: usize = 2000;

/// Longest pause that a receiver can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(12 * 3600);

/// Sends messages to webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    http: Client,
    permitted: Vec<IpNet>,
}

impl Sender {
    /// Creates the sender. Makes no call. `extra_ca` are certificate authorities to trust in addition (PEM).
    ///
    /// # Errors
    /// Fails if a certificate is invalid, or if the system has none.
    pub fn new(settings: &WebhookSettings, extra_ca: Option<&[u8]>) -> Result<Self, Error> {
        let permitted = settings.private_addresses.clone();
        let rule = permitted.clone();
        let options = ClientOptions {
            // The engine has its own, shorter one for each message.
            timeout: Duration::from_secs(60),
            max_body: LARGEST_RESPONSE,
            extra_roots_pem: extra_ca.map(<[u8]>::to_vec).into_iter().collect(),
            addresses: Some(AddressRule::new(move |address| addresses::is_permitted(address, &rule))),
            ..ClientOptions::default()
        };
        Ok(Self { http: Client::new(options)?, permitted })
    }

    /// Returns the status of the response, and the time that the receiver asked to wait.
    async fn exchange(&self, message: &WebhookMessage<'_>) -> Result<(u16, Option<Duration>), String> {
        // Each time: the settings may have changed since the webhook was created.
        self.check_url(message.url)?;
        let url = Url::parse(message.url).map_err(|error| error.to_string())?;
        let (id, seconds) = (message.id.to_string(), message.at.timestamp());
        let signature = signature::header(&id, seconds, message.body, message.secrets)
            .ok_or_else(|| "its secret is missing or invalid. Rotate it.".to_owned())?;
        let request = self
            .http
            .post(&url)
            .hide_query()
            .without_comparing_ids()
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &seconds.to_string())
            .header("webhook-signature", &signature)
            .body(message.body.to_owned().into());
        let seconds = message.timeout.as_secs();
        match tokio::time::timeout(message.timeout, request.send()).await {
            Ok(Ok(answer)) => Ok((answer.status, answer.retry_after)),
            Ok(Err(error)) => status_of(&error).map(|status| (status, None)).ok_or_else(|| words(&error)),
            Err(_) => Err(format!("no response within {seconds} s")),
        }
    }
}

/// Returns the status of a response whose body could not be read. The body does not matter.
fn status_of(error: &CallError) -> Option<u16> {
    match error {
        CallError::TooLarge { status, .. } | CallError::InvalidResponse { status, .. } => Some(*status),
        _ => None,
    }
}

/// Returns the reason without the URL, whose path may be confidential.
fn words(error: &CallError) -> String {
    match error {
        CallError::NotSent { reason, .. } | CallError::CertificateRejected { reason, .. } => reason.clone(),
        CallError::Unreachable { reason, .. } => format!("no connection: {reason}"),
        CallError::ConnectionLost { reason, .. } => format!("connection lost: {reason}"),
        CallError::TimedOut { seconds, .. } => format!("no response within {seconds} s"),
        _ => "the call failed".to_owned(),
    }
}

#[async_trait]
impl WebhookSender for Sender {
    fn check_url(&self, url: &str) -> Result<(), String> {
        let expected = "expected an https URL of at most 2000 bytes, without user name, password and fragment";
        let parsed = Url::parse(url).map_err(|error| format!("{expected}, but it is not a URL: {error}"))?;
        if url.len() > LONGEST_URL {
            return Err(format!("{expected}, but got {} bytes", url.len()));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
            return Err(expected.to_owned());
        }
        match parsed.scheme() {
            "https" => {}
            "http" if parsed.is_loopback() => {}
            "http" => return Err(format!("{expected}, but got http, which is permitted only to this machine")),
            other => return Err(format!("{expected}, but got {:?}", clean(other))),
        }
        let literal = match parsed.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        match literal {
            Some(address) if !parsed.is_loopback() && !addresses::is_permitted(address, &self.permitted) => {
                Err(format!(
                    "{address} is not a public address. Use another host, or permit its network with \
                 KEYFERRY_WEBHOOK_PRIVATE_ADDRESSES"
                ))
            }
            _ => Ok(()),
        }
    }

    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String> {
        let expected = "expected `whsec_` and base64 of 24 to 64 random bytes";
        secret::key(secret).map(drop).ok_or_else(|| expected.to_owned())
    }

    fn new_secret(&self) -> Result<SecretBytes, String> {
        secret::create()
    }

    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt {
        match self.exchange(message).await {
            Ok((status, wait)) => {
                let problem = match status {
                    200..=299 => None,
                    300..=399 => Some("redirects are not followed. Set the new URL.".to_owned()),
                    410 => Some("the receiver does not want messages any more".to_owned()),
                    status => Some(format!("the receiver returned {status}")),
                };
                let retry_after = wait.map(|wait| wait.min(LONGEST_RETRY_AFTER));
                Attempt { outcome: AttemptOutcome { status: Some(status), problem }, retry_after }
            }
            Err(problem) => {
                Attempt { outcome: AttemptOutcome { status: None, problem: Some(problem) }, retry_after: None }
            }
        }
    }
}

#[cfg(test)]
mod tests;
