"""An OTLP/HTTP collector that stores what it receives, parsed with the messages of PyPI's opentelemetry-proto.

Standard output, one line when ready: {"endpoint"}.

  POST /v1/traces, /v1/metrics   as in https://opentelemetry.io/docs/specs/otlp/, binary protobuf only
  GET  /seen    {"headers": [...], "resources": [{...}], "spans": [{...}], "metrics": [{...}]}
  GET  /raw     all bodies, concatenated
  POST /down, /up   starts or stops answering 503
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

SIGNALS = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}
seen = {"headers": [], "resources": [], "spans": [], "metrics": []}
raw = []
down = False


def value(any_value):
    kind = any_value.WhichOneof("value")
    return getattr(any_value, kind) if kind else None


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def keep_spans(message):
    for of_resource in message.resource_spans:
        seen["resources"].append(attributes(of_resource.resource.attributes))
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                seen["spans"].append(
                    {
                        "name": span.name,
                        "kind": span.kind,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "status": span.status.code,
                        "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                        "attributes": attributes(span.attributes),
                        "events": len(span.events),
                    }
                )


def keep_metrics(message):
    for of_resource in message.resource_metrics:
        seen["resources"].append(attributes(of_resource.resource.attributes))
        for of_scope in of_resource.scope_metrics:
            seen["metrics"] += [MessageToDict(metric) for metric in of_scope.metrics]


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global down
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path in ("/down", "/up"):
            down = self.path == "/down"
            return self.answer(204, b"")
        if self.path not in SIGNALS:
            return self.answer(404, b"")
        if down:
            return self.answer(503, b"")
        if self.headers["content-type"] != "application/x-protobuf":
            return self.answer(415, b"")
        request, response = SIGNALS[self.path]
        message = request()
        message.ParseFromString(body)
        raw.append(body)
        seen["headers"].append({name.lower(): text for name, text in self.headers.items()})
        keep_spans(message) if request is ExportTraceServiceRequest else keep_metrics(message)
        self.answer(200, response().SerializeToString(), "application/x-protobuf")

    def do_GET(self):
        if self.path == "/raw":
            return self.answer(200, b"".join(raw), "application/octet-stream")
        self.answer(200, json.dumps(seen).encode(), "application/json")

    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(json.dumps({"endpoint": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
