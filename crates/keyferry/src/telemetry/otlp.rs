//! OTLP over HTTP, as far as the standard's variables ask for it
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>). The exporters read endpoints and headers by themselves; what is
//! read here decides whether there is one.

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
use super::wire::{Trouble, Wire};

const PROTOCOL: &str = "http/protobuf";

/// The standard's default for one export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is exported, and what was asked for and is not.
#[derive(Default)]
pub(super) struct Export {
    pub(super) traces: Option<SdkTracerProvider>,
    pub(super) metrics: Option<PeriodicReader<Once<MetricExporter>>>,
    pub(super) notes: Vec<String>,
}

/// Only those that the environment asks for by an endpoint.
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
    let trouble = Arc::<Trouble>::default();
    let wire = Wire::new(timeout, extra_ca, trouble.clone())?;
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(wire).build();
    let exporter = exporter.map_err(|_| unusable("TRACES"))?;
    let exporter = Once::new(exporter, "traces", trouble);
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build()))
}

fn metrics(
    environment: &BTreeMap<String, String>,
    extra_ca: Option<&[u8]>,
) -> Result<Option<PeriodicReader<Once<MetricExporter>>>, String> {
    let Some(timeout) = wanted(environment, "METRICS")? else { return Ok(None) };
    let trouble = Arc::<Trouble>::default();
    let wire = Wire::new(timeout, extra_ca, trouble.clone())?;
    let exporter =
        MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(wire).build();
    let exporter = exporter.map_err(|_| unusable("METRICS"))?;
    Ok(Some(PeriodicReader::builder(Once::new(exporter, "metrics", trouble)).build()))
}

/// What an exporter says of a wrong address or header may hold it.
fn unusable(signal: &str) -> String {
    format!(
        "OTEL_EXPORTER_OTLP_{signal}_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT or the _HEADERS beside it cannot be used; expected \
         an http:// or https:// URL, and headers as name=value,name=value"
    )
}

/// The time limit of one export when the signal is to be exported.
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
        return Err(format!("{endpoint} is no http:// or https:// URL"));
    }
    if let Some((name, value)) = either("PROTOCOL").filter(|(_, value)| !value.eq_ignore_ascii_case(PROTOCOL)) {
        let value = keyferry_http::clean(&value);
        return Err(format!("{name} is {value:?}, and this program speaks {PROTOCOL} only"));
    }
    match either("TIMEOUT") {
        None => Ok(Some(TIMEOUT)),
        Some((name, value)) => match value.parse() {
            Ok(milliseconds) if milliseconds > 0 => Ok(Some(Duration::from_millis(milliseconds))),
            _ => Err(format!("{name} is no number of milliseconds")),
        },
    }
}

/// Who exports: named by `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, and `keyferry` otherwise.
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

    fn asked(variables: &[(&str, &str)], signal: &str) -> Result<Option<Duration>, String> {
        wanted(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), signal)
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

    #[test]
    fn nothing_is_exported_without_an_endpoint() {
        assert_eq!(asked(&[], "TRACES"), Ok(None));
        assert_eq!(asked(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=b")], "METRICS"), Ok(None));
        assert_eq!(asked(&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")], "TRACES"), Ok(None));
        assert_eq!(asked(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "none")], "METRICS"), Ok(None));
        assert_eq!(asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/v1/traces")], "METRICS"), Ok(None));
    }

    #[test]
    fn an_endpoint_is_enough() {
        assert_eq!(asked(&[ENDPOINT], "TRACES"), Ok(Some(TIMEOUT)));
        assert_eq!(
            asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/v1/traces")], "TRACES"),
            Ok(Some(TIMEOUT))
        );
        let timeouts = [("OTEL_EXPORTER_OTLP_TIMEOUT", "500"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250")];
        assert_eq!(asked(&[ENDPOINT, timeouts[0], timeouts[1]], "TRACES"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(asked(&[ENDPOINT, timeouts[0], timeouts[1]], "METRICS"), Ok(Some(Duration::from_millis(250))));
    }

    #[test]
    fn what_cannot_be_done_is_said_without_the_value_of_an_address() {
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
            let note = asked(&variables, "TRACES").unwrap_err();
            assert!(note.contains(name) && !note.contains("canary"), "{note}");
        }
    }
}
