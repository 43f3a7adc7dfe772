//! One bit after the other is flipped, in everything that a real key signed or sent. In the normal run one bit of each byte, drawn
//! from a seed; with `KEYFERRY_EVERY_BIT=1` all eight (ten seconds without optimisation).

use std::env;

use keyferry_testkit::Chance;
use keyferry_webauthn::{AttestationObject, AuthenticationResponse, RegistrationResponse};

use crate::examples::{Example, anchors, examples};

/// A place in the authenticator data where a flip is not noticed, and the reason why that must be so.
struct Excuse {
    /// Only in attestations of this format.
    format: &'static str,
    /// First byte in the authenticator data, and how many.
    place: (usize, usize),
    /// Which bits of these bytes.
    bits: u8,
    why: &'static str,
}

/// The whole list. That each entry is needed is checked, too.
const EXCUSED: [Excuse; 2] = [
    Excuse {
        format: "fido-u2f",
        place: (32, 1),
        bits: 0b0010_1110,
        why: "flags UV and BE, and the two reserved bits: a U2F signature covers none of them (WebAuthn section 8.6). UV is \
              refused where it is required and absent, and a U2F key never sets it",
    },
    Excuse {
        format: "fido-u2f",
        place: (33, 4),
        bits: 0xff,
        why: "the signature counter: a U2F signature does not cover it. Sign-ins do, and only they are compared with it",
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

/// The bits of a byte to be flipped: all, or one that the seed (`KEYFERRY_SEED`) and the byte's place choose.
fn bits(index: usize) -> Vec<u8> {
    if env::var_os("KEYFERRY_EVERY_BIT").is_some() {
        return (0..8).collect();
    }
    let seed = env::var_os("KEYFERRY_SEED").map_or(1, |seed| seed.to_str().unwrap().parse::<u64>().unwrap());
    // Neighbours draw different bits.
    let chance = Chance::new(seed << 32 | index as u64);
    vec![u8::try_from(chance.below(8)).unwrap()]
}

/// Byte and bit of each flip in a part that `verifies` did not notice.
fn unnoticed<T: Clone>(good: &T, (_, part): Part<T>, verifies: impl Fn(&T) -> bool) -> Vec<(usize, u8)> {
    let length = part(&mut good.clone()).len();
    let mut unnoticed = Vec::new();
    for (index, bit) in (0..length).flat_map(|index| bits(index).into_iter().map(move |bit| (index, bit))) {
        let mut bad = good.clone();
        part(&mut bad)[index] ^= 1 << bit;
        if verifies(&bad) {
            unnoticed.push((index, bit));
        }
    }
    unnoticed
}

fn is_excused(format: &str, index: usize, bit: u8) -> bool {
    EXCUSED.iter().any(|excuse| {
        let (first, count) = excuse.place;
        excuse.format == format && (first..first + count).contains(&index) && excuse.bits & (1 << bit) != 0
    })
}

/// The format, and where the authenticator data begin in the attestation object.
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
            let mut taken =
                unnoticed(&example.registration(), part, |response| example.verify(response, &anchors).is_ok());
            if part.0 == "attestation object" {
                taken.retain(|&(index, bit)| index < begin || !is_excused(&format, index - begin, bit));
            }
            assert_eq!(taken, [], "{}: (byte, bit) of the {}", example.name, part.0);
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
                unnoticed(&example.sign_in(), part, verifies),
                [],
                "{}: (byte, bit) of the {}",
                example.name,
                part.0
            );
        }
    }
}

/// An excuse that nothing needs would hide the next defect.
#[test]
fn every_excused_flip_does_go_unnoticed() {
    let anchors = anchors();
    for excuse in EXCUSED {
        let examples = examples();
        let with_format =
            examples.iter().map(|one| (one, layout(one))).filter(|(_, (format, _))| format == excuse.format);
        let mut looked_at = 0;
        for (example, (_, begin)) in with_format {
            for index in (begin + excuse.place.0..).take(excuse.place.1) {
                for bit in (0..8).filter(|bit| excuse.bits & (1 << bit) != 0) {
                    let mut flipped = example.registration();
                    flipped.response.attestation_object.0[index] ^= 1 << bit;
                    let verified = example.verify(&flipped, &anchors);
                    assert!(verified.is_ok(), "{}: bit {bit} needs no excuse: {}", example.name, excuse.why);
                    looked_at += 1;
                }
            }
        }
        assert!(looked_at > 0, "no example for: {}", excuse.why);
    }
}
