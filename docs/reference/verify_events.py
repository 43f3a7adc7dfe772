"""Verifies an export of Keyferry's events: python verify_events.py EXPORT KEY-ID... (needs jwcrypto)."""
import hashlib, json, sys
from jwcrypto import jwk, jws

sha256 = lambda text: hashlib.sha256(text.encode()).hexdigest()
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
keys = [key for key in (jwk.JWK(**key) for key in lines[0]["keys"]) if key.thumbprint() in sys.argv[2:]]
position, head, signed, kid, without = 0, "0" * 64, {"position": 0, "at": "never", "since": 0}, None, {}
for line in lines[1:]:
    if "checkpoint" in line:
        token = jws.JWS.from_jose_token(line["checkpoint"])
        token.verify(next(key for key in keys if key["kid"] == token.jose_header["kid"]), "ES384")
        before, signed, key_before, kid = signed, json.loads(token.payload), kid, token.jose_header["kid"]
        assert [signed["position"], signed["hash"]] == [position, head], f"after entry {position}: another was signed"
        new_key = kid != key_before and signed["since"] == before["position"]  # the key before was lost
        assert signed["since"] == before["since"] or new_key, f"after entry {signed['since']}: not signed by Keyferry"
        continue
    position += 1
    covered = f"{head}\n{line['position']}\n{line['shipment']}\n{line['seq']}\n{line['digest']}"
    assert [line["position"], line["hash"]] == [position, sha256(covered)], f"entry {position}: moved or deleted"
    assert line["content"] is None or sha256(line["content"]) == line["digest"], f"entry {position}: changed"
    head, shipment = line["hash"], line["shipment"]
    if line["content"] is None: without.setdefault(shipment, position)
    if line["seq"] == 0 and line["content"]: without.pop(shipment, None)  # the shipment was deleted by Keyferry
assert not without, f"content was deleted: {without}"
assert signed["position"] == position, f"no signature after entry {signed['position']}: the export is cut"
print(f"intact: {position} entries, the newest was signed at {signed['at']}: {position}:{head}")
