"""The script that an administrator would write instead: orders keys, and registers them when they are ready.

It uses jwcrypto, python-fido2 and requests, with one HTTP session, one database and published keys that are fetched
once. It has no API, no roles, no schedule, no retries, no masking of secrets, no audit trail, and delivers PINs only
through the Logic App. It is the comparison of `cargo xtask bench keys`.

Arguments: address of the sandbox, folder for its database. Standard input: one JSON command a line, standard output:
one line for each.

  {"create": [user, ...]}   orders a key for each user, answers with the delivery service's ids
  {"process": true}         registers the keys that are ready, answers with their number
  {"open": true}            answers with the number of keys that are not complete
"""

import json
import sqlite3
import sys
import time
import uuid
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fido2.attestation import AttestationVerifier
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from jwcrypto import jwe, jwk, jws

ALGS = ["ECDH-ES+A256KW", "A256GCM"]
FORWARDED = [
    *["rp", "user", "challenge", "pubKeyCredParams"],
    *["excludeCredentials", "authenticatorSelection", "attestation", "extensions"],
]
READY = 103


class Roots(AttestationVerifier):
    def __init__(self, pem):
        super().__init__()
        self.root = x509.load_pem_x509_certificate(pem)

    def ca_lookup(self, attestation_result, auth_data):
        path = [x509.load_der_x509_certificate(der) for der in attestation_result.trust_path]
        return self.root.public_bytes(Encoding.DER) if path and path[-1].issuer == self.root.subject else None


