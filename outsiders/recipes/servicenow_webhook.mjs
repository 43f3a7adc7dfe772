// Runs examples/servicenow/webhook-resource.js outside of ServiceNow, with the parts of the platform's API that it uses.
// The webhooks are signed by the npm package standardwebhooks.
//
// Standard input: {"folder": of the scripts}. Standard output: {"answers": {case: status}, "stored": [record]}.
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import vm from "node:vm";
import { Webhook } from "standardwebhooks";

const { folder } = JSON.parse(await text(process.stdin));
const secret = () => `whsec_${randomBytes(24).toString("base64")}`;
const [current, next, foreign] = [secret(), secret(), secret()];

const stored = [];
let failing = false;

class GlideRecord {
  #values = {};
  get(field, value) { return stored.some((record) => record[field] === value); }
  initialize() { this.#values = {}; }
  setValue(field, value) { this.#values[field] = value; }
  insert() {
    if (failing) return null;
    stored.push(this.#values);
    return "sys_id";
  }
}

// `generateMac(key, algorithm, data)`: the key is base64, and so is the result.
class GlideCertificateEncryption {
  generateMac(key, algorithm, data) {
    if (algorithm !== "HmacSHA256") throw new Error(algorithm);
    return createHmac("sha256", Buffer.from(key, "base64")).update(data, "utf8").digest("base64");
  }
}

const script = (name) => readFileSync(join(folder, name), "utf8");

/** Sends a webhook to the resource. Returns the status. */
function send(headers, body, secrets = current) {
  let status = 200;
  const context = vm.createContext({
    Class: { create: () => function (...options) { this.initialize(...options); } },
    GlideCertificateEncryption,
    GlideRecord,
    gs: { getProperty: () => secrets, warn: () => {} },
    request: { getHeader: (name) => headers[name] ?? null, body: { dataString: body } },
    response: { setStatus: (value) => { status = value; } },
  });
  vm.runInContext(script("KeyferryWebhook.js"), context);
  vm.runInContext(script("webhook-resource.js"), context);
  return status;
}

function signed(id, body, { by = current, at = new Date() } = {}) {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(by).sign(id, at, body),
  };
}

const body = JSON.stringify({ type: "shipment.completed", timestamp: "2026-11-28T12:00:00Z", data: { name: "Zoë ✓" } });
const minutes = (number) => new Date(Date.now() + number * 60_000);
const both = (id) => {
  const at = new Date();
  const headers = signed(id, body, { by: foreign, at });
  headers["webhook-signature"] += ` ${signed(id, body, { by: current, at })["webhook-signature"]}`;
  return headers;
};

const answers = {
  valid: send(signed("msg_1", body), body),
  repeated: send(signed("msg_1", body), body),
  other_secret: send(signed("msg_2", body, { by: foreign }), body),
  changed_body: send(signed("msg_3", body), body.replace("completed", "cancelled")),
  changed_id: send({ ...signed("msg_4", body), "webhook-id": "msg_5" }, body),
  old: send(signed("msg_6", body, { at: minutes(-6) }), body),
  from_the_future: send(signed("msg_7", body, { at: minutes(6) }), body),
  no_signature: send({ ...signed("msg_8", body), "webhook-signature": "" }, body),
  other_version: send({ ...signed("msg_9", body), "webhook-signature": "v2,AAAA" }, body),
  without_secret: send(signed("msg_10", body), body, ""),
  two_signatures: send(both("msg_11"), body),
  rotation: send(signed("msg_12", body, { by: next }), body, `${current} ${next}`),
  not_json: send(signed("msg_13", "{"), "{"),
};
failing = true;
answers.not_stored = send(signed("msg_14", body), body);
console.log(JSON.stringify({ answers, stored }));
