"""Orders a key with the client that openapi-python-client generates from docs/reference/openapi.json.

Standard input: the announcement of `keyferry demo --json`. Standard output: {"id", "phase", "events", "completed",
"findings", "refusal"}. mypy checks the types with --strict.
"""

import datetime
import json
import sys
import time
from typing import NoReturn

import httpx
from keyferry_client import AuthenticatedClient
from keyferry_client.api.orders import check_orders, queue_order
from keyferry_client.api.shipments import get_details, get_events, get_report
from keyferry_client.models import (
    ApiError,
    CheckedOrders,
    CheckOrders,
    DetailsBody,
    ErrorType,
    EventsBody,
    IdpError,
    Item,
    PartialAddress,
    PartialRecipient,
    Phase,
    PinRequest,
    PinType,
    QueuedBody,
    QueuedShipmentRequest,
    QueueOrder,
    ReportBody,
    Severity,
    ShipmentState,
    YeError,
)
from keyferry_client.types import Unset

Refusal = ApiError | IdpError | YeError | None

DEADLINE_SECONDS = 60


def failed(what: str, answer: Refusal) -> NoReturn:
    if answer is None:
        sys.exit(f"{what}: unexpected response")
    sys.exit(f"{what}: {answer.error_code.value}: {answer.error_message}")


def token(url: str, client_id: str, client_secret: str, scope: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": scope,
    }
    answer = httpx.post(url, data=form)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def order_for(user: str) -> QueueOrder:
    parcel = QueuedShipmentRequest(
        recipient=PartialRecipient(
            recipient_company="Contoso",
            recipient_email=user,
            recipient_firstname="Ada",
            recipient_lastname="Lovelace",
            recipient_telephone="5555555555",
        ),
        mailing_address=PartialAddress(
            street_line1="1 Main Street", city="Seattle", region="WA", postal_code="98101", country_code_2="US"
        ),
        shipment_items=[Item(product_id=1, inventory_product_id=18, product_quantity=1, customization_id="CUSTID")],
    )
    return QueueOrder(
        user_id=user,
        pin_request=PinRequest(type_=PinType.GENERATE, length=8),
        needed_by=datetime.date.today() + datetime.timedelta(days=30),
        reference="PY-1",
        yubico_shipment_request=parcel,
    )


def refusal(client: AuthenticatedClient) -> str:
    """Returns the class of the error for an order without a user, as a caller handles it."""
    answer = queue_order.sync(client=client, body=order_for(""))
    if not isinstance(answer, ApiError) or isinstance(answer.error_data, Unset):
        sys.exit("expected an error of the API")
    if answer.error_data.error_type is not ErrorType.VALIDATION:
        sys.exit(f"expected a validation error, but got {answer.error_data.error_type}")
    return str(answer.error_data.field)


def complete(client: AuthenticatedClient, shipment: str) -> DetailsBody:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        details = get_details.sync(shipment, client=client)
        if not isinstance(details, DetailsBody):
            failed("details", details)
        if details.shipment_state is ShipmentState.COMPLETE:
            return details
        if details.phase is Phase.REFUSED:
            sys.exit(f"refused: {details.history[-1].detail}")
        time.sleep(0.2)
    sys.exit(f"not complete after {DEADLINE_SECONDS} s")


def main() -> None:
    demo: dict[str, str] = json.load(sys.stdin)
    bearer = token(demo["token_url"], demo["client_id"], demo["client_secret"], demo["scope"])
    client = AuthenticatedClient(base_url=demo["api"], token=bearer)
    order = order_for("ada.lovelace@contoso.onmicrosoft.com")

    checked = check_orders.sync(client=client, body=CheckOrders(orders=[order]))
    if not isinstance(checked, CheckedOrders):
        failed("check", checked)
    errors = [finding.message for finding in checked.rows[0].findings if finding.severity is Severity.ERROR]
    if errors:
        sys.exit(f"check: {errors}")

    queued = queue_order.sync(client=client, body=order, idempotency_key="py-1")
    if not isinstance(queued, QueuedBody):
        failed("order", queued)
    details = complete(client, str(queued.id))

    events = get_events.sync(str(queued.id), client=client)
    if not isinstance(events, EventsBody):
        failed("events", events)
    report = get_report.sync(client=client, from_=details.created_at - datetime.timedelta(minutes=1))
    if not isinstance(report, ReportBody):
        failed("report", report)

    result = {
        "id": str(details.id),
        "phase": details.phase.value,
        "events": [event.event.value for event in events.items],
        "completed": sum(group.completed for group in report.groups),
        "findings": checked.errors,
        "refusal": refusal(client),
    }
    print(json.dumps(result))


main()
