// A certified OpenID Connect provider (npm oidc-provider) that issues access tokens in the form of Microsoft Entra ID:
// Microsoft's pages "Access token claims reference" and "Microsoft identity platform and the OAuth 2.0 client
// credentials flow". The protocol is the provider's own: discovery (OpenID Connect Discovery 1.0), keys (RFC 7517),
// token endpoint (RFC 6749 section 4.4), JWT access tokens (RFC 9068).
//
// Standard output, one line when ready: {"authority", "metadata", "issuer", "token_url", "control"}.
// `control` is a second port for the test. It answers even while the provider is "down".
//
//   POST /knobs {"version"?, "roles"?}   sets version and roles of issued tokens
//   POST /delegated {"client_id", "scope"}  returns an access token for a user, made by the provider's own code
//   POST /sign {"header"?, "claims"?, "key"?, "version"?}  returns an invalid token; see forge.mjs
//   POST /rotate {"keep"}                creates a new signing key; `keep`: the old one stays published
//   POST /down, POST /up                 closes or reopens the provider's port
//   GET  /fetches                        returns how often discovery and keys were fetched: {"discovery", "keys"}

import { createServer } from 'node:http';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { forge } from './forge.mjs';

const [tenant, app, audience, role] = process.argv.slice(2);
const mount = `/${tenant}/v2.0`;
const knobs = { version: '2.0', roles: [] };
const fetches = { discovery: 0, keys: 0 };
const clients = Object.fromEntries(
  ['c11e0000-0000-4000-8000-000000000001', 'c11e0000-0000-4000-8000-000000000002'].map((id) => [id, randomUUID()]),
);
let port = 0;
let keys = [await signingKey()];
let provider;

async function signingKey() {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  // Entra publishes its keys without `alg`.
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig' };
}

// What Entra adds to a token for an API. Version 2 has the API's application id as its audience, version 1 its URI.
function claims(version, client, { roles = [], scp } = {}) {
  const v1 = version === '1.0';
  return {
    iss: v1 ? `https://sts.windows.net/${tenant}/` : provider.issuer,
    aud: v1 ? audience : app,
    tid: tenant,
    ver: version,
    oid: '5e000000-0000-4000-8000-000000000001',
    ...(v1 ? { appid: client, appidacr: '1' } : { azp: client, azpacr: '1' }),
    ...(roles.length ? { roles } : {}),
    ...(scp ? { scp } : {}),
  };
}

function resource() {
  const jwt = { sign: { alg: 'RS256', kid: keys[0].kid } };
  return { scope: `${audience}/.default create_request`, audience, accessTokenFormat: 'jwt', jwt };
}

function build() {
  provider = new Provider(`http://127.0.0.1:${port}${mount}`, {
    clients: Object.entries(clients).map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
    jwks: { keys },
    routes: { jwks: '/discovery/keys', token: '/oauth2/token' },
    ttl: { ClientCredentials: 3600, AccessToken: 3600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Entra reads the API from the scope `{API}/.default`, not from a separate parameter.
        defaultResource: (ctx) => String(ctx.oidc.params.scope).replace(/\/\.default$/, ''),
        getResourceServerInfo: resource,
      },
    },
    formats: {
      customizers: {
        jwt(_, token, parts) {
          const scp = token.kind === 'AccessToken' ? token.scope : undefined;
          const entra = claims(knobs.version, token.clientId, { roles: knobs.roles, scp });
          parts.payload = { ...parts.payload, ...entra, nbf: parts.payload.iat };
        },
      },
    },
  });
}

const outside = createServer((request, response) => {
  if (!request.url.startsWith(`${mount}/`)) return response.writeHead(404).end();
  request.originalUrl = request.url;
  request.url = request.url.slice(mount.length);
  if (request.url.startsWith('/.well-known/')) fetches.discovery += 1;
  if (request.url === '/discovery/keys') fetches.keys += 1;
  return provider.callback()(request, response);
});

async function listen(server, at) {
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

const routes = {
  async '/delegated'({ client_id, scope }) {
    const client = await provider.Client.find(client_id);
    const token = new provider.AccessToken({ client, accountId: 'a-user', grantId: randomUUID(), scope });
    token.resourceServer = new provider.ResourceServer(audience, resource());
    return { token: await token.save() };
  },
  async '/sign'({ version = '2.0', header = {}, claims: changes = {}, key = 'own' }) {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 3600 };
    const right = { ...claims(version, Object.keys(clients)[0]), sub: 'sub', ...times };
    // `+60` and `-60` are seconds from now; null removes a claim.
    const relative = (value) => (/^[+-]\d+$/.test(value) ? now + Number(value) : value);
    const changed = Object.entries(changes).map(([name, value]) => [name, relative(value)]);
    const all = { ...right, ...Object.fromEntries(changed) };
    const left = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    return { token: await forge({ key, header, claims: left, own: keys[0] }) };
  },
  async '/knobs'(changes) {
    return Object.assign(knobs, changes);
  },
  async '/rotate'({ keep }) {
    keys = [await signingKey(), ...(keep ? keys : [])];
    build();
    return {};
  },
  async '/down'() {
    outside.close();
    outside.closeAllConnections();
    return {};
  },
  async '/up'() {
    await listen(outside, port);
    return {};
  },
  async '/fetches'() {
    return fetches;
  },
};

const control = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  try {
    const answer = await routes[request.url](text ? JSON.parse(text) : {});
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error));
  }
});

port = await listen(outside, 0);
build();
const authority = `http://127.0.0.1:${port}`;
const [first, other] = Object.entries(clients).map(([id, secret]) => ({ id, secret }));
console.log(JSON.stringify({
  authority,
  issuer: provider.issuer,
  metadata: `${provider.issuer}/.well-known/openid-configuration`,
  token_url: `${provider.issuer}/oauth2/token`,
  control: `http://127.0.0.1:${await listen(control, 0)}`,
  client: first,
  other_client: other,
}));
