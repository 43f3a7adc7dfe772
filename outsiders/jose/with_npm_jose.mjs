// A key factory as described in docs/reference/envelope.md, with jose (npm).
//
// Written only from that page, RFC 7515 to 7518 and WebAuthn level 3 section 5.1, independently of page.py. It has the
// same questions and answers: one JSON document on standard input, one on standard output.

import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { text } from "node:stream/consumers";
import { CompactEncrypt, CompactSign, base64url, compactDecrypt, compactVerify, exportJWK, generateKeyPair } from "jose";

const ALGS = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];
const ENCS = ["A128GCM", "A192GCM", "A256GCM"];
const LIMIT = 128 * 1024;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

const publicHalf = ({ d, ...rest }) => rest;
const kindOf = (name) => name.replace("_", "-");
const mediaType = (kind) => `application/vnd.keyferry.${kind}+json`;
// JSON.parse does not detect duplicate names; the factories in Python do.
const parse = (bytes) => JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));

async function generate(kid, use) {
  const pair = await generateKeyPair(use === "enc" ? "ECDH-ES" : "ES384", { crv: "P-384", extractable: true });
  return { ...(await exportJWK(pair.privateKey)), kid, use };
}

async function seal(data, { apu, apv, ...header }, key) {
  const message = new CompactEncrypt(data).setProtectedHeader(header);
  if (apu || apv) message.setKeyManagementParameters({ apu: base64url.decode(apu), apv: base64url.decode(apv) });
  return message.encrypt(key);
}

async function open(compact, key) {
  const allowed = { keyManagementAlgorithms: ALGS, contentEncryptionAlgorithms: ENCS };
  const { protectedHeader, plaintext } = await compactDecrypt(compact, key, allowed);
  return { header: protectedHeader, data: plaintext };
}

const sign = (data, header, key) => new CompactSign(data).setProtectedHeader(header).sign(key);

async function verify(compact, key) {
  const { protectedHeader, payload } = await compactVerify(compact, key, { algorithms: ["ES384"] });
  return { header: protectedHeader, payload };
}

async function keys() {
  const transport = [await generate("transport-1", "enc"), await generate("transport-2", "enc")];
  const signing = await generate("signing-1", "sig");
  return {
    transport_keys: transport,
    signing_key: signing,
    jwks_transport: { keys: transport.map(publicHalf) },
    jwks_sign: { keys: [publicHalf(signing)] },
  };
}

function members(object, required, optional = []) {
  assert.ok(object !== null && typeof object === "object" && !Array.isArray(object), "an object");
  for (const name of required) assert.ok(name in object, `${name} is missing`);
  for (const name of Object.keys(object)) assert.ok([...required, ...optional].includes(name), `${name} is not on the page`);
}

async function checkResponseKey(jwk) {
  members(jwk, ["kty", "crv", "x", "y", "kid", "use"]);
  assert.deepEqual([jwk.kty, jwk.crv, jwk.use], ["EC", "P-384", "enc"]);
  for (const coordinate of [jwk.x, jwk.y]) assert.match(coordinate, /^[A-Za-z0-9_-]{64}$/);
  assert.match(jwk.kid, /./);
  // Use the key once: the library then checks that the point is on the curve.
  await seal(new Uint8Array(1), { alg: "ECDH-ES", enc: "A128GCM" }, jwk);
}

function checkCreationOptions(options) {
  members(
    options,
    ["rp", "user", "challenge", "pubKeyCredParams"],
    ["excludeCredentials", "authenticatorSelection", "attestation", "extensions"],
  );
  for (const value of [options.rp.id, options.rp.name, options.user.name, options.challenge]) assert.match(value, /./);
  assert.equal(typeof options.user.displayName, "string");
  assert.match(options.user.id, BASE64URL);
  assert.ok(options.pubKeyCredParams.length > 0);
  for (const { type, alg } of options.pubKeyCredParams) assert.ok(type === "public-key" && Number.isInteger(alg));
  for (const { type, id } of options.excludeCredentials ?? []) assert.ok(type === "public-key" && BASE64URL.test(id));
}

