// Orders a key with types that openapi-typescript generates from docs/reference/openapi.json, and openapi-fetch.
//
// Standard input: the announcement of `keyferry demo --json`. Standard output: {"id", "phase", "events", "completed",
// "findings", "refusal"}. tsc checks the types with --strict.

import { text } from "node:stream/consumers";
import createClient from "openapi-fetch";
import type { components, paths } from "./keyferry.js";

type Order = components["schemas"]["QueueOrder"];
type Details = components["schemas"]["DetailsBody"];
type Refusal = components["schemas"]["ErrorBody"];
type Demo = { api: string; token_url: string; client_id: string; client_secret: string; scope: string };

const DEADLINE_SECONDS = 60;

function failed(what: string, error: Refusal | undefined): Error {
  return new Error(`${what}: ${error?.error_code}: ${error?.error_message}`);
}

async function token(demo: Demo): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: demo.client_id,
    client_secret: demo.client_secret,
    scope: demo.scope,
  });
  const answer = await fetch(demo.token_url, { method: "POST", body: form });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

function orderFor(user: string): Order {
  return {
    user_id: user,
    pin_request: { type: "generate", length: 8 },
    reference: "TS-1",
    yubico_shipment_request: {
      delivery_type: 1,
      recipient: {
        recipient_company: "Contoso",
        recipient_email: user,
        recipient_firstname: "Alan",
        recipient_lastname: "Turing",
        recipient_telephone: "5555555555",
      },
      mailing_address: {
        street_line1: "1 Main Street",
        city: "Seattle",
        region: "WA",
        postal_code: "98101",
        country_code_2: "US",
      },
      shipment_items: [{ product_id: 1, inventory_product_id: 18, product_quantity: 1, customization_id: "CUSTID" }],
    },
  };
}

const demo = JSON.parse(await text(process.stdin)) as Demo;
const client = createClient<paths>({
  baseUrl: demo.api,
  headers: { Authorization: `Bearer ${await token(demo)}` },
});

async function complete(shipment_id: string): Promise<Details> {
  const deadline = Date.now() + DEADLINE_SECONDS * 1000;
  while (Date.now() < deadline) {
    const { data, error } = await client.GET("/v1/shipments/{shipment_id}", { params: { path: { shipment_id } } });
    if (!data) throw failed("details", error);
    if (data.shipment_state === "complete") return data;
    if (data.phase === "refused") throw new Error(`refused: ${data.history.at(-1)?.detail}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`not complete after ${DEADLINE_SECONDS} s`);
}

/** Returns the invalid member of an order without a user, as a caller handles the error. */
async function refusal(): Promise<string | undefined> {
  const { error } = await client.POST("/v1/orders", { body: orderFor("") });
  // The origin narrows the type: only errors of the API have a class.
  if (error?.error_code !== "api_error" || error.error_data?.error_type !== "validation") {
    throw failed("expected a validation error", error);
  }
  return error.error_data.field;
}

const order = orderFor("alan.turing@contoso.onmicrosoft.com");
const { data: checked, error: notChecked } = await client.POST("/v1/orders/check", { body: { orders: [order] } });
if (!checked) throw failed("check", notChecked);
const errors = checked.rows.flatMap((row) => row.findings).filter((finding) => finding.severity === "error");
if (errors.length > 0) throw new Error(`check: ${errors.map((finding) => finding.message).join(", ")}`);

const { data: queued, error: notQueued } = await client.POST("/v1/orders", {
  body: order,
  params: { header: { "Idempotency-Key": "ts-1" } },
});
if (!queued) throw failed("order", notQueued);
const details = await complete(queued.id);

const { data: events, error: noEvents } = await client.GET("/v1/shipments/{shipment_id}/events", {
  params: { path: { shipment_id: queued.id } },
});
if (!events) throw failed("events", noEvents);
const { data: report, error: noReport } = await client.GET("/v1/report", {
  params: { query: { from: new Date(Date.parse(details.created_at) - 60_000).toISOString(), by: ["product"] } },
});
if (!report) throw failed("report", noReport);

console.log(
  JSON.stringify({
    id: details.id,
    phase: details.phase,
    events: events.items.map((event) => event.event),
    completed: report.groups.reduce((sum, group) => sum + group.completed, 0),
    findings: checked.errors,
    refusal: await refusal(),
  }),
);
