"""A relying party with python-fido2.

Verifies registrations (WebAuthn level 3, 7.1), and sign-ins (7.2) with the registered key.

Standard input: a JSON list of ceremonies, standard output: a JSON list with the outcome of each.

  ceremony: rp_id, origin, challenge (base64url), roots (PEM; if empty, credentials without a certificate are accepted),
            registration (RegistrationResponseJSON), and optionally sign_in: origin, challenge and response
            (AuthenticationResponseJSON)
  outcome:  the result (format, aaguid, credential_id, public_key as COSE, sign_count, certificates),
            or refused: the reason
"""

import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fido2 import cbor
from fido2.attestation import Attestation, AttestationVerifier
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode


class Roots(AttestationVerifier):
    def __init__(self, pems):
        super().__init__()
        self.roots = [x509.load_pem_x509_certificate(pem.encode()) for pem in pems]
        self.certificates = []

    def ca_lookup(self, attestation_result, auth_data):
        path = [x509.load_der_x509_certificate(der) for der in attestation_result.trust_path]
        for root in self.roots:
            if path and path[-1].issuer == root.subject:
                self.certificates = [one.subject.rfc4514_string() for one in [*path, root]]
                return root.public_bytes(Encoding.DER)
        return None

    def verify_attestation(self, attestation_object, client_data_hash):
        if self.roots:
            super().verify_attestation(attestation_object, client_data_hash)
            return
        if "x5c" in attestation_object.att_stmt:
            raise ValueError("a certificate, but no trusted root")
        statement = Attestation.for_type(attestation_object.fmt)()
        statement.verify(attestation_object.att_stmt, attestation_object.auth_data, client_data_hash)


def relying_party(rp_id, origin, verifier=None):
    rp = {"id": rp_id, "name": rp_id}
    return Fido2Server(rp, "direct", verify_origin=lambda found: found == origin, verify_attestation=verifier)


def register(ceremony):
    verifier = Roots(ceremony["roots"])
    server = relying_party(ceremony["rp_id"], ceremony["origin"], verifier)
    user = {"id": b"user", "name": "user", "displayName": "User"}
    challenge = websafe_decode(ceremony["challenge"])
    _, state = server.register_begin(user, user_verification="required", challenge=challenge)
    data = server.register_complete(state, ceremony["registration"])
    credential = data.credential_data
    if ceremony.get("sign_in"):
        sign_in(ceremony, credential)
    attestation = websafe_decode(ceremony["registration"]["response"]["attestationObject"])
    return {
        "format": cbor.decode(attestation)["fmt"],
        "aaguid": str(credential.aaguid),
        "credential_id": websafe_encode(credential.credential_id),
        "public_key": websafe_encode(cbor.encode(credential.public_key)),
        "sign_count": data.counter,
        "certificates": verifier.certificates,
    }


def sign_in(ceremony, credential):
    asked = ceremony["sign_in"]
    server = relying_party(ceremony["rp_id"], asked["origin"])
    challenge = websafe_decode(asked["challenge"])
    _, state = server.authenticate_begin([credential], user_verification="required", challenge=challenge)
    server.authenticate_complete(state, [credential], asked["response"])


def outcome(ceremony):
    try:
        return register(ceremony)
    except Exception as error:  # The library reports an invalid ceremony by an exception.
        return {"refused": f"{type(error).__name__}: {error}"}


json.dump([outcome(ceremony) for ceremony in json.load(sys.stdin)], sys.stdout)
