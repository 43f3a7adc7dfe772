//! OTLP export over HTTP, configured by the standard environment variables
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>). The exporters read endpoints and headers
//! themselves. This module only decides which exporters are created.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::resource::{
    EnvResourceDetector, ResourceDetector as _, SdkProvidedResourceDetector, TelemetryResourceDetector,
};
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::once::Once;
use super::wire::{LastFailure, OtlpClient};

const PROTOCOL: &str = "http/protobuf";

/// Default timeout of one export, from the standard.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Configured exporters, and the reasons why others could not be created.
#[derive(Default)]
pub(super) struct Export {
    pub(super) traces: Option<SdkTracerProvider>,
    pub(super) metrics: Option<PeriodicReader<Once<MetricExporter>>>,
    pub(super) notes: Vec<String>,
}

/// Creates the exporters for which the environment sets an endpoint.
pub(super) fn exporters(environment: &BTreeMap<String, String>, extra_ca: Option<&[u8]>) -> Export {
    let mut export = Export::default();
    match traces(environment, extra_ca) {
        Ok(traces) => export.traces = traces,
        Err(note) => export.notes.push(note),
    }
    match metrics(environment, extra_ca) {
        Ok(metrics) => export.metrics = metrics,
        Err(note) => export.notes.push(note),
    }
    export
}

fn traces(
    environment: &BTreeMap<String, String>,
    extra_ca: Option<&[u8]>,
) -> Result<Option<SdkTracerProvider>, String> {
    let Some(timeout) = wanted(environment, "TRACES")? else { return Ok(None) };
    let last_failure = Arc::<LastFailure>::default();
    let client = OtlpClient::new(timeout, extra_ca, last_failure.clone())?;
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(client).build();
    let exporter = exporter.map_err(|_| unusable("TRACES"))?;
    let exporter = Once::new(exporter, "traces", last_failure);
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build()))
}

fn metrics(
    environment: &BTreeMap<String, String>,
    extra_ca: Option<&[u8]>,
) -> Result<Option<PeriodicReader<Once<MetricExporter>>>, String> {
    let Some(timeout) = wanted(environment, "METRICS")? else { return Ok(None) };
    let last_failure = Arc::<LastFailure>::default();
    let client = OtlpClient::new(timeout, extra_ca, last_failure.clone())?;
    let exporter =
        MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(client).build();
    let exporter = exporter.map_err(|_| unusable("METRICS"))?;
    Ok(Some(PeriodicReader::builder(Once::new(exporter, "metrics", last_failure)).build()))
}

/// Returns the note for an exporter that could not be created. Omits the exporter's own error, which may contain an
/// address or a header.
fn unusable(signal: &str) -> String {
    format!(
        "invalid OTEL_EXPORTER_OTLP_{signal}_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT or _HEADERS variable. Expected an \
         http:// or https:// URL, and headers as name=value,name=value"
    )
}

/// Returns the timeout of one export if the signal is to be exported.
fn wanted(environment: &BTreeMap<String, String>, signal: &str) -> Result<Option<Duration>, String> {
    let plain = |name: &str| environment.get(name).map(|value| value.trim().to_owned());
    let either = |what: &str| {
        let (own, common) = (format!("OTEL_EXPORTER_OTLP_{signal}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}"));
        [own, common].into_iter().find_map(|name| plain(&name).map(|value| (name, value)))
    };
    let disabled = plain("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let none = plain(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|value| value.eq_ignore_ascii_case("none"));
    let Some((endpoint, url)) = either("ENDPOINT").filter(|_| !disabled && !none) else { return Ok(None) };
    let usable = url::Url::parse(&url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    if !usable {
        return Err(format!("{endpoint} is not an http:// or https:// URL"));
    }
    if let Some((name, value)) = either("PROTOCOL").filter(|(_, value)| !value.eq_ignore_ascii_case(PROTOCOL)) {
        let value = keyferry_http::clean(&value);
        return Err(format!("{name}: {value:?} is not supported (expected {PROTOCOL})"));
    }
    match either("TIMEOUT") {
        None => Ok(Some(TIMEOUT)),
        Some((name, value)) => match value.parse() {
            Ok(milliseconds) if milliseconds > 0 => Ok(Some(Duration::from_millis(milliseconds))),
            _ => Err(format!("{name} is not a number of milliseconds")),
        },
    }
}

/// Returns the resource attributes of this process. The service name comes from `OTEL_SERVICE_NAME` or
/// `OTEL_RESOURCE_ATTRIBUTES`, and is `keyferry` by default.
pub(super) fn resource() -> Resource {
    let given = SdkProvidedResourceDetector.detect().get(&"service.name".into()).map(|name| name.to_string());
    let name = given.filter(|name| !name.starts_with("unknown_service")).unwrap_or_else(|| "keyferry".to_owned());
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_detectors(&[Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())])
        .with_service_name(name)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout_of(variables: &[(&str, &str)], signal: &str) -> Result<Option<Duration>, String> {
        wanted(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), signal)
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

    #[test]
    fn exports_nothing_without_endpoint() {
        assert_eq!(timeout_of(&[], "TRACES"), Ok(None));
        assert_eq!(timeout_of(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=b")], "METRICS"), Ok(None));
        assert_eq!(timeout_of(&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")], "TRACES"), Ok(None));
        assert_eq!(timeout_of(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "none")], "METRICS"), Ok(None));
        assert_eq!(timeout_of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/v1/traces")], "METRICS"), Ok(None));
    }

    #[test]
    fn endpoint_enables_export() {
        assert_eq!(timeout_of(&[ENDPOINT], "TRACES"), Ok(Some(TIMEOUT)));
        assert_eq!(
            timeout_of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/v1/traces")], "TRACES"),
            Ok(Some(TIMEOUT))
        );
        let timeouts = [("OTEL_EXPORTER_OTLP_TIMEOUT", "500"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250")];
        assert_eq!(timeout_of(&[ENDPOINT, timeouts[0], timeouts[1]], "TRACES"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(timeout_of(&[ENDPOINT, timeouts[0], timeouts[1]], "METRICS"), Ok(Some(Duration::from_millis(250))));
    }

    #[test]
    fn invalid_variables_are_reported_without_their_address() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector-canary:4317"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://canary/"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ] {
            let mut variables = vec![ENDPOINT];
            variables.retain(|(other, _)| *other != name);
            variables.push((name, value));
            let note = timeout_of(&variables, "TRACES").unwrap_err();
            assert!(note.contains(name) && !note.contains("canary"), "{note}");
        }
    }
}
