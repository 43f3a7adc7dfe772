//! Verification of TLS certificates, with errors that name the cause and what to do.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use chrono::{DateTime, Utc};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::error::Error;
use crate::rejected::Rejected;
use crate::text::{clean, clean_to};

/// Creates a TLS configuration that trusts the system's root certificates and those in `extra_roots_pem`.
///
/// # Errors
/// Fails when an extra root certificate is invalid, or there are no root certificates.
pub(crate) fn client_config(extra_roots_pem: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let mut roots = Vec::new();
    for pem in extra_roots_pem {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Roots(format!("the PEM is invalid: {error}")))?;
        if certificates.is_empty() {
            return Err(Error::Roots("found none".into()));
        }
        for certificate in &certificates {
            let added = RootCertStore::empty().add(certificate.clone());
            added.map_err(|error| Error::Roots(format!("a certificate is invalid: {error}")))?;
        }
        roots.extend(certificates);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = |error: rustls::Error| Error::Tls(error.to_string());
    let verifier = verifier(roots, &provider).map_err(tls)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(tls)?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Verifier that describes why it rejects a certificate. All decisions are those of the inner verifier.
/// The verifier of the existing clients, with its extra roots. It is not kept for clients that are created after all
/// others were dropped: the system's roots may have changed.
static IN_USE: Mutex<Option<(Vec<CertificateDer<'static>>, Weak<Explaining>)>> = Mutex::new(None);

/// Returns the verifier of another client with the same extra roots, or a new one. Reading the system's root
/// certificates takes longer than everything else that a client needs, and a service has several clients.
fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<Explaining>, rustls::Error> {
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((same, verifier)) = &*in_use
        && *same == roots
        && let Some(verifier) = verifier.upgrade()
    {
        return Ok(verifier);
    }
    let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), Arc::clone(provider))?;
    let verifier = Arc::new(Explaining(verifier));
    *in_use = Some((roots, Arc::downgrade(&verifier)));
    Ok(verifier)
}

/// Verifier that decides as its platform's does. Only the errors are rewritten.
#[derive(Debug)]
struct Explaining(Verifier);

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(|error| {
            let rustls::Error::InvalidCertificate(cause) = error else { return error };
            let rejected = Rejected(reason(&cause, end_entity, &server_name.to_str(), now));
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(rejected))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Describes the cause and what to do about it.
fn reason(cause: &CertificateError, certificate: &CertificateDer<'_>, host: &str, now: UnixTime) -> String {
    use CertificateError as Cause;
    let parsed = X509Certificate::from_der(certificate).ok().map(|(_, parsed)| parsed);
    let issuer = parsed.as_ref().map_or_else(String::new, |parsed| clean_to(&parsed.issuer().to_string(), 120));
    let time = |time: Option<ASN1Time>| time.map_or_else(|| "an unknown time".to_owned(), |time| utc(time.timestamp()));
    let clock = utc(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let text = match cause {
        Cause::Expired | Cause::ExpiredContext { .. } => format!(
            "the TLS certificate for {host} expired at {} (clock of this machine: {clock}). Check the clock of \
             this machine. If it is right, the operator of the server or proxy must renew the certificate (issuer: \
             {issuer})",
            time(parsed.as_ref().map(|parsed| parsed.validity().not_after)),
        ),
        Cause::NotValidYet | Cause::NotValidYetContext { .. } => format!(
            "the TLS certificate for {host} is valid from {} (clock of this machine: {clock}). The clock of this \
             machine is probably wrong: set it (issuer: {issuer})",
            time(parsed.as_ref().map(|parsed| parsed.validity().not_before)),
        ),
        Cause::NotValidForName | Cause::NotValidForNameContext { .. } => format!(
            "the TLS certificate is not for {host}, but for {}. Check the host in the settings, its DNS entry, and for \
             a proxy that responds instead (issuer: {issuer})",
            parsed.as_ref().map_or_else(|| "an unknown host".to_owned(), names),
        ),
        _ if parsed.as_ref().is_some_and(|parsed| parsed.issuer() == parsed.subject()) => format!(
            "the TLS certificate for {host} is self-signed by {issuer} and not trusted. If this is your own server or \
             proxy, give it a certificate of a certificate authority, and add that authority's certificate (PEM) to \
             the file in KEYFERRY_EXTRA_CA_FILE. Otherwise somebody may intercept the connection"
        ),
        Cause::UnknownIssuer => format!(
            "the TLS certificate for {host} has an issuer that is not trusted: {issuer}. If a proxy of yours inspects \
             TLS, or the server has a private certificate authority, add that authority's certificate (PEM) to the \
             file in KEYFERRY_EXTRA_CA_FILE. Otherwise the server may lack an intermediate certificate, or somebody \
             may intercept the connection"
        ),
        Cause::BadSignature => format!(
            "the TLS certificate for {host} is not signed by the trusted {issuer}, but by another authority of the \
             same name. If that authority was replaced, replace its certificate in the file in KEYFERRY_EXTRA_CA_FILE. \
             Otherwise somebody may intercept the connection"
        ),
        other => format!(
            "the TLS certificate for {host} is not valid: {other}. The operator of the server or proxy must replace \
             it (issuer: {issuer})"
        ),
    };
    clean(&text)
}

/// Returns the names for which the certificate is valid.
fn names(certificate: &X509Certificate<'_>) -> String {
    let names = certificate.subject_alternative_name().ok().flatten().map(|extension| &extension.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        other => other.to_string(),
    };
    let names: Vec<_> = names.into_iter().flatten().take(5).map(text).collect();
    if names.is_empty() { "no host".to_owned() } else { clean_to(&names.join(", "), 200) }
}

fn utc(seconds: i64) -> String {
    let time: Option<DateTime<Utc>> = DateTime::from_timestamp(seconds, 0);
    time.map_or_else(|| "an unknown time".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests;
