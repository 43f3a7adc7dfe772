"""Reads a workflow of GitHub Actions and prints the steps of its only job as JSON, with the expressions replaced.

Standard input: {"file", "values": {expression: value}}. Standard output: [{"name", "id", "env", "run"}]. An expression
without a value is an error. Outputs of earlier steps stay, as ${{ steps.ID.outputs.NAME }}.
"""

import json
import re
import sys

import yaml

question = json.load(sys.stdin)
with open(question["file"], encoding="utf-8") as file:
    workflow = yaml.safe_load(file)
(job,) = workflow["jobs"].values()


def filled(text):
    def value(match):
        expression = match[1].strip()
        return match[0] if expression.startswith("steps.") else question["values"][expression]

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


steps = []
for step in job["steps"]:
    # Values of others belong into the environment: in a script, they could be commands.
    assert "${{" not in step["run"], step["name"]
    env = {**job.get("env", {}), **step.get("env", {})}
    steps.append({
        "name": step["name"],
        "id": step.get("id"),
        "env": {name: filled(value) for name, value in env.items()},
        "run": step["run"],
    })
print(json.dumps(steps))
