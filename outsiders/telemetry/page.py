"""Parses a page of metrics with Prometheus' own Python client, and reports violations of Prometheus' naming rules.

Standard input: {"page": "..."}. Standard output: {"families": {name: {"type", "help", "samples": [{"name", "labels",
"value"}]}}, "problems": [...]}. The rules are those of `promtool check metrics` and of
https://prometheus.io/docs/practices/naming/.
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
        problems.append(f"{name}: duplicate family")
    families[name] = {"type": family.type, "help": family.documentation, "samples": samples}
    if not family.documentation:
        problems.append(f"{name}: no help text")
    if family.type in ("unknown", "untyped"):
        problems.append(f"{name}: no type")
    if family.type == "counter" and any(not it.name.endswith(("_total", "_created")) for it in family.samples):
        problems.append(f"{name}: a counter must end in _total")
    if family.type != "counter" and name.endswith("_total"):
        problems.append(f"{name}: ends in _total but is not a counter")
    if family.type not in ("histogram", "summary") and name.endswith(("_count", "_sum", "_bucket")):
        problems.append(f"{name}: has the suffix of a histogram part")
    if re.search(r"_(milliseconds|minutes|hours|days|kilobytes|megabytes|percent|ms)(_|$)", name):
        problems.append(f"{name}: not in base units")
    if re.search(r"_(gauge|counter|histogram)(_|$)", name) or re.search(r"[A-Z:]", name):
        problems.append(f"{name}: invalid form of a name")
    for it in family.samples:
        if family.type == "histogram" and it.name.endswith("_bucket") and "le" not in it.labels:
            problems.append(f"{name}: a bucket without `le`")
json.dump({"families": families, "problems": problems}, sys.stdout)
