//! TLS certificate of the vault and the SMTP ports.
//!
//! A test authority issues it, because clients refuse a self-signed server certificate.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

use crate::error::Error;

/// Names in the certificate: those that clients on this machine use for the sandbox.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// TLS acceptor with its certificate, key and certificate authority.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
    pub(crate) chain_pem: String,
    pub(crate) key_pem: String,
}

impl Tls {
    /// Generates a certificate authority and a server certificate.
    pub(crate) fn new() -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::key_material("TLS certificate", error);
        let (leaf, key, ca_pem) = issue().map_err(|error| failed(&error))?;
        let (chain_pem, key_pem) = (leaf.pem(), key.serialize_pem());
        let chain = vec![leaf.der().clone()];
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let key = PrivatePkcs8KeyDer::from(key.serialize_der());
                builder.with_no_client_auth().with_single_cert(chain, key.into())
            })
            .map_err(|error| failed(&error))?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem, chain_pem, key_pem })
    }
}

type Issued = (rcgen::Certificate, KeyPair, String);

fn issue() -> Result<Issued, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Keyferry Sandbox Test CA – not for production");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    params.distinguished_name.push(DnType::CommonName, "Keyferry Sandbox");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, &ca)?;
    Ok((leaf, key, ca.pem()))
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}
