"""Reads a page of metrics as Prometheus' own Python client does, and names what Prometheus' rules for names forbid.

Standard input: {"page": "..."}. Standard output: {"families": {name: {"type", "help", "samples": [{"name", "labels", "value"}]}},
"problems": [...]}. The rules are those that `promtool check metrics` has, and https://prometheus.io/docs/practices/naming/.
"""

import json
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

families, problems = {}, []
for family in text_string_to_metric_families(json.load(sys.stdin)["page"]):
    name = family.name
    samples = [{"name": it.name, "labels": it.labels, "value": it.value} for it in family.samples]
    if name in families:
        problems.append(f"{name}: told twice")
    families[name] = {"type": family.type, "help": family.documentation, "samples": samples}
    if not family.documentation:
        problems.append(f"{name}: no help text")
    if family.type in ("unknown", "untyped"):
        problems.append(f"{name}: no type")
    if family.type == "counter" and any(not it.name.endswith(("_total", "_created")) for it in family.samples):
        problems.append(f"{name}: a counter whose name does not end in _total")
    if family.type != "counter" and name.endswith("_total"):
        problems.append(f"{name}: no counter, but its name ends in _total")
    if family.type not in ("histogram", "summary") and name.endswith(("_count", "_sum", "_bucket")):
        problems.append(f"{name}: ends as parts of a histogram do")
    if re.search(r"_(milliseconds|minutes|hours|days|kilobytes|megabytes|percent|ms)(_|$)", name):
        problems.append(f"{name}: not in base units")
    if re.search(r"_(gauge|counter|histogram)(_|$)", name) or re.search(r"[A-Z:]", name):
        problems.append(f"{name}: not as names are written")
    for it in family.samples:
        if family.type == "histogram" and it.name.endswith("_bucket") and "le" not in it.labels:
            problems.append(f"{name}: a bucket without a bound")
json.dump({"families": families, "problems": problems}, sys.stdout)
