"""Creates responses that must be rejected, each with one defect.

Uses jwcrypto, and cryptography (PyPI) where jwcrypto refuses to create the defect.

The forger can read the requests like a factory, so that a response is valid except for its defect. `{"do": "keys"}`
returns the keys. `{"do": "forge", "keys", "orders", "trap"}` returns the valid responses of each order and, by the name
of the broken rule, forged responses for the first order. `trap` is a URL that the connector must never fetch.
"""

import base64
import hmac
import json
import os
import sys
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto import jwe, jwk, jws

import page
import with_jwcrypto as jose
from page import decode, encode

KINDS = ("credential", "pin")
# FIPS 186-4, D.1.2.4
P384_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973


def keys():
    made = page.keys(jose)
    second = jose.generate("signing-2", "sig")
    # Published among the signing keys by mistake. Its `use` does not allow it to sign.
    misplaced = jose.generate("misplaced-1", "enc")
    made["jwks_sign"]["keys"] += [page.public(second), page.public(misplaced)]
    return made | {"second_signing_key": second, "misplaced_key": misplaced}


def raw_jws(header, payload, signature=b""):
    return f"{encode(json.dumps(header).encode())}.{encode(payload)}.{encode(signature)}"


def any_jws(header, payload, key):
    token = jws.JWS(payload)
    token.allowed_algs = [header["alg"]]
    token.add_signature(key, None, json.dumps(header))
    return token.serialize(compact=True)


def any_jwe(header, data, key):
    token = jwe.JWE(data, json.dumps(header), algs=[header["alg"], header["enc"]])
    token.add_recipient(key)
    return token.serialize(compact=True)


def direct_jwe(header, data, agreed):
    """Encrypts by RFC 7518 section 4.6, `ECDH-ES` alone, with any agreed secret and any `epk`."""
    field = lambda data: len(data).to_bytes(4, "big") + data
    info = field(header["enc"].encode()) + field(b"") + field(b"") + (256).to_bytes(4, "big")
    key = ConcatKDFHash(hashes.SHA256(), 32, info).derive(agreed)
    protected, iv = encode(json.dumps(header).encode()), os.urandom(12)
    sealed = AESGCM(key).encrypt(iv, data, protected.encode())
    return f"{protected}..{encode(iv)}.{encode(sealed[:-16])}.{encode(sealed[-16:])}"


def public_key(key):
    return jwk.JWK(**page.public(key)).get_op_key("verify")


def certificate(key):
    """Returns a self-signed certificate, DER in base64 as in `x5c`."""
    private = jwk.JWK(**key).get_op_key("sign")
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "key factory")]), datetime.now(timezone.utc)
    made = x509.CertificateBuilder(name, name, private.public_key(), 1, now, now + timedelta(days=1)).sign(private, hashes.SHA384())
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


