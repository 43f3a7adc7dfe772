//! Authenticator data (section 6.1), signed by the authenticator.

use crate::{Aaguid, Error, Extensions, PublicKey, cbor, sha256};

const WHAT: &str = "authenticator data";
/// Length of RP id hash, flags and signature counter.
const HEADER: usize = 37;
/// Maximum length of a credential id, in bytes (section 4, "Credential ID").
pub(crate) const MAX_CREDENTIAL_ID: usize = 1023;

/// Flags of authenticator data (section 6.1). Reserved bits are preserved and have no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// User present.
    pub const UP: Self = Self(0x01);
    /// User verified, for example by PIN.
    pub const UV: Self = Self(0x04);
    /// Backup eligible: the credential is a synced passkey.
    pub const BE: Self = Self(0x08);
    /// Backup state: the credential is backed up.
    pub const BS: Self = Self(0x10);
    /// Attested credential data is included.
    pub const AT: Self = Self(0x40);
    /// Extension outputs are included.
    pub const ED: Self = Self(0x80);

    /// Returns whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the bits that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// A new credential in authenticator data (section 6.5.1).
#[derive(Clone, Debug, PartialEq)]
pub struct AttestedCredential {
    /// The authenticator's model.
    pub aaguid: Aaguid,
    /// Credential id, 1 to 1023 bytes.
    pub credential_id: Vec<u8>,
    /// The credential's public key.
    pub public_key: PublicKey,
}

/// Parsed authenticator data.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticatorData {
    /// SHA-256 of the relying party id.
    pub rp_id_hash: [u8; 32],
    /// Flags.
    pub flags: Flags,
    /// Signature counter; always 0 if the authenticator has no counter.
    pub sign_count: u32,
    /// The new credential; only at registration.
    pub attested: Option<AttestedCredential>,
    /// Extension outputs; may be empty.
    pub extensions: Extensions,
}

impl AuthenticatorData {
    /// Parses authenticator data, at most 64 KiB. Rejects trailing bytes.
    ///
    /// # Errors
    /// Fails if the data is too large, truncated, malformed, or longer than the flags announce.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > cbor::MAX_SIZE {
            return Err(Error::TooLarge { what: WHAT, length: bytes.len(), limit: cbor::MAX_SIZE });
        }
        let (rp_id_hash, rest) = take::<32>(bytes)?;
        let ([flags], rest) = take::<1>(rest)?;
        let (sign_count, mut rest) = take::<4>(rest)?;
        let flags = Flags(flags);
        let mut attested = None;
        if flags.contains(Flags::AT) {
            let (credential, after) = parse_credential(rest)?;
            attested = Some(credential);
            rest = after;
        }
        let mut extensions = Extensions::default();
        if flags.contains(Flags::ED) {
            let (value, after) = cbor::read_first("extensions", rest)?;
            extensions = Extensions::from_cbor(value)?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(format(format!("{} unexpected bytes after the content that the flags announce", rest.len())));
        }
        Ok(Self { rp_id_hash, flags, sign_count: u32::from_be_bytes(sign_count), attested, extensions })
    }

    /// Serialises the data. Sets the flags AT and ED according to the content and ignores them in `flags`.
    ///
    /// # Errors
    /// [`Error::CredentialIdLength`] if the credential id is empty or longer than 1023 bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut flags = self.flags.without(Flags::AT.with(Flags::ED));
        let mut tail = Vec::new();
        if let Some(credential) = &self.attested {
            flags = flags.with(Flags::AT);
            let length = check_id_length(credential.credential_id.len())?;
            tail.extend_from_slice(credential.aaguid.as_bytes());
            tail.extend_from_slice(&length.to_be_bytes());
            tail.extend_from_slice(&credential.credential_id);
            tail.extend_from_slice(&credential.public_key.to_cose());
        }
        if !self.extensions.is_empty() {
            flags = flags.with(Flags::ED);
            tail.extend_from_slice(&cbor::canonical(&self.extensions.to_cbor()));
        }
        let mut out = Vec::with_capacity(HEADER + tail.len());
        out.extend_from_slice(&self.rp_id_hash);
        out.push(flags.0);
        out.extend_from_slice(&self.sign_count.to_be_bytes());
        out.extend_from_slice(&tail);
        Ok(out)
    }

    /// Checks RP id hash and flags (7.1 steps 14 to 17, 7.2 steps 15 to 18).
    pub(crate) fn check(&self, rp_id: &str, require_user_verification: bool) -> Result<(), Error> {
        if self.rp_id_hash != sha256(rp_id.as_bytes()) {
            return Err(Error::RpIdHash { rp_id: rp_id.to_owned() });
        }
        if !self.flags.contains(Flags::UP) {
            return Err(Error::UserNotPresent);
        }
        if require_user_verification && !self.flags.contains(Flags::UV) {
            return Err(Error::UserNotVerified);
        }
        if self.flags.contains(Flags::BS) && !self.flags.contains(Flags::BE) {
            return Err(Error::BackupState);
        }
        Ok(())
    }
}

