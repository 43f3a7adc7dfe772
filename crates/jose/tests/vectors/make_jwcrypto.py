"""Makes jwcrypto.json: `python3 make_jwcrypto.py > jwcrypto.json` with jwcrypto 1.6 (PyPI) installed.

Keys, ephemeral keys and initialization vectors are random: each run makes another file that is as good.
"""

import json
import sys
from importlib.metadata import version

from jwcrypto import jwe, jwk, jws

PLAINTEXT = "grüße, and a second line\nof text"

recipient = jwk.JWK.generate(kty="EC", crv="P-384", kid="recipient-1", use="enc")
signer = jwk.JWK.generate(kty="EC", crv="P-384", kid="signer-1", use="sig", alg="ES384")


def seal(plaintext, alg, enc, **more):
    header = {"alg": alg, "enc": enc, "kid": "recipient-1", **more}
    token = jwe.JWE(plaintext.encode(), json.dumps(header), algs=[alg, enc])
    token.add_recipient(recipient)
    return token.serialize(compact=True)


def sign(payload, **more):
    token = jws.JWS(payload.encode())
    token.add_signature(signer, None, json.dumps({"alg": "ES384", "kid": "signer-1", **more}), None)
    return token.serialize(compact=True)


accepted = [
    {"alg": alg, "enc": enc, "compact": seal(PLAINTEXT, alg, enc, cty="text/plain")}
    for alg in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
    for enc in ["A128GCM", "A192GCM", "A256GCM"]
] + [
    {"alg": alg, "enc": "A256GCM", "compact": seal(PLAINTEXT, alg, "A256GCM", cty="text/plain", apu="QWxpY2U", apv="Qm9i")}
    for alg in ["ECDH-ES", "ECDH-ES+A256KW"]
]
refused = [
    {"why": "key wrap that is not supported", "compact": seal(PLAINTEXT, "ECDH-ES+A192KW", "A256GCM")},
    {"why": "content encryption that is not supported", "compact": seal(PLAINTEXT, "ECDH-ES", "A128CBC-HS256")},
    {"why": "compressed", "compact": seal(PLAINTEXT, "ECDH-ES", "A256GCM", zip="DEF")},
]
signed = sign(PLAINTEXT, cty="text/plain")
json.dump(
    {
        "origin": f"made by make_jwcrypto.py with jwcrypto {version('jwcrypto')} and cryptography {version('cryptography')} (PyPI)",
        "plaintext": PLAINTEXT,
        "recipient": json.loads(recipient.export_private()),
        "recipient_thumbprint": recipient.thumbprint(),
        "signer_public": json.loads(signer.export_public()),
        "signer_pkcs8_pem": signer.export_to_pem(private_key=True, password=None).decode(),
        "jwe": accepted,
        "jwe_refused": refused,
        "jws": signed,
        "jws_in_jwe": seal(signed, "ECDH-ES+A256KW", "A256GCM", cty="JOSE"),
    },
    sys.stdout,
    indent=2,
    ensure_ascii=False,
)
print()
