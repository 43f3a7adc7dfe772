// Makes invalid tokens with npm jose: RFC 7515 (JWS), 7518 (algorithms), 7519 (JWT).

import { createPublicKey } from 'node:crypto';
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const bytes = (text) => new TextEncoder().encode(text);

async function sign(key, header, claims) {
  return new CompactSign(bytes(JSON.stringify(claims))).setProtectedHeader(header).sign(key);
}

// `key` selects key and signature:
//   own             the provider's key; `header.alg` may select RS384, RS512, PS256
//   stranger        another RSA key under the provider's key id
//   embedded        another RSA key, which the header contains (`jwk`, RFC 7515 section 4.1.3)
//   ec              a P-256 key under the provider's key id (ES256)
//   none            no signature (RFC 7518 section 3.6)
//   unsigned        no signature, although the header has RS256
//   hmac-pem, hmac-pem-trimmed, hmac-der, hmac-modulus
//                   HS256 with the public key as secret, in the encodings that a vulnerable verifier would use
//   tampered        the provider's key, with claims changed after signing
export async function forge({ key, header: changes, claims, own }) {
  const header = { alg: 'RS256', typ: 'JWT', kid: own.kid, ...changes };
  for (const name of Object.keys(header)) if (header[name] === null) delete header[name];
  const { kty, n, e } = own;
  const spki = await exportSPKI(await importJWK({ kty, n, e }, 'RS256', { extractable: true }));
  const hmac = (secret) => sign(secret, { ...header, alg: 'HS256' }, claims);
  switch (key) {
    case 'own':
      return sign(await importJWK(own, header.alg), header, claims);
    case 'stranger': {
      const { privateKey } = await generateKeyPair('RS256');
      return sign(privateKey, header, claims);
    }
    case 'embedded': {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
      return sign(privateKey, { ...header, jwk: await exportJWK(publicKey) }, claims);
    }
    case 'ec': {
      const { privateKey } = await generateKeyPair('ES256');
      return sign(privateKey, { ...header, alg: 'ES256' }, claims);
    }
    case 'none':
      return `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`;
    case 'unsigned':
      return `${encode(header)}.${encode(claims)}.`;
    case 'hmac-pem':
      return hmac(bytes(spki));
    case 'hmac-pem-trimmed':
      return hmac(bytes(spki.trim()));
    case 'hmac-der':
      return hmac(createPublicKey(spki).export({ type: 'spki', format: 'der' }));
    case 'hmac-modulus':
      return hmac(Buffer.from(n, 'base64url'));
    case 'tampered': {
      const [head, , signature] = (await sign(await importJWK(own, 'RS256'), header, claims)).split('.');
      return `${head}.${encode({ ...claims, jti: 'changed' })}.${signature}`;
    }
    default:
      throw new Error(`unknown key: ${key}`);
  }
}
