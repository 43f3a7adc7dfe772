"""Creates credentials with the software authenticator soft_fido2 and its own root certificate, and signs in with them.

Standard input: a JSON list of {key: ES256, ES384, EdDSA or RS256, format: packed, packed-self, fido-u2f or none,
options: PublicKeyCredentialCreationOptionsJSON, challenge: of the sign-in}. Standard output: {"root": PEM,
"ceremonies": [{registration: RegistrationResponseJSON, sign_in: AuthenticationResponseJSON}]}. The origin is https://
and the RP id.
"""

import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from soft_fido2 import CertUtils, Fido2Authenticator, KeyPair

AAGUID = list(range(16))
KEYS = {
    "ES256": (KeyPair.generate_ecdsa, hashes.SHA256()),
    "ES384": (lambda: KeyPair.generate_ecdsa(ec.SECP384R1()), hashes.SHA384()),
    "EdDSA": (KeyPair.generate_ed25519, hashes.SHA256()),
    "RS256": (KeyPair.generate_rsa, hashes.SHA256()),
}
MEMBERS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


def standard(response):
    """Converts a response to WebAuthn's JSON form.

    Encodes as base64url without padding, and renames the member of the extension results.
    """
    for member in MEMBERS:
        if member in response["response"]:
            response["response"][member] = response["response"][member].rstrip("=")
    response["clientExtensionResults"] = response.pop("getClientExtensionResults")
    return response


def ceremony(asked, root_key, root):
    generate, algorithm = KEYS[asked["key"]]
    # A U2F key has no AAGUID (WebAuthn section 8.6).
    aaguid = None if asked["format"] == "fido-u2f" else AAGUID
    key = Fido2Authenticator(keyPair=generate(), aaguid=aaguid, caKeyPair=root_key, caCert=root, hashingAlg=algorithm)
    registration = key.credential_create(asked["options"], asked["format"])
    sign_in = key.credential_request({"rpId": asked["options"]["rp"]["id"], "challenge": asked["challenge"]})
    return {"registration": standard(registration), "sign_in": standard(sign_in)}


root_key = KeyPair.generate_ecdsa()
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "soft_fido2 test root")])
root = CertUtils.gen_ca_cert(subject=name, keyPair=root_key)
made = [ceremony(asked, root_key, root) for asked in json.load(sys.stdin)]
json.dump({"root": root.public_bytes(Encoding.PEM).decode(), "ceremonies": made}, sys.stdout)
