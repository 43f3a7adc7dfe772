// The script of register.py with jose and SimpleWebAuthn (npm), with the same commands and answers. Its records are
// lines of a file, each written through to the disk, because Node.js 20 has no database.

import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SettingsService, verifyRegistrationResponse } from "@simplewebauthn/server";
import { CompactEncrypt, compactDecrypt, compactVerify, exportJWK, generateKeyPair, importJWK } from "jose";

const FORWARDED = ["rp", "user", "challenge", "pubKeyCredParams"];
const OPTIONAL = ["excludeCredentials", "authenticatorSelection", "attestation", "extensions"];
const READY = 103;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const [base, folder] = process.argv.slice(2);
const world = await (await fetch(`${base}/control/world`)).json();
const root = await (await fetch(`${base}/control/attestation-root.pem`)).text();
SettingsService.setRootCertificates({ identifier: "packed", certificates: [root] });
const file = openSync(join(folder, "keys.jsonl"), "w");
const rows = new Map();
const published = new Map();
let token = { until: 0 };

function save(row, change) {
  Object.assign(row, change);
  rows.set(row.request, row);
  writeSync(file, `${JSON.stringify(row)}\n`);
  fdatasyncSync(file);
}

async function call(method, url, bearer, body) {
  const headers = { ...(bearer && { Authorization: `Bearer ${bearer}` }) };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${url} returned ${answer.status}: ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

async function graph(method, path, body) {
  if (Date.now() > token.until) {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "0c0ffee0-0000-4000-8000-000000000001",
      client_secret: "sandbox-connector-secret",
      scope: "https://graph.microsoft.com/.default",
    });
    const answer = await (await fetch(world.token_endpoint, { method: "POST", body: form })).json();
    token = { text: answer.access_token, until: Date.now() + (Number(answer.expires_in) - 300) * 1000 };
  }
  return call(method, `${world.graph_endpoint}/beta/users/${path}`, token.text, body);
}

const delivery = (method, path, body) => call(method, `${world.delivery_endpoint}${path}`, world.delivery_token, body);

async function keys(name, alg) {
  if (!published.has(name)) {
    const set = await call("GET", world[name]);
    published.set(name, new Map(await Promise.all(set.keys.map(async (key) => [key.kid, await importJWK(key, alg)]))));
  }
  return published.get(name);
}

async function seal(kind, plaintext) {
  const [kid, key] = (await keys("transport_keys_url", "ECDH-ES+A256KW")).entries().next().value;
  const header = { alg: "ECDH-ES+A256KW", enc: "A256GCM", kid, cty: `application/vnd.keyferry.${kind}+json` };
  return new CompactEncrypt(encoder.encode(JSON.stringify(plaintext))).setProtectedHeader(header).encrypt(key);
}

async function open(kind, compact, key, request) {
  const allowed = { keyManagementAlgorithms: ["ECDH-ES+A256KW"], contentEncryptionAlgorithms: ["A256GCM"] };
  const { plaintext } = await compactDecrypt(compact, key, allowed);
  const signers = await keys("signing_keys_url", "ES384");
  const signer = (header) => signers.get(header.kid);
  const { payload } = await compactVerify(plaintext, signer, { algorithms: ["ES384"] });
  const opened = JSON.parse(decoder.decode(payload));
  if (opened.type !== kind || opened.request_id !== request) throw new Error("the response belongs to another request");
  return opened;
}

async function create(user) {
  const path = `${user}/authentication/fido2Methods/creationOptions(challengeTimeoutInMinutes=43200)`;
  const options = (await graph("GET", path)).publicKey;
  const request = crypto.randomUUID();
  const pair = await generateKeyPair("ECDH-ES+A256KW", { crv: "P-384", extractable: true });
  const public_key = { ...(await exportJWK(pair.publicKey)), kid: request, use: "enc" };
  const common = { format: "keyferry-1", request_id: request, response_key: public_key };
  const names = [...FORWARDED, ...OPTIONAL.filter((name) => options[name] != null)];
  const creation_options = Object.fromEntries(names.map((name) => [name, options[name]]));
  const credential = await seal("credential-request", { ...common, type: "credential-request", creation_options });
  const pin = await seal("pin-request", { ...common, type: "pin-request", pin: { type: "generate", length: 8 } });
  const row = { request, user, response_key: await exportJWK(pair.privateKey), options };
  save(row, { state: "sending" });
  const order = {
    delivery_type: 1,
    address_validation_bypass: false,
    recipient: {
      recipient_company: "Contoso",
      recipient_email: "parcel@contoso.onmicrosoft.com",
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
    shipment_items: [
      {
        product_id: 1,
        inventory_product_id: 106,
        product_quantity: 1,
        customization_id: "CUSTID",
        product_customizations: [{ fido_pin_request: pin, fido_credential_requests: [credential] }],
      },
    ],
  };
  const { shipment_id } = await delivery("POST", "/fpr/shipments", order);
  save(row, { shipment: shipment_id, state: "ordered" });
  return shipment_id;
}

async function register(row) {
  const found = await delivery("GET", `/fpr/shipments/${row.shipment}`);
  if (found.shipment_state.shipment_state_id !== READY) return false;
  const made = found.shipment_items[0].product_data[0];
  const key = await importJWK(row.response_key, "ECDH-ES+A256KW");
  const sealed = (made.fido_credential_responses ?? made.fido_credential_response)[0];
  const { credential } = await open("credential-response", sealed, key, row.request);
  const verified = await verifyRegistrationResponse({
    response: credential,
    expectedChallenge: row.options.challenge,
    expectedOrigin: `https://${row.options.rp.id}`,
    expectedRPID: row.options.rp.id,
    requireUserVerification: true,
  });
  if (!verified.verified) throw new Error("the registration is not valid");
  const { clientDataJSON, attestationObject } = credential.response;
  await graph("POST", `${row.user}/authentication/fido2Methods`, {
    displayName: `YubiKey ${made.serial_number ?? ""}`,
    publicKeyCredential: {
      id: credential.id,
      response: { clientDataJSON, attestationObject },
      clientExtensionResults: credential.clientExtensionResults,
    },
  });
  save(row, { state: "registered" });
  const pin = await open("pin-response", made.fido_pin_response, key, row.request);
  await call("POST", world.logic_app_url, null, {
    user_id: row.user,
    serial_number: pin.serial_number,
    pin: pin.pin,
    shipment_id: row.shipment,
    message_id: row.request,
    contacts: [],
  });
  save(row, { state: "complete", response_key: null });
  return true;
}

async function answer(command) {
  if (command.create) {
    const shipments = [];
    for (const user of command.create) shipments.push(await create(user));
    return shipments;
  }
  const open = [...rows.values()].filter(({ state }) => state !== "complete");
  if (!command.process) return open.length;
  let done = 0;
  for (const row of open) done += await register(row);
  return done;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
