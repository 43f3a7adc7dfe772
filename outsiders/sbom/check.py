"""Checks a list of parts against the schema of CycloneDX and against the binary that it describes.

    check.py LIST BINARY

The locations of panics in the binary name the packages that they are in: each must be in the list. `ring` must be in
neither. The schema and the validator are those of the authors of CycloneDX.
"""

import json
import re
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open(sys.argv[1], encoding="utf-8").read()
binary = open(sys.argv[2], "rb").read()
findings = []

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if error:
    findings.append(f"the list does not follow the schema: {error}")

document = json.loads(text)
components = document["components"]
linked = {f"{part['name']}-{part['version']}" for part in components if part["scope"] == "required"}
for part in components:
    if "purl" in part and not re.fullmatch("[0-9a-f]{64}", part["hashes"][0]["content"]):
        findings.append(f"{part['name']}: no SHA-256")
    if "licenses" not in part:
        findings.append(f"{part['name']}: no licence")

known = {part["bom-ref"] for part in [document["metadata"]["component"], *components]}
for edge in document["dependencies"]:
    findings += [f"{edge['ref']} depends on {used}, which is not listed" for used in edge["dependsOn"] if used not in known]

# release/binary.sh maps the folder of the dependencies to /registry.
named = {match.decode() for match in re.findall(rb"/registry/([A-Za-z0-9_]+[A-Za-z0-9_.+-]*-[0-9][A-Za-z0-9_.+-]*)/", binary)}
# Few names would mean that the binary was built another way, and that this comparison says nothing.
if len(named) < 50:
    findings.append(f"the binary names only {len(named)} packages")
findings += [f"{package} is in the binary, but not in the list" for package in sorted(named - linked)]
if any(package.startswith("ring-0") for package in named | linked):
    findings.append("ring is compiled in")

for finding in findings:
    print(finding, file=sys.stderr)
print(f"{len(components)} parts listed, {len(linked)} of them linked, {len(named)} named by the binary")
sys.exit(1 if findings else 0)