fn parse_credential(bytes: &[u8]) -> Result<(AttestedCredential, &[u8]), Error> {
    let (aaguid, rest) = take::<16>(bytes)?;
    let (length, rest) = take::<2>(rest)?;
    let length = usize::from(u16::from_be_bytes(length));
    check_id_length(length)?;
    let (credential_id, rest) = rest.split_at_checked(length).ok_or_else(too_short)?;
    let (key, rest) = cbor::read_first("COSE key", rest)?;
    let credential = AttestedCredential {
        aaguid: Aaguid::from_bytes(aaguid),
        credential_id: credential_id.to_vec(),
        public_key: PublicKey::from_value(&key)?,
    };
    Ok((credential, rest))
}

fn check_id_length(length: usize) -> Result<u16, Error> {
    match u16::try_from(length) {
        Ok(short) if (1..=MAX_CREDENTIAL_ID).contains(&length) => Ok(short),
        _ => Err(Error::CredentialIdLength { length }),
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Error> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or_else(too_short)?;
    Ok((*head, rest))
}

fn too_short() -> Error {
    format("it ends before the content that the flags announce is complete".to_owned())
}

fn format(reason: String) -> Error {
    Error::Format { what: WHAT, reason }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
    use ciborium::Value;

    use super::*;

    fn sample(id_length: usize) -> AuthenticatorData {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        AuthenticatorData {
            rp_id_hash: sha256(b"localhost"),
            flags: Flags::UP.with(Flags::UV).with(Flags::AT).with(Flags::ED),
            sign_count: 0x0102_0304,
            attested: Some(AttestedCredential {
                aaguid: Aaguid::from_bytes([7; 16]),
                credential_id: vec![9; id_length],
                public_key: PublicKey::from_p256_point(pair.public_key().as_ref()).unwrap(),
            }),
            extensions: Extensions::default().with_cred_protect(1).with_hmac_secret(true),
        }
    }

    #[test]
    fn round_trips_through_bytes() {
        for length in [1, 16, 48, 1023] {
            let data = sample(length);
            let bytes = data.to_bytes().unwrap();
            assert_eq!(bytes[32..37], [0xc5, 1, 2, 3, 4]);
            assert_eq!(AuthenticatorData::parse(&bytes).unwrap(), data);
        }
    }

    #[test]
    fn at_and_ed_depend_on_the_content() {
        let mut data = sample(4);
        data.attested = None;
        data.extensions = Extensions::default();
        let bytes = data.to_bytes().unwrap();
        assert_eq!((bytes.len(), bytes[32]), (HEADER, 0x05));
    }

    #[test]
    fn rejects_credential_ids_outside_1_to_1023_bytes() {
        assert_eq!(sample(0).to_bytes(), Err(Error::CredentialIdLength { length: 0 }));
        assert_eq!(sample(1024).to_bytes(), Err(Error::CredentialIdLength { length: 1024 }));
        for length in [0u16, 1024, u16::MAX] {
            let mut bytes = sample(1023).to_bytes().unwrap();
            bytes[53..55].copy_from_slice(&length.to_be_bytes());
            let expected = Error::CredentialIdLength { length: length.into() };
            assert_eq!(AuthenticatorData::parse(&bytes), Err(expected));
        }
    }

    #[test]
    fn rejects_truncated_and_trailing_bytes() {
        let bytes = sample(16).to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(AuthenticatorData::parse(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(AuthenticatorData::parse(&longer).is_err());
        // Content without its flag.
        let mut unannounced = bytes;
        unannounced[32] &= !Flags::ED.0;
        assert!(AuthenticatorData::parse(&unannounced).is_err());
    }

    #[test]
    fn with_keeps_flags_that_are_set() {
        let flags = Flags::UP.with(Flags::UV);
        assert_eq!(flags.with(Flags::UV), flags);
        assert_eq!(flags.with(Flags::UP.with(Flags::BE)).0, 0x0d);
    }

    #[test]
    fn accepts_authenticator_data_of_at_most_64_kib() {
        let padded = |length: usize| {
            let padding = (Value::Text("pad".into()), Value::Bytes(vec![0; length]));
            let extensions = Extensions::from_cbor(Value::Map(vec![padding])).unwrap();
            AuthenticatorData { attested: None, extensions, ..sample(1) }.to_bytes().unwrap()
        };
        let longest = 65_536 - padded(1_000).len() + 1_000;
        assert_eq!(padded(longest).len(), 65_536);
        assert!(AuthenticatorData::parse(&padded(longest)).is_ok());
        let error = AuthenticatorData::parse(&padded(longest + 1)).unwrap_err();
        assert_eq!(error, Error::TooLarge { what: WHAT, length: 65_537, limit: 65_536 });
    }
}