class Script:
    def __init__(self, base, folder):
        self.http = requests.Session()
        self.http.trust_env = False
        self.world = self.http.get(f"{base}/control/world").json()
        self.keys = {}
        self.token = (None, 0)
        self.roots = Roots(self.http.get(f"{base}/control/attestation-root.pem").content)
        self.database = sqlite3.connect(folder / "keys.db")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute(
            "CREATE TABLE keys (request TEXT PRIMARY KEY, shipment TEXT, user TEXT, response_key TEXT, options TEXT,"
            " state TEXT)"
        )

    def published(self, name):
        if name not in self.keys:
            published = self.http.get(self.world[name]).json()["keys"]
            self.keys[name] = {key["kid"]: jwk.JWK(**key) for key in published}
        return self.keys[name]

    def graph(self, method, path, body=None):
        token, until = self.token
        if time.monotonic() > until:
            form = {
                "grant_type": "client_credentials",
                "client_id": "0c0ffee0-0000-4000-8000-000000000001",
                "client_secret": "sandbox-connector-secret",
                "scope": "https://graph.microsoft.com/.default",
            }
            answer = self.http.post(self.world["token_endpoint"], data=form)
            answer.raise_for_status()
            token, seconds = answer.json()["access_token"], int(answer.json()["expires_in"])
            self.token = (token, time.monotonic() + seconds - 300)
        url = f"{self.world['graph_endpoint']}/beta/users/{path}"
        answer = self.http.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    def delivery(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.world['delivery_token']}"}
        answer = self.http.request(method, f"{self.world['delivery_endpoint']}{path}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    def seal(self, kind, plaintext):
        kid, key = next(iter(self.published("transport_keys_url").items()))
        header = {"alg": ALGS[0], "enc": ALGS[1], "kid": kid, "cty": f"application/vnd.keyferry.{kind}+json"}
        token = jwe.JWE(json.dumps(plaintext).encode(), json.dumps(header), algs=ALGS)
        token.add_recipient(key)
        return token.serialize(compact=True)

    def open(self, kind, compact, key, request):
        outer = jwe.JWE(algs=ALGS)
        outer.deserialize(compact, key)
        inner = jws.JWS()
        inner.allowed_algs = ["ES384"]
        inner.deserialize(outer.payload.decode())
        inner.verify(self.published("signing_keys_url")[inner.jose_header["kid"]])
        plaintext = json.loads(inner.payload)
        if plaintext["type"] != kind or plaintext["request_id"] != request:
            raise ValueError("the response belongs to another request")
        return plaintext

    def create(self, user):
        path = f"{user}/authentication/fido2Methods/creationOptions(challengeTimeoutInMinutes=43200)"
        options = self.graph("GET", path)["publicKey"]
        request = str(uuid.uuid4())
        key = jwk.JWK.generate(kty="EC", crv="P-384", kid=request, use="enc")
        common = {"format": "keyferry-1", "request_id": request, "response_key": key.export_public(as_dict=True)}
        forwarded = {name: options[name] for name in FORWARDED if options.get(name) is not None}
        credential = self.seal(
            "credential-request", {**common, "type": "credential-request", "creation_options": forwarded}
        )
        pin = self.seal(
            "pin-request", {**common, "type": "pin-request", "pin": {"type": "generate", "length": 8}}
        )
        with self.database:
            row = (request, user, key.export_private(), json.dumps(options))
            self.database.execute("INSERT INTO keys VALUES (?, NULL, ?, ?, ?, 'sending')", row)
        order = {
            "delivery_type": 1,
            "address_validation_bypass": False,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": "parcel@contoso.onmicrosoft.com",
                "recipient_firstname": "Ada",
                "recipient_lastname": "Lovelace",
                "recipient_telephone": "5555555555",
            },
            "mailing_address": {
                "street_line1": "1 Analytical Way",
                "city": "Palo Alto",
                "region": "CA",
                "postal_code": "94301",
                "country_code_2": "US",
            },
            "shipment_items": [
                {
                    "product_id": 1,
                    "inventory_product_id": 106,
                    "product_quantity": 1,
                    "customization_id": "CUSTID",
                    "product_customizations": [
                        {"fido_pin_request": pin, "fido_credential_requests": [credential]}
                    ],
                }
            ],
        }
        shipment = self.delivery("POST", "/fpr/shipments", order)["shipment_id"]
        with self.database:
            row = (shipment, request)
            self.database.execute("UPDATE keys SET shipment = ?, state = 'ordered' WHERE request = ?", row)
        return shipment

    def process(self):
        rows = self.database.execute(
            "SELECT request, shipment, user, response_key, options FROM keys WHERE state = 'ordered'"
        )
        return sum(self.register(*row) for row in rows.fetchall())

    def register(self, request, shipment, user, response_key, options):
        found = self.delivery("GET", f"/fpr/shipments/{shipment}")
        if found["shipment_state"]["shipment_state_id"] != READY:
            return False
        made = found["shipment_items"][0]["product_data"][0]
        key, options = jwk.JWK.from_json(response_key), json.loads(options)
        sealed = made.get("fido_credential_responses") or made["fido_credential_response"]
        credential = self.open("credential-response", sealed[0], key, request)["credential"]
        rp = options["rp"]["id"]
        server = Fido2Server(
            {"id": rp, "name": rp},
            "direct",
            verify_origin=lambda origin: origin == f"https://{rp}",
            verify_attestation=self.roots,
        )
        _, state = server.register_begin(
            {"id": b"user", "name": "user", "displayName": "User"},
            user_verification="required",
            challenge=websafe_decode(options["challenge"]),
        )
        server.register_complete(state, credential)
        body = {
            "displayName": f"YubiKey {made.get('serial_number', '')}",
            "publicKeyCredential": {
                "id": credential["id"],
                "response": {name: credential["response"][name] for name in ["clientDataJSON", "attestationObject"]},
                "clientExtensionResults": credential["clientExtensionResults"],
            },
        }
        self.graph("POST", f"{user}/authentication/fido2Methods", body)
        with self.database:
            self.database.execute("UPDATE keys SET state = 'registered' WHERE request = ?", (request,))
        pin = self.open("pin-response", made["fido_pin_response"], key, request)
        notice = {"user_id": user, "serial_number": pin["serial_number"], "pin": pin["pin"], "shipment_id": shipment}
        answer = self.http.post(self.world["logic_app_url"], json={**notice, "message_id": request, "contacts": []})
        answer.raise_for_status()
        with self.database:
            row = (request,)
            self.database.execute("UPDATE keys SET state = 'complete', response_key = NULL WHERE request = ?", row)
        return True

    def unfinished(self):
        return self.database.execute("SELECT count(*) FROM keys WHERE state != 'complete'").fetchone()[0]


def main():
    script = Script(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        command = json.loads(line)
        if "create" in command:
            answer = [script.create(user) for user in command["create"]]
        elif "process" in command:
            answer = script.process()
        else:
            answer = script.unfinished()
        print(json.dumps(answer), flush=True)


main()
