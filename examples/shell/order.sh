#!/bin/sh
# Orders a key for one user and follows the order. See ../README.md for the variables.
# Exit codes: 0 complete, 1 not ordered, 2 an order may exist, 3 not complete in time.
set -eu

user=${1:?usage: order.sh USER}
api=${API_URL:-http://127.0.0.1:8080}
token_url=${TOKEN_URL:-http://127.0.0.1:8090/contoso.onmicrosoft.com/oauth2/v2.0/token}
client_id=${CLIENT_ID:-0c0ffee0-0000-4000-8000-000000000002}
client_secret=${CLIENT_SECRET:-sandbox-test-client-secret}
scope=${SCOPE:-api://fido-connector-api.contoso.onmicrosoft.com/.default}
key=${IDEMPOTENCY_KEY:-$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)}
wait=${WAIT_SECONDS:-120}

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# The string member NAME of the JSON on standard input; empty when it is missing.
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# Secrets go through files: other users of this machine can read command lines.
umask 077
printf 'data-urlencode = "client_secret=%s"\n' "$client_secret" > "$work/secret"
token=$(curl -sS --config "$work/secret" --data-urlencode "client_id=$client_id" \
  --data-urlencode "scope=$scope" -d grant_type=client_credentials "$token_url" | member access_token)
[ -n "$token" ] || { echo "no access token: check CLIENT_ID, CLIENT_SECRET and TOKEN_URL" >&2; exit 1; }
printf 'header = "Authorization: Bearer %s"\n' "$token" > "$work/token"

cat > "$work/order.json" <<JSON
{
  "user_id": "$user",
  "pin_request": { "type": "generate", "length": 8 },
  "yubico_shipment_request": {
    "recipient": {
      "recipient_company": "Contoso",
      "recipient_email": "$user",
      "recipient_firstname": "Ada",
      "recipient_lastname": "Lovelace",
      "recipient_telephone": "5555555555"
    },
    "mailing_address": {
      "street_line1": "1 Analytical Way",
      "city": "Palo Alto",
      "region": "CA",
      "postal_code": "94301",
      "country_code_2": "US"
    },
    "shipment_items": [
      { "product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID" }
    ]
  }
}
JSON

attempt=1
while :; do
  status=$(curl -sS --config "$work/token" -H 'Content-Type: application/json' -H "Idempotency-Key: $key" \
    --data-binary @"$work/order.json" -D "$work/head" -o "$work/answer" -w '%{http_code}' "$api/v1/fpr/shipments")
  if [ "$status" = 503 ] && [ "$attempt" -lt 5 ]; then
    pause=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' "$work/head")
    echo "busy; retrying in ${pause:-30} s" >&2
    sleep "${pause:-30}"
    attempt=$((attempt + 1))
    continue
  fi
  break
done
if [ "$status" != 201 ]; then
  echo "status $status: $(member error_message < "$work/answer")" >&2
  if grep -q '"order_may_exist": *true' "$work/answer"; then
    echo "do not order again; resolve shipment $(member shipment_id < "$work/answer")" >&2
    exit 2
  fi
  exit 1
fi
shipment=$(member shipment_id < "$work/answer")
echo "ordered: $shipment"

until=$(($(date +%s) + wait))
while [ "$(date +%s)" -lt "$until" ]; do
  curl -sS --config "$work/token" -o "$work/answer" "$api/v1/fpr/shipments/$shipment"
  if [ "$(member shipment_state < "$work/answer")" = complete ]; then
    echo "complete: the key is registered and the PIN is delivered"
    exit 0
  fi
  problem=$(member error_message < "$work/answer")
  [ -z "$problem" ] || echo "obstacle: $problem" >&2
  sleep 2
done
echo "not complete after $wait s" >&2
exit 3
