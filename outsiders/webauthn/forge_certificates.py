"""Makes the test data of certificates with restrictions and of FIDO metadata, with `cryptography`.

Run: python3 outsiders/webauthn/forge_certificates.py crates/webauthn/tests/data
Writes `restricted.json` and `metadata.json`.
"""

import base64
import datetime
import json
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AAGUID = bytes([0x5A] * 16)
STALE = datetime.datetime(2026, 5, 20)


def name(common, unit=None):
    parts = [(NameOID.COMMON_NAME, common)]
    if unit:
        parts = [(NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, "Test Maker"),
                 (NameOID.ORGANIZATIONAL_UNIT_NAME, unit), *parts]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


class Member:
    def __init__(self, subject, issuer=None, ca=True, extensions=(), key=None, until=datetime.datetime(2045, 1, 1)):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        issuer = issuer or self
        self.subject = subject
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(datetime.datetime(2025, 1, 1)).not_valid_after(until)
                   .add_extension(x509.BasicConstraints(ca, None), critical=True))
        if ca:
            usage = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                                   "key_agreement", "crl_sign", "encipher_only", "decipher_only"], False)
            builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, **usage), critical=True)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.certificate = builder.sign(issuer.key, hashes.SHA256())

    def der(self):
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()


def restricted(folder):
    permitted = x509.NameConstraints([x509.DirectoryName(name("Elsewhere"))], None)
    extensions = {
        "critical name constraints": (permitted, True),
        "name constraints": (permitted, False),
        "policy constraints": (x509.PolicyConstraints(0, None), False),
        "inhibit anyPolicy": (x509.InhibitAnyPolicy(0), False),
    }
    root = Member(name("Root"))
    aaguid = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4"), b"\x04\x10" + AAGUID)
    cases = []
    for what, extension in {"none": None, **extensions}.items():
        issuer = Member(name("Restricted"), root, extensions=[extension] if extension else [])
        leaf = Member(name("Batch", "Authenticator Attestation"), issuer, ca=False, extensions=[(aaguid, False)])
        oid = extension[0].oid.dotted_string if extension else None
        cases.append({"name": what, "oid": oid, "issuer": issuer.der(), "leaf": leaf.der()})
    write(folder / "restricted.json", {"root": root.der(), "cases": cases})


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def blob(content, signer, chain, algorithm, **header):
    header = {"alg": algorithm, "typ": "JWT", "x5c": [member.der() for member in chain], **header}
    signed = f"{url64(json.dumps(header).encode())}.{url64(json.dumps(content).encode())}"
    if algorithm == "ES256":
        parts = decode_dss_signature(signer.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        mac = b"".join(part.to_bytes(32) for part in parts)
    else:
        mac = signer.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{url64(mac)}"


def metadata(folder):
    report = lambda status, date=None: {"status": status, **({"effectiveDate": date} if date else {})}
    certified = report("FIDO_CERTIFIED_L1", "2020-01-01")
    entry = lambda digit, *reports: {
        "aaguid": f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}",
        "metadataStatement": {"description": f"Model {digit}"}, "timeOfLastStatusChange": "2026-01-01",
        "statusReports": list(reports)}
    content = {
        "legalHeader": "Test data.", "no": 93, "nextUpdate": "2026-07-01",
        "entries": [
            entry("1", certified),
            entry("2", certified, report("REVOKED", "2026-02-01")),
            entry("3", report("USER_VERIFICATION_BYPASS"), report("UPDATE_AVAILABLE", "2026-03-01")),
            entry("4", report("ATTESTATION_KEY_COMPROMISE", "2026-06-02")),
            entry("5", report("USER_KEY_REMOTE_COMPROMISE", "2026-06-01")),
            entry("6", report("USER_KEY_PHYSICAL_COMPROMISE", "2026-01-01")),
            {"attestationCertificateKeyIdentifiers": ["00" * 20], "statusReports": [report("REVOKED")]},
            {"aaid": "1234#5678", "statusReports": [report("REVOKED")]},
        ],
    }
    root = Member(name("Metadata Root"), key=rsa.generate_private_key(65537, 2048))
    issuer = Member(name("Metadata CA"), root, key=rsa.generate_private_key(65537, 2048))

    def signer(host="mds.fidoalliance.org", common=None, key=None, **more):
        extensions = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
        if host:
            extensions.append((x509.SubjectAlternativeName([x509.DNSName(host)]), False))
        return Member(name(common or host), issuer, ca=False, extensions=extensions, key=key, **more)

    rsa_signer = signer(key=rsa.generate_private_key(65537, 2048))
    ec_signer, stale = signer(), {**content, "nextUpdate": "2026-05-01"}
    expired, other = signer(until=STALE), signer("www.example.com", "mds.fidoalliance.org")
    named, stranger = signer(None, "mds.fidoalliance.org"), Member(name("mds.fidoalliance.org"), ca=True)
    blobs = {
        "rs256": blob(content, rsa_signer, [rsa_signer, issuer], "RS256"),
        "es256": blob(content, ec_signer, [ec_signer, issuer], "ES256"),
        "common name": blob(content, named, [named, issuer], "ES256"),
        "outdated": blob(stale, expired, [expired, issuer], "ES256"),
        "expired": blob(content, expired, [expired, issuer], "ES256"),
        "other host": blob(content, other, [other, issuer], "ES256"),
        "other root": blob(content, stranger, [stranger], "ES256"),
        "no intermediate": blob(content, ec_signer, [ec_signer], "ES256"),
        "other key": blob(content, stranger, [ec_signer, issuer], "ES256"),
        "none": blob(content, ec_signer, [ec_signer, issuer], "ES256", alg="none"),
        "wrong algorithm": blob(content, ec_signer, [ec_signer, issuer], "ES256", alg="RS256"),
        "no certificate": blob(content, ec_signer, [], "ES256"),
        "crit": blob(content, ec_signer, [ec_signer, issuer], "ES256", crit=["b64"]),
        "revoked 5a": blob({**content, "entries": [{"aaguid": "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a",
                                                   "statusReports": [report("REVOKED", "2026-01-01")]}]},
                           ec_signer, [ec_signer, issuer], "ES256"),
        "no status": blob({**content, "entries": [{"aaguid": entry("1")["aaguid"]}]}, ec_signer,
                          [ec_signer, issuer], "ES256"),
    }
    write(folder / "metadata.json", {"root": root.der(), "blobs": blobs})


def write(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    restricted(pathlib.Path(sys.argv[1]))
    metadata(pathlib.Path(sys.argv[1]))
