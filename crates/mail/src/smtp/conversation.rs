//! SMTP sessions (RFC 5321), step by step, so that a failure shows whether the server may have accepted the mail.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::TcpStream;

use super::failure::{Cause, SessionFailure, Step};
use super::message::{Composed, Transparent};
use super::plain_stream::PlainStream;
use super::sessions::{Account, Session, Sessions};
use super::{SmtpLimits, SmtpSettings, SmtpTls};
use crate::Error;

/// Time limit of name resolution, connection and TLS handshake together: shorter than the limit for all steps up to
/// EHLO, so that an unreachable server is reported as such.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct MailServer {
    host: String,
    port: u16,
    name: String,
    mode: SmtpTls,
    tls: TlsParameters,
    hello: ClientId,
    limits: SmtpLimits,
    sessions: Arc<Sessions>,
}

impl MailServer {
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, Error> {
        let SmtpSettings { host, port, tls: mode, extra_roots_pem, limits, .. } = settings;
        let mut tls = TlsParameters::builder(host.clone());
        for pem in &extra_roots_pem {
            // `from_pem` accepts text without any certificate, as an empty list.
            let given = pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----");
            let certificate = Certificate::from_pem(pem).ok().filter(|_| given).ok_or_else(|| Error::Setting {
                what: "extra root certificates for the mail server",
                problem: "expected PEM with at least one CERTIFICATE block".into(),
            })?;
            tls = tls.add_root_certificate(certificate);
        }
        let tls = tls.build().map_err(|error| Error::Setting {
            what: "TLS configuration for the mail server",
            problem: format!("{error}; check the extra root certificates"),
        })?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@".contains(c)) {
            return Err(Error::Setting {
                what: "mail server",
                problem: format!("{host:?} is not a host name; example: smtp.contoso.example"),
            });
        }
        let name = format!("{host}:{port}");
        let sessions = Sessions::new(limits);
        Ok(Self { host, port, name, mode, tls, hello: ClientId::default(), limits, sessions })
    }

    /// Returns host and port, for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Sends the mail. `Ok` means that the server answered 250 to the message.
    ///
    /// The mail is tried in an idle session first. If the session fails before the message was sent, the server has
    /// accepted nothing, and a new session decides, so that failures mean the same with and without idle sessions.
    pub(super) async fn send(&self, mail: &Composed, credentials: Option<&Credentials>) -> Result<(), SessionFailure> {
        let account = self.sessions.account(credentials);
        if let Some(session) = self.sessions.take(account).await {
            match self.submit(session, mail).await {
                Err(failure) if failure.may_concern_session() => {
                    tracing::debug!(server = self.name, "idle SMTP session failed; opening a new one");
                }
                sent => return sent,
            }
        }
        let session = self.open(account, credentials).await?;
        self.submit(session, mail).await
    }

    async fn open(&self, account: Account, credentials: Option<&Credentials>) -> Result<Session, SessionFailure> {
        let mut step = Step::Connect;
        let connected = within(self.limits.connect, self.connect(&mut step)).await;
        let mut session = match connected {
            Ok(connection) => Session::new(connection, account),
            Err(cause) => return Err(SessionFailure { step, cause }),
        };
        let Some(credentials) = credentials else { return Ok(session) };
        match within(self.limits.command, sign_in(&mut session.connection, credentials)).await {
            Ok(()) => Ok(session),
            Err(cause) => Err(ended(session, Step::SignIn, cause).await),
        }
    }

    async fn submit(&self, mut session: Session, mail: &Composed) -> Result<(), SessionFailure> {
        let mut step = Step::Sender;
        let addressed = within(self.limits.command, address(&mut session.connection, mail, &mut step)).await;
        if let Err(cause) = addressed {
            return Err(ended(session, step, cause).await);
        }
        let message = async { done(session.connection.command(Transparent(&mail.text)).await) };
        match within(self.limits.message, message).await {
            Ok(()) => {
                self.sessions.park(session);
                Ok(())
            }
            Err(cause) => Err(ended(session, Step::Message, cause).await),
        }
    }

    async fn connect(&self, step: &mut Step) -> Result<AsyncSmtpConnection, Cause> {
        let address = (self.host.as_str(), self.port);
        let connection = match self.mode {
            SmtpTls::Implicit => {
                let tls = Some(self.tls.clone());
                AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &self.hello, tls, None)
                    .await
                    .map_err(Cause::Smtp)?
            }
            SmtpTls::StartTls => {
                let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
                let stream = stream.map_err(io::Error::from).flatten().map_err(Cause::NoRoute)?;
                // The end of the TLS handshake and the next command are written separately. The system would hold the
                // second one back until the server acknowledges the first, which the server's system delays by 40 ms.
                stream.set_nodelay(true).map_err(Cause::NoRoute)?;
                let stream = Box::new(PlainStream::new(stream));
                let connect = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
                let mut connection = connect.await.map_err(Cause::Smtp)?;
                *step = Step::StartTls;
                if !connection.can_starttls() {
                    return Err(Cause::NoStartTls);
                }
                connection.starttls(self.tls.clone(), &self.hello).await.map_err(Cause::Smtp)?;
                connection
            }
        };
        if connection.is_encrypted() { Ok(connection) } else { Err(Cause::NoStartTls) }
    }
}

