#!/usr/bin/env python3
"""Makes the definition of a custom connector (OpenAPI 2.0) from a connector's OpenAPI document (3.1).

    convert.py openapi.json HOST >apiDefinition.swagger.json

Custom connectors of Power Automate, Power Apps and Logic Apps read OpenAPI 2.0 only, which has no `oneOf` and no type
`null`. A member that may be null gets `x-nullable`. Alternatives become one object with the members of all of them, or
the list where one value or a list is possible.
"""

import json
import re
import sys

JSON = "application/json"
KEPT = ("type", "format", "description", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
ORIGIN = {
    "type": "oauth2",
    "flow": "accessCode",
    "authorizationUrl": "https://login.microsoftonline.com/common/oauth2/authorize",
    "tokenUrl": "https://login.microsoftonline.com/common/oauth2/token",
    "scopes": {},
}


class Converter:
    def __init__(self, document):
        self.schemas = document["components"]["schemas"]

    def follow(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def schema(self, schema):
        """Returns the schema in the words of OpenAPI 2.0."""
        if "$ref" in schema:
            # Beside a reference, 2.0 ignores every other member.
            return {"$ref": schema["$ref"].replace("/components/schemas/", "/definitions/")}
        if "anyOf" in schema:
            # The first alternative is the typed one.
            return self.schema(schema["anyOf"][0])
        if "allOf" in schema:
            return {"allOf": [self.schema(part) for part in schema["allOf"]]}
        if "oneOf" in schema:
            one = [part for part in schema["oneOf"] if part.get("type") != "null"]
            if len(one) == 1:
                return self.schema(one[0])
            # One value or several: a list can hold both.
            lists = [part for part in one if part.get("type") == "array"]
            if lists:
                return self.schema(lists[0])
            return self.union([self.follow(part) for part in one], schema.get("description"))
        made = {key: schema[key] for key in KEPT if key in schema}
        if "enum" in made:
            made["enum"] = [value for value in made["enum"] if value is not None]
        if isinstance(made.get("type"), list):
            types = [name for name in made["type"] if name != "null"]
            made["type"] = types[0]
            made["x-nullable"] = True
        if "properties" in schema:
            made["properties"] = {name: self.member(name, part) for name, part in schema["properties"].items()}
            required = [name for name in schema.get("required", []) if name in schema["properties"]]
            if required:
                made["required"] = required
        if "additionalProperties" in schema:
            more = schema["additionalProperties"]
            made["additionalProperties"] = more if isinstance(more, bool) else self.schema(more)
        if "items" in schema:
            made["items"] = self.schema(schema["items"])
        return made

    def member(self, name, schema):
        made = self.schema(schema)
        if "$ref" not in made:
            made["x-ms-summary"] = title(name)
        return made

    def union(self, parts, description):
        """Returns one object with the members of all alternatives. Required is what all of them require."""
        made = {"type": "object", "properties": {}}
        if description:
            made["description"] = description
        for part in parts:
            for name, member in part["properties"].items():
                made["properties"][name] = self.merged(name, made["properties"].get(name), member)
        required = set.intersection(*(set(part.get("required", [])) for part in parts))
        if required:
            made["required"] = sorted(required)
        return made

    def merged(self, name, known, member):
        target = self.follow(member)
        if known is None:
            return self.member(name, target if "enum" in target or "properties" in target else member)
        if "enum" in target:
            known["enum"] = known["enum"] + [value for value in target["enum"] if value not in known["enum"]]
        for inner, part in target.get("properties", {}).items():
            known["properties"].setdefault(inner, self.member(inner, part))
        return known

    def parameter(self, parameter):
        made = {key: parameter[key] for key in ("name", "in", "description") if key in parameter}
        made["required"] = parameter.get("required", False)
        schema = self.schema(self.follow(parameter["schema"]))
        for key in ("x-nullable", "description"):
            schema.pop(key, None)
        if schema.get("type") == "array":
            schema["collectionFormat"] = "csv"
            schema["items"] = self.schema(self.follow(parameter["schema"]["items"]))
            schema["items"].pop("description", None)
        made["x-ms-summary"] = title(parameter["name"])
        if parameter["in"] == "path":
            made["x-ms-url-encoding"] = "double"
        return {**made, **schema}

    def operation(self, operation):
        made = {
            "operationId": "".join(word.title() for word in operation["operationId"].split("_")),
            "summary": operation["summary"],
            "description": operation["description"],
            "tags": operation["tags"],
            "parameters": [self.parameter(parameter) for parameter in operation.get("parameters", [])],
            "responses": {},
        }
        body = operation.get("requestBody")
        if body and JSON in body["content"]:
            schema = self.schema(body["content"][JSON]["schema"])
            made["parameters"].append(
                {"name": "body", "in": "body", "required": body.get("required", False), "schema": schema}
            )
        elif body:
            # A file: text in one of several media types.
            made["consumes"] = sorted(body["content"])
            made["parameters"].append(
                {"name": "body", "in": "body", "required": body.get("required", False), "schema": {"type": "string"}}
            )
        for status, response in operation["responses"].items():
            answer = made["responses"][status] = {"description": response["description"]}
            content = response.get("content", {})
            if JSON in content:
                answer["schema"] = self.schema(content[JSON]["schema"])
                examples = content[JSON].get("examples", {})
                if examples:
                    answer["examples"] = {JSON: without_null(next(iter(examples.values()))["value"])}
            elif content:
                answer["schema"] = {"type": "string"}
                made["produces"] = sorted(content)
        return made


def without_null(value):
    """Returns an example without members that are null: 2.0 has no value for them."""
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def used(paths, definitions):
    """Returns the definitions that the paths refer to, directly or not."""
    found, waiting = set(), [paths]
    while waiting:
        names = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(waiting.pop()))) - found
        found |= names
        waiting.extend(definitions[name] for name in names)
    return {name: schema for name, schema in definitions.items() if name in found}


def title(name):
    return " ".join(word.capitalize() for word in re.split("[_-]", name))


def convert(document, host):
    converter = Converter(document)
    info = document["info"]
    paths = {
        path: {method: converter.operation(operation) for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return {
        "swagger": "2.0",
        "info": {
            "title": info["title"],
            "description": info["description"],
            "version": info["version"],
            "contact": info["contact"],
            "license": {"name": info["license"]["name"], "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "host": host,
        "basePath": "/",
        "schemes": ["https"],
        "consumes": [JSON],
        "produces": [JSON],
        "tags": document["tags"],
        "paths": paths,
        "definitions": used(paths, {name: converter.schema(schema) for name, schema in converter.schemas.items()}),
        "securityDefinitions": {"entra": ORIGIN},
        "security": [{"entra": []}],
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(convert(json.load(file), sys.argv[2]), indent=2, ensure_ascii=False))
