//! Misbehaving mail server: it knows a password and the PIN, and repeats them.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::StatusCode;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::rig::{Plan, SMTP_PASSWORD};
use keyferry_proof_support::ADA;

/// Builds a reply from what the server received so far.
type Reply = fn(&Received) -> String;

/// A fault: the command that it applies to, and the reply.
type Fault = (&'static str, Reply);

#[derive(Default)]
struct Received {
    /// The line with the password, unchanged.
    auth: String,
    mail: String,
}

impl Received {
    /// Returns the body of the mail, without headers.
    fn text(&self) -> &str {
        self.mail.split_once("\n\n").map_or(&*self.mail, |(_, text)| text)
    }

    fn pin(&self) -> &str {
        self.mail.split(|c: char| !c.is_ascii_digit()).max_by_key(|run| run.len()).unwrap_or_default()
    }
}

const FAULTS: &[Fault] = &[
    ("AUTH", |received| format!("535 5.7.8 cannot use {}", received.auth)),
    ("AUTH", |received| format!("454 {}", received.auth)),
    ("AUTH", |_| format!("535 5.7.8 wrong password {SMTP_PASSWORD}")),
    ("AUTH", |received| format!("535-{}\r\n535-{SMTP_PASSWORD}\r\n535 {0}", received.auth)),
    ("AUTH", |_| SMTP_PASSWORD.to_owned()),
    ("AUTH", |received| format!("{} 535", received.auth)),
    ("AUTH", |received| format!("334 {}", received.auth)),
    ("AUTH", |_| format!("334 {}", STANDARD.encode(SMTP_PASSWORD))),
    ("AUTH", |_| String::new()),
    ("MAIL", |received| format!("550 5.1.0 signed in with {}", received.auth)),
    ("MAIL", |_| format!("451 4.3.0 {SMTP_PASSWORD}")),
    ("RCPT", |received| format!("550-5.1.1 {}\r\n550 5.1.1 {SMTP_PASSWORD}", received.auth)),
    ("DATA", |received| format!("554 {}", received.auth)),
    ("END", |received| format!("554 5.7.1 spam: {}", received.pin())),
    ("END", |received| format!("451 4.7.1 {}", STANDARD.encode(received.pin()))),
    ("END", |received| format!("554 5.6.0 {}", received.text().replace('\n', " "))),
    ("END", |received| {
        received.text().lines().map(|line| format!("554-5.6.0 {line}\r\n")).collect::<String>() + "554 no"
    }),
    ("END", |received| format!("554 5.6.0 {}", STANDARD.encode(received.text()))),
    ("END", |received| {
        format!("554 5.6.0 ...{}", &received.mail[received.mail.find(received.pin()).unwrap_or_default()..])
    }),
    ("END", |received| received.pin().to_owned()),
    ("END", |received| format!("2{}", received.pin())),
    // A client could read the first digits of these as a reply code.
    ("END", |received| format!("5{}", &received.pin()[1..])),
    ("END", |received| format!("55{}", &received.pin()[2..])),
    ("END", |received| format!("250-fine\r\n{}", received.pin())),
    ("END", |received| format!("554 {SMTP_PASSWORD} {} {}", received.auth, received.pin())),
    ("END", |_| String::new()),
];

struct MailServer {
    port: u16,
    ca_pem: String,
    fault: Arc<Mutex<Option<Fault>>>,
    triggered: Arc<Mutex<usize>>,
}

impl MailServer {
    async fn start() -> Self {
        let (acceptor, ca_pem) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fault, triggered) = (Arc::<Mutex<Option<Fault>>>::default(), Arc::<Mutex<usize>>::default());
        let (current, count) = (fault.clone(), triggered.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, fault, count) = (acceptor.clone(), *current.lock().unwrap(), count.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    talk(stream, fault, &count).await
                });
            }
        });
        Self { port, ca_pem, fault, triggered }
    }

    fn inject(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
        *self.triggered.lock().unwrap() = 0;
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    fault: Option<Fault>,
    triggered: &Mutex<usize>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut received = Received::default();
    stream.write_all(b"220 mail.contoso.example ESMTP\r\n").await?;
    loop {
        stream.flush().await?;
        let Some(line) = line(&mut stream).await? else { return Ok(()) };
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        if verb == "AUTH" {
            received.auth.clone_from(&line);
        }
        if verb == "DATA" && fault.is_none_or(|(at, _)| at != "DATA") {
            stream.write_all(b"354 go ahead\r\n").await?;
            stream.flush().await?;
            received.mail = mail(&mut stream).await?;
        }
        let verb = if received.mail.is_empty() || verb != "DATA" { verb } else { "END".to_owned() };
        let reply = match fault {
            Some((at, reply)) if at == verb => {
                *triggered.lock().unwrap() += 1;
                reply(&received)
            }
            _ => match verb.as_str() {
                "EHLO" => "250-mail.contoso.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN".to_owned(),
                "AUTH" => "235 2.7.0 welcome".to_owned(),
                _ => "250 2.0.0 fine".to_owned(),
            },
        };
        // An empty reply closes the connection.
        if reply.is_empty() {
            return Ok(());
        }
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        if verb == "END" {
            // A session for each mail, so that the next one meets the next fault from its first line on.
            return stream.shutdown().await;
        }
    }
}

async fn mail<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<String> {
    let mut mail = String::new();
    while let Some(line) = line(stream).await? {
        if line == "." {
            return Ok(mail);
        }
        mail.push_str(&line);
        mail.push('\n');
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
    (TlsAcceptor::from(Arc::new(config)), ca.pem())
}

#[tokio::test]
async fn no_leak_when_mail_server_repeats_password_and_mail() {
    let server = MailServer::start().await;
    let mut plan = Plan::new().await;
    plan.trust(&server.ca_pem);
    plan.by_smtp(&server.port.to_string(), SMTP_PASSWORD);
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    for (index, fault) in FAULTS.iter().enumerate() {
        server.inject(Some(*fault));
        let answer = rig.resend(&shipment).await;
        // Not checked: whether the resend failed. `2` and a PIN look like a successful reply.
        assert!(*server.triggered.lock().unwrap() > 0, "fault {index}: {}", answer.text);
    }
    let other = rig.shipped(ADA).await;
    server.inject(Some(FAULTS[13]));
    rig.process().await;
    assert_eq!(rig.details(&other).await["phase"], "registered");
    server.inject(None);
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other, "spam:"]).await;
}

/// The server's certificate is not trusted: the connector sends nothing.
#[tokio::test]
async fn no_leak_to_mail_server_with_untrusted_certificate() {
    let server = MailServer::start().await;
    let mut plan = Plan::new().await;
    plan.by_smtp(&server.port.to_string(), SMTP_PASSWORD);
    let rig = plan.start().await;
    let shipment = rig.shipped(ADA).await;
    rig.process().await;
    assert_eq!(rig.details(&shipment).await["phase"], "registered");
    rig.assert_silent(&[&shipment, "cannot be reached over TLS"]).await;
}
