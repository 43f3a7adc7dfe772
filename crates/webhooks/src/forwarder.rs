//! Forwards events of the API to a receiver that is being developed.

use aws_lc_rs::digest::{SHA256, digest};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use keyferry_domain::ports::{ATTEMPT_TIMEOUT, WebhookMessage};
use keyferry_domain::{Attempt, Entropy, MessageId, SecretBytes, Timestamp, WebhookSender as _};
use keyferry_http::Error;

use crate::{Sender, WebhookSettings};

/// Sends events to one URL, with the headers and the body with which Keyferry sends them to a webhook.
///
/// The one who runs it also chooses the URL, so that it may be at any address. As for webhooks, it must be https, or
/// http to this machine.
pub struct Forwarder {
    sender: Sender,
    url: String,
    secrets: [SecretBytes; 1],
}

/// An event of the API.
#[derive(Clone, Copy, Debug)]
pub struct ForwardedEvent<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: &'a str,
    /// Number of the event within its shipment.
    pub number: u32,
    /// Time of the event.
    pub timestamp: Timestamp,
    /// JSON of the event, as the API wrote it.
    pub body: &'a str,
}

impl Forwarder {
    /// Creates the forwarder. Makes no call.
    ///
    /// # Errors
    /// The URL or the secret is invalid, or there is no certificate authority. Does not contain the secret.
    pub fn new(url: &str, secret: SecretBytes) -> Result<Self, String> {
        let everywhere: [IpNet; 2] = [Ipv4Net::default().into(), Ipv6Net::default().into()];
        let settings = WebhookSettings { private_addresses: everywhere.into() };
        let sender = Sender::new(&settings, None).map_err(|error: Error| error.to_string())?;
        sender.check_url(url).map_err(|reason| format!("the URL of the receiver: {reason}"))?;
        sender.check_secret(&secret).map_err(|reason| format!("the signing secret: {reason}"))?;
        Ok(Self { sender, url: url.to_owned(), secrets: [secret] })
    }

    /// Sends the event once, at the time `at`. The message of an event has the same id each time, so that a receiver
    /// notices repetitions.
    pub async fn send(&self, event: ForwardedEvent<'_>, at: Timestamp) -> Attempt {
        let message = WebhookMessage {
            id: id(event),
            url: &self.url,
            at,
            body: event.body,
            secrets: &self.secrets,
            timeout: ATTEMPT_TIMEOUT,
        };
        self.sender.send(&message).await
    }
}

impl ForwardedEvent<'_> {
    /// Returns the id of its message.
    pub fn message_id(self) -> MessageId {
        id(self)
    }
}

/// Creates a secret of the form that [`Forwarder::new`] accepts.
///
/// # Errors
/// The system has no randomness.
pub fn new_secret() -> Result<SecretBytes, String> {
    crate::secret::create()
}

/// Returns the id of the message of an event: a UUIDv7 whose random part is a digest of what identifies the event.
fn id(event: ForwardedEvent<'_>) -> MessageId {
    struct Digest<'a>(&'a [u8]);
    impl Entropy for Digest<'_> {
        fn fill(&self, buffer: &mut [u8]) {
            for (byte, digit) in buffer.iter_mut().zip(self.0.iter().cycle()) {
                *byte = *digit;
            }
        }
    }
    let digest = digest(&SHA256, format!("{}/{}", event.shipment, event.number).as_bytes());
    MessageId::new(event.timestamp, &Digest(digest.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(shipment: &str, number: u32) -> ForwardedEvent<'_> {
        ForwardedEvent { shipment, number, timestamp: Timestamp::UNIX_EPOCH, body: "{}" }
    }

    #[test]
    fn each_event_has_one_message_id() {
        let one = id(event("a", 1));
        assert_eq!((one, one.to_string().len()), (id(event("a", 1)), 36));
        assert!(MessageId::parse(&one.to_string()).is_some(), "{one}");
        assert!(one != id(event("a", 2)) && one != id(event("b", 1)));
        let later = ForwardedEvent {
            timestamp: Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(86_400),
            ..event("a", 1)
        };
        assert!(id(later) > one, "ids sort by the time of the event");
    }

    #[test]
    fn only_https_or_this_machine() {
        let new = |url: &str| Forwarder::new(url, new_secret().unwrap()).map(drop);
        for url in ["https://10.0.0.1/hook", "https://hooks.example/", "http://localhost:3000/", "http://[::1]/"] {
            assert_eq!(new(url), Ok(()), "{url}");
        }
        for url in ["http://hooks.example/", "http://10.0.0.1/", "ftp://localhost/", "localhost:3000", "https://a:b@c/"]
        {
            assert!(new(url).unwrap_err().contains("the URL of the receiver: expected an https URL"), "{url}");
        }
        let invalid = Forwarder::new("https://hooks.example/", SecretBytes::new(b"canary".to_vec()));
        let reason = invalid.map(drop).unwrap_err();
        assert!(reason.contains("whsec_") && !reason.contains("canary"), "{reason}");
    }
}
