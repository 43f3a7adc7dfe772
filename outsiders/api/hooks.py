"""Data of the sandbox for Schemathesis, and one additional check.

Written from docs/reference/api.md. Choices depend on the bytes of the request, so that runs with the same seed are
equal.
"""

import json
import os
import zlib

import schemathesis
from schemathesis import GenerationMode

SHIPMENTS = json.loads(os.environ["KEYFERRY_SHIPMENTS"])
USERS = [f"a1000000-0000-4000-8000-{number:012x}" for number in (1, 2, 10)]
PERSON = {
    "recipient_company": "Contoso",
    "recipient_email": "parcel@contoso.onmicrosoft.com",
    "recipient_firstname": "Ada",
    "recipient_lastname": "Lovelace",
    "recipient_telephone": "5555555555",
}
ADDRESS = {
    "street_line1": "1 Analytical Way",
    "city": "Palo Alto",
    "region": "CA",
    "postal_code": "94301",
    "country_code_2": "US",
}
ITEM = {"product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID"}


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


def dice(case, sides, throw):
    seen = json.dumps([throw, case.body, case.path_parameters], sort_keys=True, default=repr)
    return zlib.crc32(seen.encode()) % sides


@schemathesis.hook
def before_call(context, case, kwargs):
    """Changes many of the valid requests so that they refer to existing shipments and users."""
    if not is_positive(case):
        return
    if "shipment_id" in (case.path_parameters or {}) and case.meta.phase.name.value != "stateful":
        match dice(case, 4, "path"):
            case 0 | 1:
                case.path_parameters["shipment_id"] = SHIPMENTS[dice(case, len(SHIPMENTS), "shipment")]
            case 2:
                case.path_parameters["shipment_id"] = "nobody-has-this-id"
    if not isinstance(case.body, dict):
        return
    # A cancelled shipment accepts few further requests, so leave most of the shipments to other operations.
    if case.operation.path.endswith("shipment_id}/cancel") and case.path_parameters["shipment_id"] in SHIPMENTS[:-1]:
        case.path_parameters["shipment_id"] = SHIPMENTS[-1]
    if case.operation.path.endswith("/resolve") and dice(case, 2, "outcome"):
        case.body.pop("shipment_id", None)
    orders = {
        "POST /v1/fpr/shipments": [case.body],
        "POST /v1/orders": [case.body],
        "POST /v1/orders/check": case.body.get("orders") or [],
        "POST /v1/shipments/{shipment_id}/replace": [case.body.get("order")],
        "POST /v1/people/{user}/lost-key": [case.body.get("order")],
    }
    for order in orders.get(case.operation.label, []):
        if not isinstance(order, dict) or not dice(case, 4, "order"):
            continue
        parcel = order["yubico_shipment_request"]
        # Sometimes one of the two stays as generated.
        if which := dice(case, 5, "parcel"):
            parcel["mailing_address"] = ADDRESS
        if which != 1:
            parcel["recipient"] = PERSON
        parcel["shipment_items"] = [ITEM]
        order["user_id"] = USERS[dice(case, len(USERS), "user")]
        order.pop("enrollment_contacts", None)


@schemathesis.serializer("application/jsonl")
def lines(context, value):
    """Sends a file of one object per line as it is."""
    return (value if isinstance(value, str) else json.dumps(value, default=repr)).encode()


PARCEL = ("yubico_shipment_request.recipient", "yubico_shipment_request.mailing_address")


@schemathesis.check
def valid_requests_fail_only_for_data(context, response, case):
    """A request that the document allows may fail with 400 only for a reason that the document cannot express."""
    if response.status_code != 400 or not is_positive(case):
        return
    body = response.json()
    # Other systems decide which users and products exist.
    if body["error_code"] in ("ye_error", "idp_error"):
        return
    # Contacts, and whether persons give addresses, depend on settings; the `shipment_id` of a resolve decision depends
    # on its outcome.
    field = body.get("error_data", {}).get("field", "").removeprefix("order.")
    if field.startswith(("enrollment_contacts.emails_to", "address_by", "shipment_id")):
        return
    # A cursor belongs to the response before.
    if field in ("cursor", "after"):
        return
    # A schema does not contain which receivers are allowed, and that a secret has 24 to 64 bytes.
    if "/v1/webhooks" in case.operation.path and field in ("url", "secret", "messages", "dead", "description"):
        return
    # A schema contains neither the width of a letter's window nor the characters of its font.
    if case.operation.path.endswith("/pin-letter") and field.startswith(("address", "user_name")):
        return
    # Either names the key. Settings decide whether the address may be missing, and whether a pass can be requested.
    if case.operation.path.endswith("/lost-key") and field in ("serial", "shipment", "order", "access_pass"):
        return
    # In JSON Schema, 109.0 is an integer.
    if "but got floating point" in response.text:
        return
    # A file that cannot be read, a mapping of its columns: neither has a schema.
    if case.operation.label == "POST /v1/batches":
        return
    # Of the members of an action, some exclude each other. Its filter has the parameters of GET /v1/shipments.
    if case.operation.path == "/v1/shipments/actions":
        return
    # A pattern cannot name all invisible characters, and a schema cannot compare two days.
    if "invisible character" in response.text or "not before `not_before`" in response.text:
        return
    if case.operation.path == "/v1/people/{user}" or field in ("user", "user_id"):
        return
    # Data of the recipient may be missing or empty only with the setting that fills it from the directory.
    absent = (" is missing", " must not be empty")
    if field.startswith(PARCEL) and response.json()["error_message"].endswith(absent):
        return
    # The limit of a mail address is 254 bytes; a schema counts characters.
    if field.endswith(".recipient_email"):
        order = case.body.get("order", case.body)
        address = order["yubico_shipment_request"]["recipient"].get("recipient_email") or ""
        if len(address.encode()) > 254:
            return
    raise AssertionError(f"the API rejected a request that the document allows: {response.text}")