class Forger:
    """Makes forgeries of one kind of response to one order."""

    def __init__(self, question, kind, forged):
        self.keys, self.kind, self.forged, self.trap = question["keys"], kind, forged, question["trap"]
        self.signer = self.keys["signing_key"]
        self.stranger = jose.generate(self.signer["kid"], "sig")
        (self.response_key, self.payload), (self.other_key, self.other_payload) = (
            content(question, order, kind) for order in question["orders"]
        )
        self.text = json.dumps(self.payload).encode()
        self.signed = page.jws_of(jose, self.payload, self.signer)
        self.outer = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": self.response_key["kid"], "cty": "JOSE"}
        self.inner = {"alg": "ES384", "kid": self.signer["kid"], "cty": f"application/vnd.keyferry.{kind}-response+json"}

    def add(self, case, note, envelope):
        self.forged.setdefault(case, []).append({"kind": self.kind, "note": note, "jwe": envelope})

    def seal(self, content, key=None, **changes):
        content = content.encode() if isinstance(content, str) else content
        return jose.seal(content, self.outer | changes, page.public(key or self.response_key))

    def signed_by(self, key, **changes):
        return jose.sign(self.text, self.inner | changes, key)

    def unsigned(self):
        header, payload, signature = self.signed.split(".")
        self.add("bare json", "", self.seal(self.text))
        self.add("bare json", "nothing at all", self.seal(b""))
        self.add("encrypted twice and signed never", "", self.seal(self.seal(self.text)))
        self.add("alg none", "no signature", self.seal(raw_jws(self.inner | {"alg": "none"}, self.text)))
        self.add("alg none", "a signature of sound form", self.seal(raw_jws(self.inner | {"alg": "none"}, self.text, decode(signature))))
        for spelling in ("None", "NONE", "nOnE"):
            self.add("alg none in another spelling", spelling, self.seal(raw_jws(self.inner | {"alg": spelling}, self.text)))
        self.add("signature taken off", "", self.seal(f"{header}.{payload}."))
        flattened = {"protected": header, "payload": payload, "signature": signature}
        self.add("json serialisation of the jws", "flattened", self.seal(json.dumps(flattened)))
        self.add("not encrypted", "the bare JWS", self.signed)
        self.add("not encrypted", "signed around encrypted", jose.sign(self.seal(self.text).encode(), self.inner, self.signer))
        token = jwe.JWE(self.signed.encode(), json.dumps(self.outer))
        token.add_recipient(jwk.JWK(**self.response_key))
        self.add("json serialisation of the jwe", "flattened", token.serialize())

    def wrong_keys(self):
        stranger = jose.generate(self.response_key["kid"], "enc")
        self.add("encrypted to a stranger's key", "", self.seal(self.signed, stranger))
        self.add("signed with a stranger's key", "", self.seal(self.signed_by(self.stranger)))
        signing, transport = self.signer | {"use": "enc"}, self.keys["transport_keys"][0]
        self.add("encrypted to the factory's own key", "signing key", self.seal(self.signed, signing))
        self.add("encrypted to the factory's own key", "transport key", self.seal(self.signed, transport))
        for key in (signing, transport):
            self.add("encrypted to the factory's own key under its name", key["kid"], self.seal(self.signed, key, kid=key["kid"]))
        for key in (transport, self.keys["misplaced_key"]):
            signed = self.signed_by(key | {"use": "sig"}, kid=key["kid"])
            self.add("signed with an encryption key", key["kid"], self.seal(signed))
        signed = self.signed_by(transport | {"use": "sig"})
        self.add("signed with an encryption key under the signing key's name", "", self.seal(signed))

    def public_key_as_a_secret(self):
        key = public_key(self.signer)
        spki = lambda encoding: key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        forms = {
            "PEM": spki(Encoding.PEM),
            "DER": spki(Encoding.DER),
            "point": key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
            "JWK": json.dumps(page.public(self.signer)).encode(),
            "x": decode(self.signer["x"]),
        }
        for alg in ("HS256", "HS384", "HS512"):
            for form, secret in forms.items():
                front = raw_jws(self.inner | {"alg": alg}, self.text).rstrip(".")
                mac = hmac.digest(secret, front.encode(), f"sha{alg[2:]}")
                self.add("hmac with the public key", f"{alg} {form}", self.seal(f"{front}.{encode(mac)}"))
        secret = decode(self.response_key["x"])[:32]
        for alg in ("dir", "A256KW", "A256GCMKW", "PBES2-HS256+A128KW"):
            sealed = any_jwe(self.outer | {"alg": alg}, self.signed.encode(), jwk.JWK(kty="oct", k=encode(secret)))
            self.add("public key as a symmetric key of the envelope", alg, sealed)

    def keys_that_come_along(self):
        own = jwk.JWK(**self.stranger)
        for member, value in {
            "jwk": page.public(self.stranger),
            "jku": self.trap,
            "x5u": self.trap,
            "x5c": [certificate(self.stranger)],
            "x5t#S256": encode(bytes(32)),
        }.items():
            for case, kid in (("under the signing key's name", self.signer["kid"]), ("under its own name", "stranger")):
                signed = any_jws(self.inner | {"kid": kid, member: value}, self.text, own)
                self.add(f"key in {member.partition('#')[0]} {case}", member, self.seal(signed))
        nameless = {name: value for name, value in self.inner.items() if name != "kid"} | {"jwk": page.public(self.stranger)}
        self.add("no name of a signing key", "with jwk", self.seal(any_jws(nameless, self.text, own)))
        mine = jose.generate(self.response_key["kid"], "enc")
        for member, value in {"jwk": page.public(mine), "jku": self.trap}.items():
            self.add("envelope that brings a key along", member, self.seal(self.signed, mine, **{member: value}))

    def algorithms(self):
        octets = lambda bits: jwk.JWK.generate(kty="oct", size=bits)
        rsa = jwk.JWK.generate(kty="RSA", size=2048)
        symmetric = {"A128KW": 128, "A192KW": 192, "A256KW": 256, "A128GCMKW": 128, "A192GCMKW": 192, "dir": 256}
        ways = {alg: octets(bits) for alg, bits in symmetric.items()}
        ways |= {alg: rsa for alg in ("RSA1_5", "RSA-OAEP", "RSA-OAEP-256")}
        ways |= {"PBES2-HS512+A256KW": octets(256), "ECDH-ES+A192KW": jwk.JWK(**self.response_key)}
        for alg, key in ways.items():
            self.add("unlisted alg of the envelope", alg, any_jwe(self.outer | {"alg": alg}, self.signed.encode(), key))
        for enc in ("A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"):
            self.add("unlisted enc of the envelope", enc, self.seal(self.signed, enc=enc))
        ephemeral, agreed = self.agreement()
        spelt = self.outer | {"alg": "ECDH-ES", "enc": "a256gcm", "epk": ephemeral}
        self.add("unlisted enc of the envelope", "a256gcm", direct_jwe(spelt, self.signed.encode(), agreed))

        curve = lambda crv: jwk.JWK.generate(kty="EC", crv=crv)
        signers = {"ES256": curve("P-256"), "ES512": curve("P-521"), "ES256K": curve("secp256k1")}
        signers |= {"EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519"), "RS256": rsa, "RS384": rsa, "PS384": rsa}
        for alg, key in signers.items():
            self.add("unlisted alg of the signature", alg, self.seal(any_jws(self.inner | {"alg": alg}, self.text, key)))
        unencoded = self.inner | {"b64": False, "crit": ["b64"]}
        token = jws.JWS(b"$.02")
        token.add_signature(jwk.JWK(**self.signer), None, json.dumps(unencoded))
        token.detach_payload()
        self.add("unencoded payload", "", self.seal(token.serialize(compact=True)))

    def signatures(self):
        front, signature = self.signed.rsplit(".", 1)
        signature = decode(signature)
        r, s = signature[:48], signature[48:]
        order, zero = P384_N.to_bytes(48, "big"), bytes(48)
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        for note, forged in {
            "both zero": zero + zero,
            "both the order of the group": order + order,
            "r zero": zero + s,
            "s zero": r + zero,
            "s the order of the group": r + order,
            "r and s exchanged": s + r,
            "DER": der,
            "one byte more": signature + b"\0",
            "one byte less": signature[:-1],
        }.items():
            self.add("signature that is none", note, self.seal(f"{front}.{encode(forged)}"))
        other = json.dumps(self.payload | {"serial_number": "1"}).encode()
        self.add("signature of another content", "", self.seal(raw_jws(self.inner, other, signature)))

    def names(self):
        self.add("name of another order's response key", "", self.seal(self.signed, kid=self.other_key["kid"]))
        header = {name: value for name, value in self.outer.items() if name != "kid"}
        nameless = jose.seal(self.signed.encode(), header, page.public(self.response_key))
        self.add("no name of a response key", "", nameless)
        self.add("name of the other signing key", "", self.seal(self.signed_by(self.signer, kid="signing-2")))
        self.add("name of no signing key", "", self.seal(self.signed_by(self.signer, kid="signing-3")))
        self.add("name of no signing key", "empty", self.seal(self.signed_by(self.signer, kid="")))
        nameless = {name: value for name, value in self.inner.items() if name != "kid"}
        self.add("no name of a signing key", "", self.seal(jose.sign(self.text, nameless, self.signer)))

    def agreement(self):
        """Returns a valid ephemeral key, and the secret that it agrees with the response key."""
        mine, theirs = ec.generate_private_key(ec.SECP384R1()), jwk.JWK(**self.response_key).get_op_key("wrapKey")
        numbers = mine.public_key().public_numbers()
        coordinate = lambda value: encode(value.to_bytes(48, "big"))
        epk = {"kty": "EC", "crv": "P-384", "x": coordinate(numbers.x), "y": coordinate(numbers.y)}
        return epk, mine.exchange(ec.ECDH(), theirs)

    def ephemeral_keys(self):
        sound, agreed = self.agreement()
        zero = bytes(48)

        def add(case, note, epk, agreed=zero):
            header = self.outer | {"alg": "ECDH-ES"} | ({} if epk is ... else {"epk": epk})
            self.add(case, note, direct_jwe(header, self.signed.encode(), agreed))

        add("sound", "put together by hand", sound, agreed)
        # (x, 0) is on another curve, y² = x³ - 3x + b', and has order two there. A receiver that does not check the
        # curve multiplies it by its odd private key and gets x. So a sender without any key can create a message that
        # the receiver opens.
        x = os.urandom(48)
        add("epk off the curve", "of order two on another curve", sound | {"x": encode(x), "y": encode(zero)}, x)
        add("epk off the curve", "y of another point", sound | {"y": self.agreement()[0]["y"]})
        for crv in ("P-256", "P-521", "secp256k1"):
            other = jwk.JWK.generate(kty="EC", crv=crv).export_public(as_dict=True)
            add("epk of another curve", crv, other)
            add("epk of another curve", f"{crv} that calls itself P-384", other | {"crv": "P-384"})
        add("epk of another curve", "P-384 that calls itself P-256", sound | {"crv": "P-256"})
        add("epk of another curve", "X25519", jwk.JWK.generate(kty="OKP", crv="X25519").export_public(as_dict=True))
        add("epk at infinity", "zero coordinates", sound | {"x": encode(zero), "y": encode(zero)})
        add("epk at infinity", "empty coordinates", sound | {"x": "", "y": ""})
        add("epk at infinity", "one byte each", sound | {"x": "AA", "y": "AA"})
        for missing in ({"x"}, {"y"}, {"x", "y"}, {"crv"}, {"kty"}):
            add("epk with a part missing", "".join(missing), {name: value for name, value in sound.items() if name not in missing})
        for note, epk in {"absent": ..., "null": None, "text": "epk", "list": [sound], "empty": {}}.items():
            add("epk with a part missing", note, epk, agreed)
        add("epk with its private half", "", sound | {"d": encode(zero)}, agreed)

    def sizes(self):
        sealed = lambda length: self.seal(page.jws_of(jose, self.payload | {"padding": "x" * length}, self.signer))
        # Base64 within base64: each additional byte adds 16/9 characters, rounded.
        length = (page.LIMIT - len(sealed(0))) * 9 // 16 - 3
        while len(envelope := sealed(length)) <= page.LIMIT:
            last, length = envelope, length + 1
        assert len(last) > page.LIMIT - 4 and len(envelope) < page.LIMIT + 5
        self.add("as large as may be", str(len(last)), last)
        self.add("oversized", str(len(envelope)), envelope)
        self.add("oversized", "by its header", self.seal(self.signed, padding="x" * page.LIMIT))
        self.add("compressed", "", self.seal(self.signed, zip="DEF"))
        bomb = page.jws_of(jose, self.payload | {"padding": "x" * 10_000_000}, self.signer)
        self.add("compressed", f"{len(bomb)} bytes unpacked", self.seal(bomb, zip="DEF"))

    def truncated(self):
        parts = self.seal(self.signed).split(".")
        for index, name in enumerate(("header", "encrypted key", "initialization vector", "ciphertext", "tag")):
            whole = parts[index]
            # 16 characters of a tag are 12 bytes, which some AES-GCM implementations still accept.
            for left in {0, 16, len(whole) // 2, len(whole) - 1, len(whole) - 4} - {len(whole)}:
                cut = ".".join(parts[:index] + [whole[:left]] + parts[index + 1 :])
                self.add(f"truncated {name}", f"{left} of {len(whole)}", cut)
        whole = ".".join(parts)
        for count in range(1, 5):
            self.add("truncated envelope", f"{count} parts", ".".join(parts[:count]))
        self.add("truncated envelope", "half", whole[: len(whole) // 2])
        parts = self.signed.split(".")
        for index, name in enumerate(("header", "payload", "signature")):
            whole = parts[index]
            for left in {0, len(whole) // 2, len(whole) - 1, len(whole) - 4}:
                cut = ".".join(parts[:index] + [whole[:left]] + parts[index + 1 :])
                self.add("truncated inside", f"{name}, {left} of {len(whole)}", self.seal(cut))
        self.add("truncated inside", "two parts", self.seal(".".join(parts[:2])))

    def other_orders(self):
        other = page.jws_of(jose, self.other_payload, self.signer)
        self.add("answer to another order in this order's envelope", "", self.seal(other))

    def all(self):
        self.add("sound", "", self.seal(self.signed))
        for work in (
            self.unsigned, self.wrong_keys, self.public_key_as_a_secret, self.keys_that_come_along, self.algorithms,
            self.signatures, self.names, self.ephemeral_keys, self.sizes, self.truncated, self.other_orders,
        ):
            work()


def content(question, order, kind):
    """Returns the response key of an order, and the payload of the response."""
    compact = order[f"{kind}_request"]
    request = page.open_request(jose, compact, question["keys"]["transport_keys"], f"{kind}-request")["plaintext"]
    payload = (page.credential_payload if kind == "credential" else page.pin_payload)(request, order["serial"])
    return request["response_key"], payload


def forge(question):
    forged = {}
    for kind in KINDS:
        forger = Forger(question, kind, forged)
        forger.all()
    sound = []
    for order in question["orders"]:
        made = {}
        for kind in KINDS:
            key, payload = content(question, order, kind)
            way = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
            made[kind] = page.respond(jose, payload, key, question["keys"]["signing_key"], way)
        sound.append(made)
    return {"sound": sound, "forged": forged, "pin": forger.payload["pin"]}


question = json.load(sys.stdin)
json.dump(keys() if question["do"] == "keys" else forge(question), sys.stdout)
