"""Runs the factory of page.py with joserfc (PyPI)."""

import sys

from joserfc import jwe, jws
from joserfc.jwk import ECKey

import page


def generate(kid, use):
    return ECKey.generate_key("P-384", {"kid": kid, "use": use}, private=True).as_dict(private=True)


def seal(data, header, key):
    return jwe.encrypt_compact(dict(header), data, ECKey.import_key(key), algorithms=page.ALGS + page.ENCS)


def open(compact, key):
    message = jwe.decrypt_compact(compact, ECKey.import_key(key), algorithms=page.ALGS + page.ENCS)
    return message.protected, message.plaintext


def sign(data, header, key):
    return jws.serialize_compact(header, data, ECKey.import_key(key), algorithms=["ES384"])


def verify(compact, key):
    message = jws.deserialize_compact(compact, ECKey.import_key(key), algorithms=["ES384"])
    return message.protected, message.payload


if __name__ == "__main__":
    page.main(sys.modules[__name__])
