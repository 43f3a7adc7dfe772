// A relying party with @simplewebauthn/server. Same questions and answers as relying_party.py, except `certificates`,
// which this library checks but does not return.

import { text } from "node:stream/consumers";
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

async function register(ceremony) {
  for (const identifier of ["packed", "fido-u2f"]) {
    SettingsService.setRootCertificates({ identifier, certificates: ceremony.roots });
  }
  const { verified, registrationInfo: found } = await verifyRegistrationResponse({
    response: ceremony.registration,
    expectedChallenge: ceremony.challenge,
    expectedOrigin: ceremony.origin,
    expectedRPID: ceremony.rp_id,
    requireUserVerification: true,
  });
  if (!verified) throw new Error("the attestation signature does not verify");
  if (ceremony.sign_in) await signIn(ceremony, found.credential);
  return {
    format: found.fmt,
    aaguid: found.aaguid,
    credential_id: found.credential.id,
    public_key: base64url(found.credential.publicKey),
    sign_count: found.credential.counter,
  };
}

async function signIn({ rp_id, sign_in }, credential) {
  const { verified } = await verifyAuthenticationResponse({
    response: sign_in.response,
    expectedChallenge: sign_in.challenge,
    expectedOrigin: sign_in.origin,
    expectedRPID: rp_id,
    requireUserVerification: true,
    credential,
  });
  if (!verified) throw new Error("the sign-in's signature does not verify");
}

const outcomes = [];
for (const ceremony of JSON.parse(await text(process.stdin))) {
  // The library reports an invalid ceremony by an exception.
  outcomes.push(await register(ceremony).catch((error) => ({ refused: `${error.name}: ${error.message}` })));
}
console.log(JSON.stringify(outcomes));
