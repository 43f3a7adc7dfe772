//! Rejected content of the envelope, signed and unsigned.

use super::rules;

rules! {
    an_unsigned_response_is_rejected: "bare json" => NotSigned;
    a_response_encrypted_twice_but_not_signed_is_rejected: "encrypted twice and signed never" => NotSigned;
    alg_none_is_rejected: "alg none" => NotSigned;
    alg_none_in_another_spelling_is_rejected: "alg none in another spelling" => AlgorithmNotAllowed;
    a_removed_signature_is_rejected: "signature taken off" => NotSigned;
    a_signature_in_json_serialisation_is_rejected: "json serialisation of the jws" => NotSigned;
    an_unencoded_payload_is_rejected: "unencoded payload" => AlgorithmNotAllowed;
    an_unlisted_algorithm_of_the_signature_is_rejected: "unlisted alg of the signature" => AlgorithmNotAllowed;
    a_malformed_signature_is_rejected: "signature that is none" => BadSignature;
    a_signature_of_another_content_is_rejected: "signature of another content" => BadSignature;
}
