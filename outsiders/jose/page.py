"""A key factory as described in docs/reference/envelope.md, for any JOSE library.

Written only from that page, RFC 7515 to 7518 and WebAuthn level 3 section 5.1. The library is a module with `generate`,
`seal`, `open`, `sign` and `verify`; only it uses keys. Reads one JSON question from standard input, prints one answer
to standard output.
"""

import base64
import json
import os
import re
import sys
from datetime import datetime, timezone

ALGS = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
ENCS = ["A128GCM", "A192GCM", "A256GCM"]
LIMIT = 128 * 1024
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REQUIRED_OPTIONS = {"rp", "user", "challenge", "pubKeyCredParams"}
OTHER_OPTIONS = {"excludeCredentials", "authenticatorSelection", "attestation", "extensions"}


class Refused(Exception):
    """A rule of the page is broken."""


def rule(holds, text):
    if not holds:
        raise Refused(text)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    rule(isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]*", text), "not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parse(data):
    """Parses JSON as the page requires: UTF-8, no byte-order mark, no duplicate names."""

    def members(pairs):
        rule(len(dict(pairs)) == len(pairs), "duplicate member name")
        return dict(pairs)

    rule(not data.startswith(b"\xef\xbb\xbf"), "byte-order mark")
    return json.loads(data.decode("utf-8", "strict"), object_pairs_hook=members)


def public(jwk):
    return {name: value for name, value in jwk.items() if name != "d"}


def keys(jose):
    transport = [jose.generate(f"transport-{n}", "enc") for n in (1, 2)]
    signing = jose.generate("signing-1", "sig")
    return {
        "transport_keys": transport,
        "signing_key": signing,
        "jwks_transport": {"keys": [public(key) for key in transport]},
        "jwks_sign": {"keys": [public(signing)]},
    }


def check_requests_header(header, kind):
    rule(header.get("alg") in ALGS, "alg")
    rule(header.get("enc") in ENCS, "enc")
    rule(header.get("cty") == f"application/vnd.keyferry.{kind}+json", "cty")
    rule(set(header) == {"alg", "enc", "kid", "epk", "cty"}, "members of the header")
    epk = header["epk"]
    rule(set(epk) == {"kty", "crv", "x", "y"} and (epk["kty"], epk["crv"]) == ("EC", "P-384"), "epk")


def check_response_key(jose, jwk):
    rule(isinstance(jwk, dict) and set(jwk) == {"kty", "crv", "x", "y", "kid", "use"}, "members of response_key")
    rule((jwk["kty"], jwk["crv"], jwk["use"]) == ("EC", "P-384", "enc"), "kind of response_key")
    rule(len(decode(jwk["x"])) == len(decode(jwk["y"])) == 48, "coordinates of response_key")
    rule(isinstance(jwk["kid"], str) and jwk["kid"] != "", "kid of response_key")
    # Use the key once: the library then checks that the point is on the curve.
    jose.seal(b"probe", {"alg": ALGS[0], "enc": ENCS[0], "kid": jwk["kid"]}, jwk)


def check_creation_options(options):
    text = lambda value: isinstance(value, str) and value != ""
    rule(isinstance(options, dict) and REQUIRED_OPTIONS <= set(options), "members of creation_options")
    rule(set(options) <= REQUIRED_OPTIONS | OTHER_OPTIONS, "a member that is not on the page")
    rule(text(options["rp"].get("id")) and text(options["rp"].get("name")), "rp")
    user = options["user"]
    rule(1 <= len(decode(user["id"])) <= 64 and text(user["name"]) and isinstance(user["displayName"], str), "user")
    rule(text(options["challenge"]), "challenge")
    parameters = options["pubKeyCredParams"]
    rule(parameters and all(p["type"] == "public-key" and isinstance(p["alg"], int) for p in parameters), "pubKeyCredParams")
    for credential in options.get("excludeCredentials", []):
        rule(credential["type"] == "public-key" and len(decode(credential["id"])) > 0, "excludeCredentials")
    rule(isinstance(options.get("extensions", {}), dict), "extensions")


def open_request(jose, compact, transport_keys, kind):
    """Returns header and plaintext of a valid request.

    Stricter than a receiver needs to be: also rejects members that are not on the page.
    """
    rule(len(compact) <= LIMIT, "size")
    named = parse(decode(compact.split(".")[0])).get("kid")
    key = next((key for key in transport_keys if key["kid"] == named), None)
    rule(key is not None, "kid is not a transport key")
    header, data = jose.open(compact, key)
    check_requests_header(header, kind)
    request = parse(data)
    rule(request.get("format") == "keyferry-1" and request.get("type") == kind, "format and type")
    rule(UUID.fullmatch(request.get("request_id", "")), "request_id")
    check_response_key(jose, request.get("response_key"))
    if kind == "credential-request":
        rule(set(request) == {"format", "type", "request_id", "response_key", "creation_options"}, "members")
        check_creation_options(request["creation_options"])
    else:
        rule(set(request) == {"format", "type", "request_id", "response_key", "pin"}, "members")
        pin = request["pin"]
        rule(isinstance(pin, dict) and pin.get("type") == "generate" and set(pin) == {"type", "length"}, "pin")
        rule(type(pin["length"]) is int and 4 <= pin["length"] <= 63, "length of the PIN")
    return {"header": header, "plaintext": request}


