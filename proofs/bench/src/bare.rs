//! The cryptography that one key needs, with the library alone: no JSON, no encoding, no checks of a header.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P384, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::rand;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};

/// Size of a sealed message: about that of a credential response.
const MESSAGE: usize = 1500;

/// Keys and messages of the other sides, and what Keyferry checks.
pub(crate) struct Bare {
    transport: Vec<u8>,
    signer: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    attestation: Signed,
    certificate: Signed,
}

struct Signed {
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

struct Sealed {
    point: Vec<u8>,
    wrapped: [u8; 40],
    nonce: [u8; 12],
    content: Vec<u8>,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let signer = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let message = vec![b'x'; MESSAGE];
        Self {
            transport: public(&PrivateKey::generate(&ECDH_P384).unwrap()),
            signer: signer.public_key().as_ref().to_vec(),
            signature: signer.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec(),
            message,
            attestation: Signed::new(300),
            certificate: Signed::new(700),
        }
    }

    /// Creation: generates the response key and seals two requests. Returns what the factory seals to that key.
    pub(crate) fn create(&self) -> Order {
        let response_key = PrivateKey::generate(&ECDH_P384).unwrap();
        let point = public(&response_key);
        for _ in 0..2 {
            std::hint::black_box(seal(&self.transport, &self.message));
        }
        Order { response_key, point }
    }

    /// The factory's part, which is not measured.
    pub(crate) fn answer(&self, order: &Order) -> Answer {
        Answer([(); 2].map(|()| seal(&order.point, &self.message)))
    }

    /// Processing: opens two responses, verifies both signatures, the attestation, and its certificate.
    pub(crate) fn process(&self, order: &Order, answer: &Answer) {
        for sealed in &answer.0 {
            let opened = open(&order.response_key, sealed);
            let key = signature::UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &self.signer);
            key.verify(&opened, &self.signature).unwrap();
        }
        for signed in [&self.attestation, &self.certificate] {
            let key = signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &signed.key);
            key.verify(&signed.message, &signed.signature).unwrap();
        }
    }
}

pub(crate) struct Order {
    response_key: PrivateKey,
    point: Vec<u8>,
}

pub(crate) struct Answer([Sealed; 2]);

impl Signed {
    fn new(length: usize) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let message = vec![b'x'; length];
        let signature = pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec();
        Self { key: pair.public_key().as_ref().to_vec(), message, signature }
    }
}

fn public(key: &PrivateKey) -> Vec<u8> {
    key.compute_public_key().unwrap().as_ref().to_vec()
}

/// Encrypts as `ECDH-ES+A256KW` with `A256GCM`.
fn seal(recipient: &[u8], message: &[u8]) -> Sealed {
    let ephemeral = PrivateKey::generate(&ECDH_P384).unwrap();
    let kek = agree(&ephemeral, recipient);
    let (mut key, mut wrapped, mut nonce) = ([0; 32], [0; 40], [0; 12]);
    rand::fill(&mut key).unwrap();
    rand::fill(&mut nonce).unwrap();
    AesKek::new(&AES_256, &kek).unwrap().wrap(&key, &mut wrapped).unwrap();
    let mut content = message.to_vec();
    let sealing = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(b"header"), &mut content).unwrap();
    Sealed { point: public(&ephemeral), wrapped, nonce, content }
}

fn open(key: &PrivateKey, sealed: &Sealed) -> Vec<u8> {
    let kek = agree(key, &sealed.point);
    let mut content_key = [0; 32];
    AesKek::new(&AES_256, &kek).unwrap().unwrap(&sealed.wrapped, &mut content_key).unwrap();
    let opening = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &content_key).unwrap());
    let mut content = sealed.content.clone();
    let nonce = Nonce::assume_unique_for_key(sealed.nonce);
    let length = opening.open_in_place(nonce, Aad::from(b"header"), &mut content).unwrap().len();
    content.truncate(length);
    content
}

fn agree(key: &PrivateKey, point: &[u8]) -> Vec<u8> {
    let point = UnparsedPublicKey::new(&ECDH_P384, point);
    agreement::agree(key, point, aws_lc_rs::error::Unspecified, |secret| {
        Ok::<_, aws_lc_rs::error::Unspecified>(digest(&SHA256, secret).as_ref().to_vec())
    })
    .unwrap()
}
