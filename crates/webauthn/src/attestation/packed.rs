//! Attestation statement format `packed` (section 8.2).

use ciborium::Value;

use super::{AttestationKind, AttestationObject, Statement, certificate::Certificate, signature};
use crate::{Algorithm, Error, cbor};

pub(super) fn verify(object: &AttestationObject, client_data_hash: &[u8; 32]) -> Result<Statement, Error> {
    object.only(&["alg", "sig", "x5c"])?;
    let id = cbor::get(&object.statement, "alg").and_then(cbor::as_i64);
    let id = id.ok_or_else(|| object.malformed("expected an integer `alg`"))?;
    let algorithm =
        Algorithm::from_id(id).ok_or(Error::AlgorithmUnsupported { what: "the attestation", algorithm: id })?;
    let signature = object.signature()?;
    let message = [&object.auth_data_bytes, client_data_hash.as_slice()].concat();
    match object.certificates()? {
        Some(certificates) => {
            verify_certified(object, &certificates[0], algorithm, &message, signature)?;
            Ok(Statement { format: "packed", kind: AttestationKind::Certificate, certificates })
        }
        None => {
            let key = &object.credential()?.public_key;
            if key.algorithm() != algorithm {
                return Err(object.malformed("`alg` differs from the credential's algorithm in self attestation"));
            }
            if !key.verifies(&message, signature) {
                return Err(Error::AttestationSignature { format: "packed" });
            }
            Ok(Statement { format: "packed", kind: AttestationKind::SelfSigned, certificates: Vec::new() })
        }
    }
}

fn verify_certified(
    object: &AttestationObject,
    leaf: &[u8],
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let leaf = Certificate::parse(leaf)?;
    signature::verify_with(&leaf, algorithm, "packed", message, signature)?;
    leaf.check_packed_requirements()?;
    leaf.check_aaguid(object.aaguid()?)
}

/// Returns the statement as a CBOR map.
pub(crate) fn statement(algorithm: Algorithm, signature: Vec<u8>, certificates: Option<Vec<Vec<u8>>>) -> Value {
    let mut entries = vec![("alg", Value::from(algorithm.id())), ("sig", Value::Bytes(signature))];
    if let Some(certificates) = certificates {
        entries.push(("x5c", Value::Array(certificates.into_iter().map(Value::Bytes).collect())));
    }
    Value::Map(entries.into_iter().map(|(key, value)| (Value::Text(key.to_owned()), value)).collect())
}
