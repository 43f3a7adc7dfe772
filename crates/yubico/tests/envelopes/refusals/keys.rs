//! Rejected encryption and signing keys and key ids.

use super::rules;

rules! {
    a_response_encrypted_to_a_foreign_key_is_rejected: "encrypted to a stranger's key" => CannotDecrypt;
    a_response_signed_with_a_foreign_key_is_rejected: "signed with a stranger's key" => BadSignature;
    a_response_encrypted_to_the_factorys_own_key_is_rejected: "encrypted to the factory's own key" => CannotDecrypt;
    a_response_that_names_the_factorys_own_key_is_rejected:
        "encrypted to the factory's own key under its name" => WrongResponseKey;
    an_encryption_key_verifies_no_signature: "signed with an encryption key" => UnknownSigningKey;
    an_encryption_key_does_not_replace_the_signing_key:
        "signed with an encryption key under the signing key's name" => BadSignature;
    a_public_key_is_not_an_hmac_secret: "hmac with the public key" => AlgorithmNotAllowed;
    a_public_key_is_not_a_symmetric_key_of_the_envelope:
        "public key as a symmetric key of the envelope" => AlgorithmNotAllowed;
    a_jwk_in_the_header_does_not_replace_the_signing_key: "key in jwk under the signing key's name" => BadSignature;
    a_jwk_in_the_header_is_not_trusted: "key in jwk under its own name" => UnknownSigningKey;
    a_jku_in_the_header_does_not_replace_the_signing_key: "key in jku under the signing key's name" => BadSignature;
    a_jku_in_the_header_is_not_trusted: "key in jku under its own name" => UnknownSigningKey;
    an_x5u_in_the_header_does_not_replace_the_signing_key: "key in x5u under the signing key's name" => BadSignature;
    an_x5u_in_the_header_is_not_trusted: "key in x5u under its own name" => UnknownSigningKey;
    an_x5c_in_the_header_does_not_replace_the_signing_key: "key in x5c under the signing key's name" => BadSignature;
    an_x5c_in_the_header_is_not_trusted: "key in x5c under its own name" => UnknownSigningKey;
    an_x5t_in_the_header_does_not_replace_the_signing_key: "key in x5t under the signing key's name" => BadSignature;
    an_x5t_in_the_header_is_not_trusted: "key in x5t under its own name" => UnknownSigningKey;
    an_envelope_with_an_embedded_key_is_rejected: "envelope that brings a key along" => CannotDecrypt;
    a_swapped_kid_of_the_envelope_is_rejected: "name of another order's response key" => WrongResponseKey;
    an_envelope_without_kid_is_rejected: "no name of a response key" => NotAnEnvelope;
    a_swapped_kid_of_the_signature_is_rejected: "name of the other signing key" => BadSignature;
    an_unknown_kid_of_the_signature_is_rejected: "name of no signing key" => UnknownSigningKey;
    a_signature_without_kid_is_rejected: "no name of a signing key" => NotSigned;
}
