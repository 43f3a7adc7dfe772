//! Rejected algorithms, sizes and shapes of the envelope.

use super::rules;

rules! {
    a_response_that_is_not_encrypted_is_rejected: "not encrypted" => NotAnEnvelope;
    an_envelope_in_json_serialisation_is_rejected: "json serialisation of the jwe" => NotAnEnvelope;
    an_unlisted_alg_of_the_envelope_is_rejected: "unlisted alg of the envelope" => AlgorithmNotAllowed;
    an_unlisted_enc_of_the_envelope_is_rejected: "unlisted enc of the envelope" => AlgorithmNotAllowed;
    an_oversized_response_is_rejected: "oversized" => EnvelopeTooLarge;
    a_compressed_response_is_rejected: "compressed" => AlgorithmNotAllowed;
    a_truncated_header_is_rejected: "truncated header" => NotAnEnvelope;
    a_truncated_encrypted_key_is_rejected: "truncated encrypted key" => NotAnEnvelope;
    a_truncated_initialization_vector_is_rejected: "truncated initialization vector" => NotAnEnvelope;
    a_truncated_ciphertext_is_rejected: "truncated ciphertext" => NotAnEnvelope | CannotDecrypt;
    a_truncated_tag_is_rejected: "truncated tag" => NotAnEnvelope;
    a_truncated_envelope_is_rejected: "truncated envelope" => NotAnEnvelope;
    a_truncated_signed_content_is_rejected: "truncated inside" => NotSigned | BadSignature;
}
