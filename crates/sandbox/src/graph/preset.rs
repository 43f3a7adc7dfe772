//! Passkeys of the generated people who are at the limit. Nobody has their private keys.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use chrono::{DateTime, Utc};
use keyferry_webauthn::PublicKey;
use uuid::Uuid;

use super::encoding;
use super::methods::{Method, Methods};
use crate::ground::random;

/// Registers as many passkeys as the limit permits for each of these users.
pub(super) fn fill(methods: &Methods, users: impl Iterator<Item = Uuid>, limit: usize, now: DateTime<Utc>) {
    let Some(public_key) = public_key() else { return };
    for (user, number) in users.flat_map(|user| (1..=limit).map(move |number| (user, number))) {
        let credential_id = random::uuid().as_bytes().to_vec();
        let method = Method {
            id: encoding::token(&credential_id),
            user,
            display_name: format!("Passkey {number}"),
            created: now,
            aaguid: Uuid::nil(),
            model: None,
            certificates: Vec::new(),
            attested: false,
            credential_id,
            public_key: public_key.clone(),
            sign_count: 0,
            backup_eligible: false,
        };
        if let Err(reason) = methods.add(method, limit) {
            tracing::error!(%user, ?reason, "could not register passkey of generated user");
        }
    }
}

/// Returns the public key of a new key pair, whose private key is dropped.
fn public_key() -> Option<PublicKey> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).ok()?;
    // Uncompressed point: 0x04, x, y.
    let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    PublicKey::from_cose(&[&head[..], x, &[0x22, 0x58, 0x20], y].concat()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_at_the_limit_can_register_no_other_passkey() {
        let methods = Methods::default();
        let user = Uuid::from_u128(7);
        fill(&methods, [user].into_iter(), 10, DateTime::UNIX_EPOCH);
        assert_eq!(methods.of(user).len(), 10);
        fill(&methods, [user].into_iter(), 11, DateTime::UNIX_EPOCH);
        assert_eq!(methods.of(user).len(), 11);
    }
}
