//! Algorithms, size and shape of the envelope.

use super::rules;

rules! {
    a_response_that_is_not_encrypted_is_refused: "not encrypted" => NotAnEnvelope;
    an_envelope_in_json_serialisation_is_refused: "json serialisation of the jwe" => NotAnEnvelope;
    an_unlisted_alg_of_the_envelope_is_refused: "unlisted alg of the envelope" => AlgorithmNotAllowed;
    an_unlisted_enc_of_the_envelope_is_refused: "unlisted enc of the envelope" => AlgorithmNotAllowed;
    an_oversized_response_is_refused: "oversized" => EnvelopeTooLarge;
    a_compressed_response_is_refused: "compressed" => AlgorithmNotAllowed;
    a_truncated_header_is_refused: "truncated header" => NotAnEnvelope;
    a_truncated_encrypted_key_is_refused: "truncated encrypted key" => NotAnEnvelope;
    a_truncated_initialization_vector_is_refused: "truncated initialization vector" => NotAnEnvelope;
    a_truncated_ciphertext_is_refused: "truncated ciphertext" => NotAnEnvelope | CannotDecrypt;
    a_truncated_tag_is_refused: "truncated tag" => NotAnEnvelope;
    a_truncated_envelope_is_refused: "truncated envelope" => NotAnEnvelope;
    a_truncated_signed_content_is_refused: "truncated inside" => NotSigned | BadSignature;
}