async function openRequest(compact, transportKeys, kind) {
  assert.ok(compact.length <= LIMIT, "size");
  const named = parse(base64url.decode(compact.split(".")[0])).kid;
  const key = transportKeys.find(({ kid }) => kid === named);
  assert.ok(key, "kid is not a transport key");
  const { header, data } = await open(compact, key);
  members(header, ["alg", "enc", "kid", "epk", "cty"]);
  members(header.epk, ["kty", "crv", "x", "y"]);
  assert.deepEqual([header.epk.kty, header.epk.crv, header.cty], ["EC", "P-384", mediaType(kind)]);

  const request = parse(data);
  members(request, ["format", "type", "request_id", "response_key", kind === "pin-request" ? "pin" : "creation_options"]);
  assert.deepEqual([request.format, request.type], ["keyferry-1", kind]);
  assert.match(request.request_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  await checkResponseKey(request.response_key);
  if (kind === "pin-request") {
    members(request.pin, ["type", "length"]);
    assert.equal(request.pin.type, "generate");
    assert.ok(Number.isInteger(request.pin.length) && request.pin.length >= 4 && request.pin.length <= 63, "length of the PIN");
  } else {
    checkCreationOptions(request.creation_options);
  }
  return { header, plaintext: request };
}

const head = (request, type, serial) => ({
  format: "keyferry-1",
  type,
  request_id: request.request_id,
  issued_at: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  serial_number: serial,
});

// Returns a credential response. The credential is random bytes, since this only tests the envelope.
function credentialPayload(request, serial) {
  const { rp, challenge } = request.creation_options;
  const clientData = { type: "webauthn.create", challenge, origin: `https://${rp.id}`, crossOrigin: false };
  const id = base64url.encode(randomBytes(32));
  const response = {
    clientDataJSON: base64url.encode(JSON.stringify(clientData)),
    attestationObject: base64url.encode(randomBytes(200)),
  };
  return {
    ...head(request, "credential-response", serial),
    firmware_version: "5.7.4",
    credential: { id, rawId: id, type: "public-key", response, clientExtensionResults: {} },
  };
}

function pinPayload(request, serial) {
  const pin = Array.from({ length: request.pin.length }, () => randomInt(10)).join("");
  return { ...head(request, "pin-response", serial), pin, change_on_first_use: true };
}

async function respond(payload, responseKey, signingKey, way) {
  const header = { alg: "ES384", kid: signingKey.kid, cty: mediaType(payload.type) };
  const signed = await sign(new TextEncoder().encode(JSON.stringify(payload)), header, signingKey);
  return seal(new TextEncoder().encode(signed), { ...way, kid: responseKey.kid, cty: "JOSE" }, responseKey);
}

async function answerOrder(question, order, serial) {
  const credential = await openRequest(order.credential_request, question.transport_keys, "credential-request");
  const pin = await openRequest(order.pin_request, question.transport_keys, "pin-request");
  assert.equal(credential.plaintext.request_id, pin.plaintext.request_id);
  assert.deepEqual(credential.plaintext.response_key, pin.plaintext.response_key);
  const key = credential.plaintext.response_key;
  const payloads = {
    credential_response: credentialPayload(credential.plaintext, serial),
    pin_response: pinPayload(pin.plaintext, serial),
  };
  const responses = [];
  for (const way of question.ways) {
    const response = { way };
    for (const [name, payload] of Object.entries(payloads)) {
      response[name] = { payload, jwe: await respond(payload, key, question.signing_key, way) };
    }
    responses.push(response);
  }
  return { credential_request: credential, pin_request: pin, responses };
}

async function answer(question) {
  const orders = [];
  for (const [number, order] of question.orders.entries()) {
    orders.push(await answerOrder(question, order, String(3632071 + number)).catch((error) => ({ refused: String(error) })));
  }
  return { orders };
}

async function checkVectors(vectors) {
  for (const name of ["credential_request", "pin_request"]) {
    const { plaintext } = await openRequest(vectors[name].jwe, vectors.transport_keys, kindOf(name));
    assert.deepEqual(plaintext, vectors[name].plaintext);
    assert.deepEqual(plaintext.response_key, publicHalf(vectors.response_key));
  }
  for (const name of ["credential_response", "pin_response"]) {
    const outer = await open(vectors[name].jwe, vectors.response_key);
    assert.deepEqual([outer.header.kid, outer.header.cty], [vectors.response_key.kid, "JOSE"]);
    const inner = await verify(new TextDecoder().decode(outer.data), vectors.signing_key);
    assert.deepEqual(inner.header, { alg: "ES384", kid: vectors.signing_key.kid, cty: mediaType(kindOf(name)) });
    assert.deepEqual(parse(inner.payload), vectors[name].payload);
    assert.equal(parse(inner.payload).request_id, vectors.pin_request.plaintext.request_id);
  }
  return null;
}

async function judgeVectors({ vectors }) {
  return { faults: await Promise.all(vectors.map((one) => checkVectors(one).catch(String))) };
}

// JOSE without the page: many messages each way, so that rare encodings of numbers occur.
async function messages(question) {
  const signer = await generate("their-signer", "sig");
  const each = async (list, work) => {
    const done = [];
    for (const item of list) done.push(await work(item));
    return done;
  };
  const [bytes, string] = [(value) => new TextEncoder().encode(value), (value) => new TextDecoder().decode(value)];
  return {
    opened: await each(question.sealed, async (compact) => string((await open(compact, question.private_key)).data)),
    verified: await each(question.signed, async (compact) => string((await verify(compact, question.verification_key)).payload)),
    sealed: await each(question.to_seal, (item) => seal(bytes(item.text), item.header, question.public_key)),
    signed: await each(question.to_sign, (item) => sign(bytes(item), { alg: "ES384", kid: signer.kid }, signer)),
    signing_key: publicHalf(signer),
  };
}

const question = JSON.parse(await text(process.stdin));
const tasks = { keys, answer, vectors: judgeVectors, messages };
process.stdout.write(JSON.stringify(await tasks[question.do](question)));