def credential_payload(request, serial):
    """Returns a credential response. The credential is random bytes, since this only tests the envelope."""
    options = request["creation_options"]
    client_data = {
        "type": "webauthn.create",
        "challenge": options["challenge"],
        "origin": "https://" + options["rp"]["id"],
        "crossOrigin": False,
    }
    id = encode(os.urandom(32))
    return head(request, "credential-response", serial) | {
        "firmware_version": "5.7.4",
        "credential": {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(json.dumps(client_data).encode()),
                "attestationObject": encode(os.urandom(200)),
                "transports": ["usb", "nfc"],
            },
            "clientExtensionResults": {},
        },
    }


def pin_payload(request, serial):
    digits = "".join(str(byte % 10) for byte in os.urandom(request["pin"]["length"]))
    return head(request, "pin-response", serial) | {"pin": digits, "change_on_first_use": False}


def head(request, kind, serial):
    return {
        "format": "keyferry-1",
        "type": kind,
        "request_id": request["request_id"],
        "issued_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "serial_number": serial,
    }


def jws_of(jose, payload, signing_key):
    header = {"alg": "ES384", "kid": signing_key["kid"], "cty": f"application/vnd.keyferry.{payload['type']}+json"}
    return jose.sign(json.dumps(payload, ensure_ascii=False).encode(), header, signing_key)


def respond(jose, payload, response_key, signing_key, way):
    """Returns a JWS inside a JWE. `way` contains `alg`, `enc` and optionally `apu` and `apv`."""
    header = way | {"kid": response_key["kid"], "cty": "JOSE"}
    return jose.seal(jws_of(jose, payload, signing_key).encode(), header, response_key)


def answer(jose, question):
    """Opens the requests of each order and answers them with each of the given algorithms (`ways`)."""
    orders = []
    for number, order in enumerate(question["orders"]):
        try:
            opened = {
                name: open_request(jose, order[name], question["transport_keys"], name.replace("_", "-"))
                for name in ("credential_request", "pin_request")
            }
            credential, pin = (opened[name]["plaintext"] for name in ("credential_request", "pin_request"))
            rule(credential["request_id"] == pin["request_id"], "request_id differs between the two requests")
            rule(credential["response_key"] == pin["response_key"], "response_key differs between the two requests")
        except Exception as refusal:
            orders.append({"refused": f"{type(refusal).__name__}: {refusal}"})
            continue
        payloads = {
            "credential_response": credential_payload(credential, str(3632071 + number)),
            "pin_response": pin_payload(pin, str(3632071 + number)),
        }
        key, signer = credential["response_key"], question["signing_key"]
        orders.append(opened | {
            "responses": [
                {name: {"payload": payload, "jwe": respond(jose, payload, key, signer, way)} for name, payload in payloads.items()} | {"way": way}
                for way in question["ways"]
            ]
        })
    return {"orders": orders}


def check_vectors(jose, vectors):
    """Opens the four envelopes of the committed file and compares them with the plaintexts in the file."""
    for name in ("credential_request", "pin_request"):
        opened = open_request(jose, vectors[name]["jwe"], vectors["transport_keys"], name.replace("_", "-"))
        rule(opened["plaintext"] == vectors[name]["plaintext"], f"{name}: plaintext")
        rule(opened["plaintext"]["response_key"] == public(vectors["response_key"]), f"{name}: response_key")
    for name in ("credential_response", "pin_response"):
        header, signed = jose.open(vectors[name]["jwe"], vectors["response_key"])
        rule(header["alg"] in ALGS and header["enc"] in ENCS, f"{name}: alg and enc")
        rule(header["kid"] == vectors["response_key"]["kid"] and header["cty"] == "JOSE", f"{name}: kid and cty")
        inner, payload = jose.verify(signed.decode(), vectors["signing_key"])
        expected = {
            "alg": "ES384",
            "kid": vectors["signing_key"]["kid"],
            "cty": f"application/vnd.keyferry.{name.replace('_', '-')}+json",
        }
        rule(inner == expected, f"{name}: header of the JWS")
        rule(parse(payload) == vectors[name]["payload"], f"{name}: payload")
        rule(parse(payload)["request_id"] == vectors["pin_request"]["plaintext"]["request_id"], f"{name}: request_id")


def judge_vectors(jose, question):
    faults = []
    for vectors in question["vectors"]:
        try:
            check_vectors(jose, vectors)
            faults.append(None)
        except Exception as fault:
            faults.append(f"{type(fault).__name__}: {fault}")
    return {"faults": faults}


def messages(jose, question):
    """JOSE without the page: many messages each way, so that rare encodings of numbers occur."""
    signer = jose.generate("their-signer", "sig")
    return {
        "opened": [jose.open(compact, question["private_key"])[1].decode() for compact in question["sealed"]],
        "verified": [jose.verify(compact, question["verification_key"])[1].decode() for compact in question["signed"]],
        "sealed": [
            jose.seal(item["text"].encode(), item["header"], question["public_key"]) for item in question["to_seal"]
        ],
        "signed": [
            jose.sign(text.encode(), {"alg": "ES384", "kid": "their-signer"}, signer) for text in question["to_sign"]
        ],
        "signing_key": public(signer),
    }


def main(jose):
    question = json.load(sys.stdin)
    tasks = {"keys": lambda jose, _: keys(jose), "answer": answer, "vectors": judge_vectors, "messages": messages}
    json.dump(tasks[question["do"]](jose, question), sys.stdout)