async fn within<T>(limit: Duration, future: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    tokio::time::timeout(limit, future).await.unwrap_or(Err(Cause::TimedOut))
}

/// Closes a session that failed. A server that did not answer in time is not asked again.
async fn ended(session: Session, step: Step, cause: Cause) -> SessionFailure {
    if !matches!(cause, Cause::TimedOut) {
        session.close().await;
    }
    SessionFailure { step, cause }
}

async fn sign_in(connection: &mut AsyncSmtpConnection, credentials: &Credentials) -> Result<(), Cause> {
    if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
        return Err(Cause::NoSignIn);
    }
    done(connection.auth(DEFAULT_MECHANISMS, credentials).await)
}

/// Runs all steps until the server waits for the message. Updates `step` in place, so that the step is known if a time
/// limit cancels this future.
async fn address(connection: &mut AsyncSmtpConnection, mail: &Composed, step: &mut Step) -> Result<(), Cause> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    if [mail.envelope.from()].into_iter().flatten().chain(mail.envelope.to()).any(is_international) {
        if !offers(Extension::SmtpUtfEight) {
            return Err(Cause::NoInternationalAddresses);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    // Headers contain international addresses as UTF-8 (RFC 6531 section 3.6).
    if !mail.text.is_ascii() && offers(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    done(connection.command(Mail::new(mail.envelope.from().cloned(), parameters)).await)?;
    for addressee in mail.envelope.to() {
        *step = Step::Addressee(addressee.clone());
        done(connection.command(Rcpt::new(addressee.clone(), Vec::new())).await)?;
    }
    *step = Step::Data;
    // A server that does not wait for the message would execute its lines as commands. This also detects replies that
    // are shifted by one, because an idle session received a reply too many.
    expect(Severity::PositiveIntermediate, connection.command(Data).await)
}

/// Expects a positive completion reply (2yz, RFC 5321 section 4.2.1).
fn done(answer: Result<Response, smtp::Error>) -> Result<(), Cause> {
    expect(Severity::PositiveCompletion, answer)
}

/// Checks the severity of a reply. The library accepts any 2yz or 3yz reply to any command.
fn expect(severity: Severity, answer: Result<Response, smtp::Error>) -> Result<(), Cause> {
    let code = answer.map_err(Cause::Smtp)?.code();
    if code.severity == severity { Ok(()) } else { Err(Cause::UnexpectedReply(code.into())) }
}

fn is_international(address: &Address) -> bool {
    let text: &str = address.as_ref();
    !text.is_ascii()
}
