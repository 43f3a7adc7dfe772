#!/usr/bin/env python3
"""Orders a key for one user and follows the order. See ../README.md for the variables.

Exit codes: 0 complete, 1 not ordered, 2 an order may exist, 3 not complete in time.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

API = os.environ.get("API_URL", "http://127.0.0.1:8080")
TOKEN_URL = os.environ.get("TOKEN_URL", "http://127.0.0.1:8090/contoso.onmicrosoft.com/oauth2/v2.0/token")
CLIENT_ID = os.environ.get("CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000002")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET", "sandbox-test-client-secret")
SCOPE = os.environ.get("SCOPE", "api://fido-connector-api.contoso.onmicrosoft.com/.default")
IDEMPOTENCY_KEY = os.environ.get("IDEMPOTENCY_KEY") or str(uuid.uuid4())
WAIT_SECONDS = int(os.environ.get("WAIT_SECONDS", "120"))


def call(url, headers=None, body=None):
    """Returns status, headers and parsed body; also for answers that are not a success."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, json.loads(answer.read() or b"{}")


def access_token():
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": SCOPE,
    }
    status, _, answer = call(TOKEN_URL, body=urllib.parse.urlencode(form).encode())
    if status != 200:
        sys.exit(f"no access token: {answer.get('error_description', status)}")
    return answer["access_token"]


def order(token, user):
    """Returns the shipment id. Ends the program when there is none."""
    body = {
        "user_id": user,
        "pin_request": {"type": "generate", "length": 8},
        "yubico_shipment_request": {
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": user,
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
                {"product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID"}
            ],
        },
    }
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": IDEMPOTENCY_KEY,
    }
    for _ in range(5):
        status, answered, answer = call(f"{API}/v1/fpr/shipments", headers, json.dumps(body).encode())
        if status != 503:
            break
        pause = int(answered.get("Retry-After", "30"))
        print(f"busy; retrying in {pause} s", file=sys.stderr)
        time.sleep(pause)
    if status == 201:
        return answer["data"]["shipment_id"]
    print(f"status {status}: {answer.get('error_message')}", file=sys.stderr)
    data = answer.get("error_data", {})
    if data.get("order_may_exist"):
        print(f"do not order again; resolve shipment {data.get('shipment_id')}", file=sys.stderr)
        sys.exit(2)
    sys.exit(1)


def follow(token, shipment):
    """Returns whether the shipment is complete before the time is over."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        _, _, answer = call(f"{API}/v1/fpr/shipments/{shipment}", {"Authorization": f"Bearer {token}"})
        if answer.get("shipment_state") == "complete":
            return True
        if "error_message" in answer:
            print(f"obstacle: {answer['error_message']}", file=sys.stderr)
        time.sleep(2)
    return False


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: order.py USER")
    token = access_token()
    shipment = order(token, sys.argv[1])
    print(f"ordered: {shipment}")
    if not follow(token, shipment):
        print(f"not complete after {WAIT_SECONDS} s", file=sys.stderr)
        sys.exit(3)
    print("complete: the key is registered and the PIN is delivered")


if __name__ == "__main__":
    main()
