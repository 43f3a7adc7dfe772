// Signs in at a sandbox with a certified OpenID Connect client (npm openid-client): authorization code with PKCE,
// state, nonce and max_age; refresh token; device code. The client validates metadata, ID tokens (issuer, audience,
// signature, nonce, auth_time) and responses. The user's part, the pages, is plain fetch without scripts.
//
// Standard input: {"base", "tenant", "web": {"id", "secret", "redirect"}, "device": {"id", "scope"}, "user",
// "password"}. Standard output: {"web": claims, "device": {"claims", "scope"}, "declined", "again", "metadata"}.

import * as client from 'openid-client';

let text = '';
for await (const part of process.stdin) text += part;
const { base, tenant, web, device, user, password } = JSON.parse(text);
const options = { execute: [client.allowInsecureRequests] };
const issuer = new URL(`${base}/${tenant}/v2.0`);

const hidden = (page) => page.match(/name="interaction" value="([^"]+)"/)[1];
const form = (fields) => ({
  method: 'POST',
  redirect: 'manual',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});
const login = (fields) => fetch(`${base}/login`, form(fields));

// Authorization code, of a web application with a secret.
const config = await client.discovery(issuer, web.id, web.secret, undefined, options);
async function sign_in(more, decide) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: web.redirect,
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '600',
    ...more,
  });
  const location = await decide(url);
  return client.authorizationCodeGrant(config, new URL(location), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    maxAge: 600,
    idTokenExpected: true,
  });
}
const at_the_page = (fields) => async (url) => {
  const page = await (await fetch(url, { redirect: 'manual' })).text();
  return (await login({ interaction: hidden(page), ...fields })).headers.get('location');
};
const tokens = await sign_in({ login_hint: user }, at_the_page({ login: user, passwd: password, action: 'sign_in' }));
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const refusal = async (result) => {
  try {
    await result;
  } catch (error) {
    return error.error;
  }
  return 'none';
};
const declined = await refusal(sign_in({}, at_the_page({ action: 'cancel' })));
const silent = await refusal(
  sign_in({ prompt: 'none' }, async (url) => (await fetch(url, { redirect: 'manual' })).headers.get('location')),
);

// Device code, of a public client.
const open = await client.discovery(issuer, device.id, undefined, client.None(), options);
async function with_device(action) {
  const begun = await client.initiateDeviceAuthorization(open, { scope: device.scope });
  const polling = client.pollDeviceAuthorizationGrant(open, begun);
  const page = await (await fetch(begun.verification_uri, form({ otc: begun.user_code }))).text();
  const interaction = hidden(page);
  await login({ interaction, login: user, passwd: password, action: 'sign_in' });
  await login({ interaction, action });
  return polling;
}
const granted = await with_device('accept');
const refused = await refusal(with_device('cancel'));

console.log(
  JSON.stringify({
    web: tokens.claims(),
    renewed: renewed.claims(),
    declined,
    silent,
    device: { claims: granted.claims(), scope: granted.scope, access_token: granted.access_token },
    device_declined: refused,
    metadata: config.serverMetadata(),
  }),
);
