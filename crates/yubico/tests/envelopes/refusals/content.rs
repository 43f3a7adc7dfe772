//! What is inside the envelope, and whether it is signed.

use super::rules;

rules! {
    an_unsigned_response_is_refused: "bare json" => NotSigned;
    a_response_encrypted_twice_and_not_signed_is_refused: "encrypted twice and signed never" => NotSigned;
    alg_none_is_refused: "alg none" => NotSigned;
    alg_none_is_refused_however_it_is_spelt: "alg none in another spelling" => AlgorithmNotAllowed;
    a_signature_that_was_taken_off_is_missed: "signature taken off" => NotSigned;
    a_signature_in_json_serialisation_is_refused: "json serialisation of the jws" => NotSigned;
    an_unencoded_payload_is_refused: "unencoded payload" => AlgorithmNotAllowed;
    an_unlisted_algorithm_of_the_signature_is_refused: "unlisted alg of the signature" => AlgorithmNotAllowed;
    a_signature_of_zeros_of_swapped_halves_or_in_der_is_refused: "signature that is none" => BadSignature;
    a_signature_of_another_content_is_refused: "signature of another content" => BadSignature;
}
