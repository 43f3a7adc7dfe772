"""Reads stored mails with Python's email package (RFC 5322, RFC 2045 to 2047, RFC 6532)."""

import json
import sys
from email import message_from_bytes, message_from_string, policy
from email.utils import getaddresses


def defects(part):
    return [repr(defect) for piece in part.walk() for defect in piece.defects]


def read(raw):
    mail = message_from_bytes(raw, policy=policy.default)
    # Undecoded headers: this shows duplicate headers, and addresses contain no encoded words.
    plain = message_from_string(raw.decode(), policy=policy.compat32)
    return {
        "headers": [name for name, _ in plain.items()],
        "subject": mail["subject"],
        "message_id": str(mail["message-id"]).strip(),
        "date": mail["date"].datetime.isoformat(),
        "from": addresses(plain, "from"),
        "to": addresses(plain, "to"),
        "return_path": addresses(plain, "return-path"),
        "envelope_to": addresses(plain, "envelope-to"),
        "defects": defects(mail),
        "parts": [
            {
                "type": part.get_content_type(),
                "text": None if part.is_multipart() else part.get_content(),
            }
            for part in mail.walk()
        ],
        "longest_line": max(len(line) for line in raw.split(b"\n")),
    }


def addresses(mail, name):
    return [address for _, address in getaddresses([" ".join(mail[name].split())])]


mails = [text.encode() for text in json.load(sys.stdin)["mails"]]
json.dump({"mails": [read(raw) for raw in mails]}, sys.stdout)
