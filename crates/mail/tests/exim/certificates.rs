//! Test CA and the certificates that it issues.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

/// Number of the next CA, so that each has its own name.
static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// Defect of the server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Expired,
    NotYetValid,
    OtherName,
}

/// Chain and key of the server, and the CA that the sender trusts; all PEM.
pub(crate) struct Identity {
    pub(crate) chain: String,
    pub(crate) key: String,
    pub(crate) authority: String,
}

pub(crate) fn identity(flaw: Flaw) -> Identity {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
    params.distinguished_name.push(DnType::CommonName, format!("Test authority {number}"));
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let name = if flaw == Flaw::OtherName { "mail.evil.example" } else { "localhost" };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    match flaw {
        Flaw::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Flaw::NotYetValid => params.not_before = date_time_ymd(2090, 1, 1),
        Flaw::None | Flaw::OtherName => {}
    }
    let key = KeyPair::generate().unwrap();
    let leaf: Certificate = params.signed_by(&key, &authority).unwrap();
    Identity { chain: leaf.pem() + &authority.pem(), key: key.serialize_pem(), authority: authority.pem() }
}
