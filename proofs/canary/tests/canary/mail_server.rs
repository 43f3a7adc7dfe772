//! The mail server misbehaves: it is told a password, and the PIN.

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

/// How a reply looks, from what came so far.
type Reply = fn(&Heard) -> String;

/// What the server does not do as it should: at which command, and what it says instead.
type Trick = (&'static str, Reply);

#[derive(Default)]
struct Heard {
    /// The line with the password, as it came.
    auth: String,
    mail: String,
}

impl Heard {
    /// The text of the mail without its headers.
    fn text(&self) -> &str {
        self.mail.split_once("\n\n").map_or(&*self.mail, |(_, text)| text)
    }

    fn pin(&self) -> &str {
        self.mail.split(|c: char| !c.is_ascii_digit()).max_by_key(|run| run.len()).unwrap_or_default()
    }
}

const TRICKS: &[Trick] = &[
    ("AUTH", |heard| format!("535 5.7.8 cannot use {}", heard.auth)),
    ("AUTH", |heard| format!("454 {}", heard.auth)),
    ("AUTH", |_| format!("535 5.7.8 wrong password {SMTP_PASSWORD}")),
    ("AUTH", |heard| format!("535-{}\r\n535-{SMTP_PASSWORD}\r\n535 {0}", heard.auth)),
    ("AUTH", |_| SMTP_PASSWORD.to_owned()),
    ("AUTH", |heard| format!("{} 535", heard.auth)),
    ("AUTH", |heard| format!("334 {}", heard.auth)),
    ("AUTH", |_| format!("334 {}", STANDARD.encode(SMTP_PASSWORD))),
    ("AUTH", |_| String::new()),
    ("MAIL", |heard| format!("550 5.1.0 signed in with {}", heard.auth)),
    ("MAIL", |_| format!("451 4.3.0 {SMTP_PASSWORD}")),
    ("RCPT", |heard| format!("550-5.1.1 {}\r\n550 5.1.1 {SMTP_PASSWORD}", heard.auth)),
    ("DATA", |heard| format!("554 {}", heard.auth)),
    ("END", |heard| format!("554 5.7.1 spam: {}", heard.pin())),
    ("END", |heard| format!("451 4.7.1 {}", STANDARD.encode(heard.pin()))),
    ("END", |heard| format!("554 5.6.0 {}", heard.text().replace('\n', " "))),
    ("END", |heard| heard.text().lines().map(|line| format!("554-5.6.0 {line}\r\n")).collect::<String>() + "554 no"),
    ("END", |heard| format!("554 5.6.0 {}", STANDARD.encode(heard.text()))),
    ("END", |heard| format!("554 5.6.0 ...{}", &heard.mail[heard.mail.find(heard.pin()).unwrap_or_default()..])),
    ("END", |heard| heard.pin().to_owned()),
    ("END", |heard| format!("2{}", heard.pin())),
    // Each reads the first digits as a code.
    ("END", |heard| format!("5{}", &heard.pin()[1..])),
    ("END", |heard| format!("55{}", &heard.pin()[2..])),
    ("END", |heard| format!("250-fine\r\n{}", heard.pin())),
    ("END", |heard| format!("554 {SMTP_PASSWORD} {} {}", heard.auth, heard.pin())),
    ("END", |_| String::new()),
];

struct MailServer {
    port: u16,
    ca_pem: String,
    trick: Arc<Mutex<Option<Trick>>>,
    struck: Arc<Mutex<usize>>,
}

impl MailServer {
    async fn start() -> Self {
        let (acceptor, ca_pem) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (trick, struck) = (Arc::<Mutex<Option<Trick>>>::default(), Arc::<Mutex<usize>>::default());
        let (playing, count) = (trick.clone(), struck.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, trick, count) = (acceptor.clone(), *playing.lock().unwrap(), count.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    talk(stream, trick, &count).await
                });
            }
        });
        Self { port, ca_pem, trick, struck }
    }

    fn play(&self, trick: Option<Trick>) {
        *self.trick.lock().unwrap() = trick;
        *self.struck.lock().unwrap() = 0;
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    trick: Option<Trick>,
    struck: &Mutex<usize>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut heard = Heard::default();
    stream.write_all(b"220 mail.contoso.example ESMTP\r\n").await?;
    loop {
        stream.flush().await?;
        let Some(line) = line(&mut stream).await? else { return Ok(()) };
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        if verb == "AUTH" {
            heard.auth.clone_from(&line);
        }
        if verb == "DATA" && trick.is_none_or(|(at, _)| at != "DATA") {
            stream.write_all(b"354 go ahead\r\n").await?;
            stream.flush().await?;
            heard.mail = mail(&mut stream).await?;
        }
        let verb = if heard.mail.is_empty() || verb != "DATA" { verb } else { "END".to_owned() };
        let reply = match trick {
            Some((at, reply)) if at == verb => {
                *struck.lock().unwrap() += 1;
                reply(&heard)
            }
            _ => match verb.as_str() {
                "EHLO" => "250-mail.contoso.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN".to_owned(),
                "AUTH" => "235 2.7.0 welcome".to_owned(),
                _ => "250 2.0.0 fine".to_owned(),
            },
        };
        // Nothing to say is to hang up.
        if reply.is_empty() {
            return Ok(());
        }
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
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
async fn a_mail_server_that_repeats_the_password_and_the_mail() {
    let server = MailServer::start().await;
    let mut plan = Plan::new().await;
    plan.trust(&server.ca_pem);
    plan.by_smtp(&server.port.to_string(), SMTP_PASSWORD);
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    for (index, trick) in TRICKS.iter().enumerate() {
        server.play(Some(*trick));
        let answer = rig.resend(&shipment).await;
        // `2` and a PIN begin like a good reply.
        assert!(*server.struck.lock().unwrap() > 0, "trick {index}: {}", answer.text);
    }
    let other = rig.shipped(ADA).await;
    server.play(Some(TRICKS[13]));
    rig.process().await;
    assert_eq!(rig.details(&other).await["phase"], "registered");
    server.play(None);
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other, "spam:"]).await;
}

/// A certificate that nobody vouches for: not a word is said.
#[tokio::test]
async fn a_mail_server_that_is_another() {
    let server = MailServer::start().await;
    let mut plan = Plan::new().await;
    plan.by_smtp(&server.port.to_string(), SMTP_PASSWORD);
    let rig = plan.start().await;
    let shipment = rig.shipped(ADA).await;
    rig.process().await;
    assert_eq!(rig.details(&shipment).await["phase"], "registered");
    rig.assert_silent(&[&shipment, "cannot be reached over TLS"]).await;
}
