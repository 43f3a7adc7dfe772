//! One SMTP session (RFC 5321), step by step, so that a failure shows whether the server may have accepted the mail.

use std::future::Future;
use std::io;
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
use super::message::Composed;
use super::plain_stream::PlainStream;
use super::{SmtpSettings, SmtpTls};
use crate::Error;

/// Time limit of name resolution, connection and TLS handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time limit of closing the session. The result of closing is ignored.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct MailServer {
    host: String,
    port: u16,
    name: String,
    mode: SmtpTls,
    tls: TlsParameters,
    hello: ClientId,
    timeout: Duration,
}

impl MailServer {
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, Error> {
        let SmtpSettings { host, port, tls: mode, extra_roots_pem, timeout, .. } = settings;
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
        Ok(Self { name: format!("{host}:{port}"), host, port, mode, tls, hello: ClientId::default(), timeout })
    }

    /// Returns host and port, for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Sends the mail. `Ok` means that the server answered 250 to the message.
    pub(super) async fn send(&self, mail: &Composed, credentials: Option<&Credentials>) -> Result<(), SessionFailure> {
        let mut step = Step::Connect;
        let ready = self.within(self.open_and_address(mail, credentials, &mut step)).await;
        let mut connection = ready.unwrap_or(Err(Cause::TimedOut)).map_err(|cause| SessionFailure { step, cause })?;
        let answer = self.within(connection.message(&mail.bytes)).await;
        let answer = answer.ok_or(Cause::TimedOut).and_then(done);
        // Closing cannot change the result: the server has already answered to the message.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection.abort()).await;
        answer.map_err(|cause| SessionFailure { step: Step::Message, cause })
    }

    async fn within<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.timeout, future).await.ok()
    }

    /// Runs all steps until the server waits for the message. Updates `step` in place, so that the step is known if the
    /// time limit cancels this future.
    async fn open_and_address(
        &self,
        mail: &Composed,
        credentials: Option<&Credentials>,
        step: &mut Step,
    ) -> Result<AsyncSmtpConnection, Cause> {
        let mut connection = self.connect(step).await?;
        let done = self.authenticate_and_address(&mut connection, mail, credentials, step).await;
        if done.is_err() {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection.abort()).await;
        }
        done.map(|()| connection)
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

    async fn authenticate_and_address(
        &self,
        connection: &mut AsyncSmtpConnection,
        mail: &Composed,
        credentials: Option<&Credentials>,
        step: &mut Step,
    ) -> Result<(), Cause> {
        if let Some(credentials) = credentials {
            *step = Step::SignIn;
            if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
                return Err(Cause::NoSignIn);
            }
            done(connection.auth(DEFAULT_MECHANISMS, credentials).await)?;
        }
        *step = Step::Sender;
        let offers = |extension| connection.server_info().supports_feature(extension);
        let mut parameters = Vec::new();
        if [mail.envelope.from()].into_iter().flatten().chain(mail.envelope.to()).any(is_international) {
            if !offers(Extension::SmtpUtfEight) {
                return Err(Cause::NoInternationalAddresses);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // Headers contain international addresses as UTF-8 (RFC 6531 section 3.6).
        if !mail.bytes.is_ascii() && offers(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        done(connection.command(Mail::new(mail.envelope.from().cloned(), parameters)).await)?;
        for addressee in mail.envelope.to() {
            *step = Step::Addressee(addressee.clone());
            done(connection.command(Rcpt::new(addressee.clone(), Vec::new())).await)?;
        }
        *step = Step::Data;
        // A server that does not wait for the message would execute its lines as commands.
        expect(Severity::PositiveIntermediate, connection.command(Data).await)
    }
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
