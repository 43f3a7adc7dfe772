//! Scripted mail server, after RFC 5321, RFC 3207, RFC 4954 and RFC 8314.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Behaviour of the server.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) implicit: bool,
    /// Extensions offered by EHLO, in addition to STARTTLS.
    pub(crate) offers: Vec<&'static str>,
    pub(crate) starttls: bool,
    /// Answers that replace the default answer, by prefix of the command. `MAIL-END` is the end of the message.
    pub(crate) answers: Vec<(&'static str, &'static str)>,
    /// Command at which the server closes the connection.
    pub(crate) dies_at: Option<&'static str>,
    /// Command at which the server stops answering.
    pub(crate) hangs_at: Option<&'static str>,
    /// Whether `answers`, `dies_at` and `hangs_at` apply only to sessions that have received a mail.
    pub(crate) faults_after_mail: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            implicit: false,
            offers: vec!["8BITMIME", "AUTH PLAIN LOGIN"],
            starttls: true,
            answers: vec![],
            dies_at: None,
            hangs_at: None,
            faults_after_mail: false,
        }
    }
}

/// Received commands and mails. Commands received over TLS have the prefix `tls `.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) sessions: usize,
    pub(crate) commands: Vec<String>,
    pub(crate) mails: Vec<String>,
}

pub(crate) struct MailServer {
    pub(crate) port: u16,
    pub(crate) ca_pem: Vec<u8>,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl MailServer {
    pub(crate) async fn start(script: Script) -> Self {
        let (acceptor, ca_pem) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Seen>>::default();
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                log.lock().unwrap().sessions += 1;
                let used = AtomicBool::new(false);
                let session = Session { script: script.clone(), seen: log.clone(), encrypted: false, used };
                tokio::spawn(session.serve(stream, acceptor.clone()));
            }
        });
        Self { port, ca_pem, seen }
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.seen.lock().unwrap().mails.clone()
    }
}

struct Session {
    script: Script,
    seen: Arc<Mutex<Seen>>,
    encrypted: bool,
    /// Whether the session has received a mail.
    used: AtomicBool,
}

enum End {
    StartTls,
    Over,
}

impl Session {
    async fn serve(mut self, mut stream: TcpStream, acceptor: TlsAcceptor) -> io::Result<()> {
        if !self.script.implicit {
            let End::StartTls = self.talk(&mut stream, true).await? else { return Ok(()) };
        }
        let mut stream = acceptor.accept(stream).await?;
        self.encrypted = true;
        self.talk(&mut stream, self.script.implicit).await?;
        stream.shutdown().await
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, greet: bool) -> io::Result<End> {
        let mut stream = BufReader::new(stream);
        if greet {
            if self.dead("GREETING").await {
                return Ok(End::Over);
            }
            self.say(&mut stream, "GREETING", "220 mail.contoso.example ESMTP").await?;
        }
        loop {
            let Some(line) = line(&mut stream).await? else { return Ok(End::Over) };
            let command = line.to_uppercase();
            self.note(&line);
            if self.dead(&command).await {
                return Ok(End::Over);
            }
            match command.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => drop(self.say(&mut stream, &command, &self.offer()).await?),
                "STARTTLS" => {
                    self.say(&mut stream, &command, "220 go ahead").await?;
                    return Ok(End::StartTls);
                }
                "AUTH" => drop(self.say(&mut stream, &command, "235 2.7.0 welcome").await?),
                "DATA" => {
                    let go_ahead = self.say(&mut stream, &command, "354 go ahead").await?;
                    if go_ahead.starts_with('3') {
                        let mail = self.mail(&mut stream).await?;
                        self.seen.lock().unwrap().mails.push(mail);
                        if self.dead("MAIL-END").await {
                            return Ok(End::Over);
                        }
                        self.say(&mut stream, "MAIL-END", "250 2.0.0 taken").await?;
                        self.used.store(true, Ordering::SeqCst);
                    }
                }
                "QUIT" => {
                    self.say(&mut stream, &command, "221 bye").await?;
                    return Ok(End::Over);
                }
                _ => drop(self.say(&mut stream, &command, "250 2.1.0 fine").await?),
            }
        }
    }

    fn offer(&self) -> String {
        let mut lines = vec!["mail.contoso.example"];
        lines.extend(&self.script.offers);
        if self.script.starttls && !self.encrypted {
            lines.push("STARTTLS");
        }
        let last = lines.len() - 1;
        let lines =
            lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", if at < last { '-' } else { ' ' }));
        lines.collect::<Vec<_>>().join("\r\n")
    }

    async fn say<S: AsyncWrite + Unpin>(&self, stream: &mut S, command: &str, usual: &str) -> io::Result<String> {
        let other = self.script.answers.iter().find(|(begin, _)| self.faulty() && command.starts_with(begin));
        let answer = other.map_or(usual, |(_, answer)| answer);
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        stream.flush().await?;
        Ok(answer.to_owned())
    }

    async fn dead(&self, command: &str) -> bool {
        let now = |at: Option<&str>| self.faulty() && at.is_some_and(|begin| command.starts_with(begin));
        if now(self.script.hangs_at) {
            std::future::pending::<()>().await;
        }
        now(self.script.dies_at)
    }

    fn faulty(&self) -> bool {
        self.used.load(Ordering::SeqCst) || !self.script.faults_after_mail
    }

    async fn mail<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>) -> io::Result<String> {
        let mut mail = String::new();
        while let Some(line) = line(stream).await? {
            if line == "." {
                return Ok(mail);
            }
            mail.push_str(line.strip_prefix('.').unwrap_or(&line));
            mail.push_str("\r\n");
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn note(&self, line: &str) {
        let mark = if self.encrypted { "tls " } else { "" };
        self.seen.lock().unwrap().commands.push(format!("{mark}{line}"));
    }
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Returns a TLS acceptor with a certificate for `localhost` and 127.0.0.1, and the PEM of its CA.
fn tls() -> (TlsAcceptor, Vec<u8>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &ca).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), ca.pem().into_bytes())
}
