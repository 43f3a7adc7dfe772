"""Runs the factory of page.py with jwcrypto (PyPI)."""

import json
import sys

from jwcrypto import jwe, jwk, jws

import page


def generate(kid, use):
    return jwk.JWK.generate(kty="EC", crv="P-384", kid=kid, use=use).export_private(as_dict=True)


def seal(data, header, key):
    token = jwe.JWE(data, json.dumps(header), algs=[header["alg"], header["enc"]])
    token.add_recipient(jwk.JWK(**key))
    return token.serialize(compact=True)


def open(compact, key):
    token = jwe.JWE(algs=page.ALGS + page.ENCS)
    token.deserialize(compact, jwk.JWK(**key))
    return json.loads(token.objects["protected"]), token.payload


def sign(data, header, key):
    token = jws.JWS(data)
    token.add_signature(jwk.JWK(**key), "ES384", json.dumps(header))
    return token.serialize(compact=True)


def verify(compact, key):
    token = jws.JWS()
    token.allowed_algs = ["ES384"]
    token.deserialize(compact, jwk.JWK(**key))
    return json.loads(token.objects["protected"]), token.payload


if __name__ == "__main__":
    page.main(sys.modules[__name__])
