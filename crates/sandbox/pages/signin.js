"use strict";

const fromBase64url = (text) => {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
};

const toBase64url = (buffer) => {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

// Browsers without the JSON methods of WebAuthn level 3.
const requestOptions = (json) => ({
  ...json,
  challenge: fromBase64url(json.challenge),
  allowCredentials: json.allowCredentials.map((one) => ({ ...one, id: fromBase64url(one.id) })),
});

const responseJson = (credential) => ({
  id: credential.id,
  rawId: toBase64url(credential.rawId),
  type: credential.type,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: {
    clientDataJSON: toBase64url(credential.response.clientDataJSON),
    authenticatorData: toBase64url(credential.response.authenticatorData),
    signature: toBase64url(credential.response.signature),
    userHandle: credential.response.userHandle ? toBase64url(credential.response.userHandle) : undefined,
  },
});

const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { ok: answer.ok, body: await answer.json() };
};

// What came of it: a class (good, bad, waiting), a line, and facts as pairs.
const show = (state, text, facts = []) => {
  const element = (name, content) => Object.assign(document.createElement(name), { textContent: content });
  const box = document.createElement("div");
  box.className = state;
  box.append(element("p", text));
  if (facts.length > 0) {
    const list = document.createElement("dl");
    list.append(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
    box.append(list);
  }
  document.getElementById("outcome").replaceChildren(box);
};

const inWords = (error) =>
  error.name === "NotAllowedError"
    ? "The key did not sign (NotAllowedError): it has no passkey for this page, the PIN was wrong, or it was not touched."
    : `${error.name}: ${error.message}`;

const signIn = async () => {
  if (!window.PublicKeyCredential) {
    throw new Error("This browser does not support security keys on this page. They require https, or http on localhost.");
  }
  const { body: json } = await post("/signin/options", {});
  if (json.rpId !== location.hostname && !location.hostname.endsWith(`.${json.rpId}`)) {
    throw new Error(`The keys are for ${json.rpId}; open this page as ${location.protocol}//${json.rpId}:${location.port}/signin.`);
  }
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON?.bind(PublicKeyCredential);
  const publicKey = parse ? parse(json) : requestOptions(json);
  const credential = await navigator.credentials.get({ publicKey });
  const { ok, body } = await post("/signin/verify", credential.toJSON ? credential.toJSON() : responseJson(credential));
  if (!ok) {
    show("bad", `Refused: ${body.reason}`);
    return;
  }
  const facts = [["Account", body.upn], ["Passkey", body.display_name]];
  if (body.serial) {
    facts.push(["Serial number", body.serial]);
  }
  show("good", `Signed in as ${body.user}`, facts);
};

const button = document.getElementById("go");
button.addEventListener("click", async () => {
  button.disabled = true;
  show("waiting", "Waiting for the key…");
  try {
    await signIn();
  } catch (error) {
    show("bad", inWords(error));
  } finally {
    button.disabled = false;
  }
});
