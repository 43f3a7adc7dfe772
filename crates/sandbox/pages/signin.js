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

const show = (good, text) => {
  const line = document.createElement("p");
  line.className = good ? "good" : "bad";
  line.textContent = text;
  document.getElementById("outcome").replaceChildren(line);
};

const signIn = async () => {
  if (!window.PublicKeyCredential) {
    throw new Error("This browser offers no security keys here. They need https, or http on localhost.");
  }
  const { body: json } = await post("/signin/options", {});
  if (json.rpId !== location.hostname && !location.hostname.endsWith(`.${json.rpId}`)) {
    throw new Error(`The keys are for ${json.rpId}; open this page as ${location.protocol}//${json.rpId}:${location.port}/signin.`);
  }
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON?.bind(PublicKeyCredential);
  const publicKey = parse ? parse(json) : requestOptions(json);
  const credential = await navigator.credentials.get({ publicKey });
  const { ok, body } = await post("/signin/verify", credential.toJSON ? credential.toJSON() : responseJson(credential));
  show(ok, ok ? `Signed in as ${body.user} (${body.upn}).` : `Refused: ${body.reason}`);
};

document.getElementById("go").addEventListener("click", () => {
  signIn().catch((error) => show(false, error.message));
});
