//! Signature of a message.
//!
//! Standard Webhooks, "Signature scheme": HMAC-SHA256 over `id.timestamp.body`, in base64, as `v1,…`. Several
//! signatures, separated by spaces, are valid at the same time: of each secret during a rotation.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_domain::SecretBytes;

use crate::secret;

/// Returns the value of the header `webhook-signature`. `None` if a secret is invalid.
pub(crate) fn header(id: &str, seconds: i64, body: &str, secrets: &[SecretBytes]) -> Option<String> {
    let signatures: Option<Vec<_>> = secrets.iter().map(|secret| sign(id, seconds, body, secret)).collect();
    signatures.filter(|signatures| !signatures.is_empty()).map(|signatures| signatures.join(" "))
}

fn sign(id: &str, seconds: i64, body: &str, secret: &SecretBytes) -> Option<String> {
    let key = secret::key(secret)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, which its libraries also test.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_as_the_specification() {
        let secrets = [SecretBytes::new(SECRET.as_bytes().to_vec())];
        assert_eq!(header(ID, 1_614_265_330, BODY, &secrets).as_deref(), Some(SIGNATURE));
    }

    #[test]
    fn signs_with_each_secret() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let secrets = [other, SECRET.to_owned()].map(|secret| SecretBytes::new(secret.into_bytes()));
        let header = header(ID, 1_614_265_330, BODY, &secrets).unwrap();
        let [first, second] = header.split(' ').collect::<Vec<_>>()[..] else { panic!("{header}") };
        assert!(first.starts_with("v1,") && first != SIGNATURE, "{header}");
        assert_eq!(second, SIGNATURE);
    }

    #[test]
    fn no_message_is_unsigned() {
        assert_eq!(header(ID, 0, BODY, &[]), None);
        assert_eq!(header(ID, 0, BODY, &[SecretBytes::new(b"whsec_".to_vec())]), None);
    }
}
