use keyferry_domain::{Effect, FailureKind, Operation, Party};
use keyferry_testkit::failures::table;
use keyferry_testkit::scripted::{Then, serve};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use url::Url;

use super::*;
use crate::{CallError, Client, ClientOptions, rules};

struct Authority {
    pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

fn named(hosts: &[&str], common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn authority() -> Authority {
    let mut params = named(&[], "Inspecting Proxy");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem().into_bytes();
    Authority { pem, issuer: Issuer::new(params, key) }
}

/// Starts a TLS server whose certificate `authority` issues, or the server itself, and returns its URL.
async fn server(params: CertificateParams, authority: Option<&Authority>) -> Url {
    let key = KeyPair::generate().unwrap();
    let leaf = match authority {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let private = PrivatePkcs8KeyDer::from(key.serialize_der());
    let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://localhost:{}/", listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, Then::json(200, "{}"), unbounded_channel().0).await;
            }
        }
    });
    url
}

/// Returns the reason why a client that trusts `authority` rejects the server.
async fn rejected(url: &Url, authority: Option<&Authority>) -> String {
    let extra_roots_pem = authority.iter().map(|authority| authority.pem.clone()).collect();
    let client = Client::new(ClientOptions { extra_roots_pem, ..ClientOptions::default() }).unwrap();
    let error = client.post(url).send().await.unwrap_err();
    let CallError::CertificateRejected { reason, .. } = &error else { panic!("{error:?}") };
    let reason = reason.clone();
    let failure = error.into_failure(table(Party::DeliveryService), Operation::Order);
    assert_eq!((failure.kind, failure.effect), (FailureKind::Found(rules::CERTIFICATE_REJECTED), Effect::None));
    assert!(failure.message.contains(&reason), "{}", failure.message);
    reason
}

#[tokio::test]
async fn trusts_a_private_root_only_if_configured() {
    let authority = authority();
    let url = server(named(&["localhost"], "server"), Some(&authority)).await;
    assert_eq!(
        rejected(&url, None).await,
        "the TLS certificate for localhost has an issuer that is not trusted: CN=Inspecting Proxy. If a proxy of yours \
         inspects TLS, or the server has a private certificate authority, add that authority's certificate (PEM) to \
         the file in KEYFERRY_EXTRA_CA_FILE. Otherwise the server may lack an intermediate certificate, or somebody \
         may intercept the connection"
    );
    let options = ClientOptions { extra_roots_pem: vec![authority.pem], ..ClientOptions::default() };
    assert!(Client::new(options).unwrap().get(&url).send().await.unwrap().is_success());
}

#[tokio::test]
async fn authority_of_the_same_name_is_another_authority() {
    let url = server(named(&["localhost"], "server"), Some(&authority())).await;
    assert_eq!(
        rejected(&url, Some(&authority())).await,
        "the TLS certificate for localhost is not signed by the trusted CN=Inspecting Proxy, but by another authority \
         of the same name. If that authority was replaced, replace its certificate in the file in \
         KEYFERRY_EXTRA_CA_FILE. Otherwise somebody may intercept the connection"
    );
}

#[tokio::test]
async fn expired_certificate_names_both_times() {
    let authority = authority();
    let mut params = named(&["localhost"], "server");
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 2, 3));
    let reason = rejected(&server(params, Some(&authority)).await, Some(&authority)).await;
    let start = "the TLS certificate for localhost expired at 2021-02-03 00:00 UTC (clock of this machine: 2";
    assert!(reason.starts_with(start), "{reason}");
    let end = "UTC). Check the clock of this machine. If it is right, the operator of the server or proxy must renew \
               the certificate (issuer: CN=Inspecting Proxy)";
    assert!(reason.ends_with(end), "{reason}");
}

#[tokio::test]
async fn certificate_of_the_future_points_to_the_clock() {
    let authority = authority();
    let mut params = named(&["localhost"], "server");
    (params.not_before, params.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    let reason = rejected(&server(params, Some(&authority)).await, Some(&authority)).await;
    let start = "the TLS certificate for localhost is valid from 2090-01-01 00:00 UTC (clock of this machine: 2";
    assert!(reason.starts_with(start), "{reason}");
    assert!(reason.contains("The clock of this machine is probably wrong: set it"), "{reason}");
}

#[tokio::test]
async fn certificate_of_another_host_names_its_hosts() {
    let authority = authority();
    let url = server(named(&["portal.example", "*.portal.example"], "server"), Some(&authority)).await;
    assert_eq!(
        rejected(&url, Some(&authority)).await,
        "the TLS certificate is not for localhost, but for portal.example, *.portal.example. Check the host in the \
         settings, its DNS entry, and for a proxy that responds instead (issuer: CN=Inspecting Proxy)"
    );
}

#[tokio::test]
async fn self_signed_certificate_is_named_so() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = named(&["localhost"], "appliance");
        params.is_ca = is_ca;
        assert_eq!(
            rejected(&server(params, None).await, None).await,
            "the TLS certificate for localhost is self-signed by CN=appliance and not trusted. If this is your own \
             server or proxy, give it a certificate of a certificate authority, and add that authority's certificate \
             (PEM) to the file in KEYFERRY_EXTRA_CA_FILE. Otherwise somebody may intercept the connection"
        );
    }
}
