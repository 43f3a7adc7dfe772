// Runs KeyferryClient.js outside of ServiceNow: provides the parts of the platform's API that it uses, over curl.
// See ../README.md for the variables. Exit codes: 0 complete, 1 not ordered, 2 an order may exist, 3 not complete in time.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import vm from "node:vm";

const setting = (name, otherwise) => process.env[name] || otherwise;

// Headers and bodies go through standard input: other users of this machine can read command lines.
const curl = (lines) => {
  const config = lines.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join("\n");
  const output = execFileSync("curl", ["-sS", "-i", "--config", "-"], { input: config, encoding: "utf8" });
  const end = output.indexOf("\r\n\r\n");
  const [first, ...headers] = output.slice(0, end).split("\r\n");
  return { status: Number(first.split(" ")[1]), headers, body: output.slice(end + 4) };
};

const accessToken = () => {
  const url = setting("TOKEN_URL", "http://127.0.0.1:8090/contoso.onmicrosoft.com/oauth2/v2.0/token");
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: setting("CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000002"),
    client_secret: setting("CLIENT_SECRET", "sandbox-test-client-secret"),
    scope: setting("SCOPE", "api://fido-connector-api.contoso.onmicrosoft.com/.default"),
  });
  return JSON.parse(curl([["url", url], ["data", form.toString()]]).body).access_token;
};

class RESTMessageV2 {
  #lines = [["max-time", "60"]];
  setHttpMethod(method) { this.#lines.push(["request", method.toUpperCase()]); }
  setEndpoint(url) { this.#lines.push(["url", url]); }
  setHttpTimeout() {}
  setRequestHeader(name, value) { this.#lines.push(["header", `${name}: ${value}`]); }
  setRequestBody(body) { this.#lines.push(["data-binary", body]); }
  setAuthenticationProfile() { this.setRequestHeader("Authorization", `Bearer ${accessToken()}`); }
  execute() {
    let answer;
    try {
      answer = curl(this.#lines);
    } catch (error) {
      return { getStatusCode: () => 0, haveError: () => true, getErrorMessage: () => error.message };
    }
    const { status, headers, body } = answer;
    return {
      getStatusCode: () => status,
      haveError: () => status >= 400,
      getErrorMessage: () => body,
      getBody: () => body,
      getHeader: (name) => {
        const start = `${name.toLowerCase()}: `;
        return headers.find((line) => line.toLowerCase().startsWith(start))?.slice(start.length) ?? null;
      },
    };
  }
}

const Class = {
  create: () => function (...options) { this.initialize(...options); },
};
const context = vm.createContext({ Class, sn_ws: { RESTMessageV2 } });
vm.runInContext(readFileSync(new URL("KeyferryClient.js", import.meta.url), "utf8"), context);
const client = new context.KeyferryClient({ url: setting("API_URL", "http://127.0.0.1:8080"), oauthProfile: "demo" });

const [user] = process.argv.slice(2);
if (!user) {
  console.error("usage: try.mjs USER");
  process.exit(1);
}
const order = {
  user_id: user,
  pin_request: { type: "generate", length: 8 },
  yubico_shipment_request: {
    recipient: {
      recipient_company: "Contoso",
      recipient_email: user,
      recipient_firstname: "Ada",
      recipient_lastname: "Lovelace",
      recipient_telephone: "5555555555",
    },
    mailing_address: {
      street_line1: "1 Analytical Way",
      city: "Palo Alto",
      region: "CA",
      postal_code: "94301",
      country_code_2: "US",
    },
    shipment_items: [{ product_id: 1, inventory_product_id: 106, product_quantity: 1, customization_id: "CUSTID" }],
  },
};
const key = setting("IDEMPOTENCY_KEY", randomUUID());
let result;
for (let attempt = 1; attempt <= 5; attempt += 1) {
  result = client.order(key, order);
  if (result.outcome !== "retry") break;
  console.error(`busy; retrying in ${result.retryAfterSeconds} s`);
  await sleep(result.retryAfterSeconds * 1000);
}
if (result.outcome !== "ordered") {
  console.error(`${result.outcome}: ${result.message}`);
  if (result.outcome === "uncertain") console.error(`do not order again; resolve shipment ${result.shipmentId}`);
  process.exit(result.outcome === "uncertain" ? 2 : 1);
}
console.log(`ordered: ${result.shipmentId}`);
const wait = Number(setting("WAIT_SECONDS", "120"));
const until = Date.now() + wait * 1000;
while (Date.now() < until) {
  const { state, message } = client.state(result.shipmentId);
  if (state === "complete") {
    console.log("complete: the key is registered and the PIN is delivered");
    process.exit(0);
  }
  if (message) console.error(`obstacle: ${message}`);
  await sleep(2000);
}
console.error(`not complete after ${wait} s`);
process.exit(3);
