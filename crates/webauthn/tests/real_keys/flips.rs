//! Flips single bits in everything that a real key signed or sent.
//!
//! By default, flips one bit of each byte, selected by a seed. With `KEYFERRY_EVERY_BIT=1`, flips all eight (ten
//! seconds without optimisation).

use std::env;

use keyferry_testkit::SeededRandom;
use keyferry_webauthn::{AttestationObject, AuthenticationResponse, RegistrationResponse};

use crate::examples::{Example, anchors, examples};

/// Bits of the authenticator data whose flip is not detected, and the reason.
struct Exception {
    /// Attestation format to which the exception applies.
    format: &'static str,
    /// First byte in the authenticator data, and number of bytes.
    place: (usize, usize),
    /// Mask of the bits in these bytes.
    bits: u8,
    why: &'static str,
}

/// All exceptions. A test checks that each one is needed.
const EXCEPTIONS: [Exception; 2] = [
    Exception {
        format: "fido-u2f",
        place: (32, 1),
        bits: 0b0010_0110,
        why: "flag UV and the two reserved bits: a U2F signature does not cover them (WebAuthn section 8.6). A missing \
              UV is rejected if it is required, and a U2F key never sets it",
    },
    Exception {
        format: "fido-u2f",
        place: (33, 4),
        bits: 0xff,
        why: "the signature counter: a U2F signature does not cover it. The signature of a sign-in does, and only the \
              counters of sign-ins are compared with it",
    },
];

type Part<T> = (&'static str, fn(&mut T) -> &mut Vec<u8>);

const REGISTRATION: [Part<RegistrationResponse>; 4] = [
    ("attestation object", |response| &mut response.response.attestation_object.0),
    ("client data", |response| &mut response.response.client_data_json.0),
    ("id", |response| &mut response.id.0),
    ("rawId", |response| &mut response.raw_id.0),
];

const SIGN_IN: [Part<AuthenticationResponse>; 5] = [
    ("signature", |response| &mut response.response.signature.0),
    ("authenticator data", |response| &mut response.response.authenticator_data.0),
    ("client data", |response| &mut response.response.client_data_json.0),
    ("id", |response| &mut response.id.0),
    ("rawId", |response| &mut response.raw_id.0),
];

/// Returns the bits of a byte to flip: all, or one that is selected by the seed (`KEYFERRY_SEED`) and the byte's index.
fn bits(index: usize) -> Vec<u8> {
    if env::var_os("KEYFERRY_EVERY_BIT").is_some() {
        return (0..8).collect();
    }
    let seed = env::var_os("KEYFERRY_SEED").map_or(1, |seed| seed.to_str().unwrap().parse::<u64>().unwrap());
    // The index is part of the seed, so that different bytes flip different bits.
    let chance = SeededRandom::new(seed << 32 | index as u64);
    vec![u8::try_from(chance.below(8)).unwrap()]
}

/// Returns byte and bit of each flip in a part that `verifies` did not detect.
fn undetected<T: Clone>(good: &T, (_, part): Part<T>, verifies: impl Fn(&T) -> bool) -> Vec<(usize, u8)> {
    let length = part(&mut good.clone()).len();
    let mut undetected = Vec::new();
    for (index, bit) in (0..length).flat_map(|index| bits(index).into_iter().map(move |bit| (index, bit))) {
        let mut bad = good.clone();
        part(&mut bad)[index] ^= 1 << bit;
        if verifies(&bad) {
            undetected.push((index, bit));
        }
    }
    undetected
}

fn is_exception(format: &str, index: usize, bit: u8) -> bool {
    EXCEPTIONS.iter().any(|exception| {
        let (first, count) = exception.place;
        exception.format == format && (first..first + count).contains(&index) && exception.bits & (1 << bit) != 0
    })
}

/// Returns the format, and the offset of the authenticator data in the attestation object.
fn layout(example: &Example) -> (String, usize) {
    let registration = example.registration();
    let object = registration.response.attestation_object.as_bytes();
    let parsed = AttestationObject::parse(object).unwrap();
    let data = &parsed.auth_data_bytes;
    let begin = object.windows(data.len()).position(|window| window == data.as_slice()).unwrap();
    (parsed.format, begin)
}

#[test]
fn no_registration_with_a_flipped_bit_verifies() {
    let anchors = anchors();
    for example in examples() {
        let (format, begin) = layout(&example);
        for part in REGISTRATION {
            let mut accepted =
                undetected(&example.registration(), part, |response| example.verify(response, &anchors).is_ok());
            if part.0 == "attestation object" {
                accepted.retain(|&(index, bit)| index < begin || !is_exception(&format, index - begin, bit));
            }
            assert_eq!(accepted, [], "{}: (byte, bit) of the {}", example.name, part.0);
        }
    }
}

#[test]
fn no_sign_in_with_a_flipped_bit_verifies() {
    for example in examples() {
        let credential = example.verify(&example.registration(), &anchors()).unwrap();
        for part in SIGN_IN {
            let verifies = |response: &_| example.verify_sign_in(&credential, response).is_ok();
            assert_eq!(
                undetected(&example.sign_in(), part, verifies),
                [],
                "{}: (byte, bit) of the {}",
                example.name,
                part.0
            );
        }
    }
}

/// An exception that is not needed would hide a defect.
#[test]
fn every_exception_is_needed() {
    let anchors = anchors();
    for exception in EXCEPTIONS {
        let examples = examples();
        let with_format =
            examples.iter().map(|one| (one, layout(one))).filter(|(_, (format, _))| format == exception.format);
        let mut processed = 0;
        for (example, (_, begin)) in with_format {
            for index in (begin + exception.place.0..).take(exception.place.1) {
                for bit in (0..8).filter(|bit| exception.bits & (1 << bit) != 0) {
                    let mut flipped = example.registration();
                    flipped.response.attestation_object.0[index] ^= 1 << bit;
                    let verified = example.verify(&flipped, &anchors);
                    assert!(
                        verified.is_ok(),
                        "{}: bit {bit} is detected, so the exception is not needed: {}",
                        example.name,
                        exception.why
                    );
                    processed += 1;
                }
            }
        }
        assert!(processed > 0, "no example for: {}", exception.why);
    }
}
