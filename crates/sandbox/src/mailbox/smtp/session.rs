//! SMTP session (RFC 5321), with or without TLS. It accepts a mail only after TLS and AUTH, as the submission servers
//! of large providers do.

use std::io;
use std::time::Duration;

use smtp_proto::request::receiver::{DataReceiver, DummyDataReceiver};
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, EXT_8BIT_MIME, EXT_AUTH, EXT_ENHANCED_STATUS_CODES, EXT_SIZE, EXT_SMTP_UTF8, EXT_START_TLS,
    EhloResponse, Error, Request,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::line::Lines;
use super::reply::Reply;
use super::{auth, decode};
use crate::ground::clock::rfc3339;
use crate::ground::faults::{Kind, Rule};
use crate::ground::journal::Call;
use crate::mailbox::state::Mailbox;

const HOST: &str = "mail.sandbox.localhost";
/// Maximum size of a mail in bytes, advertised as `SIZE`.
const LARGEST_MAIL: usize = 1024 * 1024;
const LINE_END: &[u8] = b"\r\n";
/// Maximum number of recipients of a mail.
const MAX_RECIPIENTS: usize = 100;

/// How a session ended.
pub(super) enum End<S> {
    /// The client sent STARTTLS.
    StartTls(S),
    /// The connection is closed.
    Closed,
}

/// Next step after a command. [`Session::command`] does not use the connection; [`Session::run`] performs the step.
enum Next {
    Say(Reply),
    SayAndClose(Reply),
    /// Writes a complete reply of several lines.
    Write(Vec<u8>),
    /// Replies, and hands the connection back for the TLS handshake.
    StartTls,
    /// Receives the mail.
    Data,
    /// Authenticates the client.
    Auth {
        /// PLAIN if true, otherwise LOGIN.
        plain: bool,
        /// Initial response (RFC 4954 section 4); empty if the client sent none.
        initial: String,
    },
    /// Closes the connection without a reply.
    Cut,
}

/// Mail transaction in progress.
struct Transaction {
    sender: String,
    recipients: Vec<String>,
    /// Fault to inject after the mail is stored.
    after: Option<Rule>,
}

/// SMTP session.
pub(super) struct Session<'a, S> {
    mailbox: &'a Mailbox,
    lines: Lines<S>,
    /// Whether the stream uses TLS.
    secure: bool,
    /// Whether the client sent EHLO or HELO.
    greeted: bool,
    authenticated: bool,
    transaction: Option<Transaction>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    /// Creates a session. `secure`: whether the stream uses TLS.
    pub(super) fn new(mailbox: &'a Mailbox, stream: S, secure: bool) -> Self {
        Self { mailbox, lines: Lines::new(stream), secure, greeted: false, authenticated: false, transaction: None }
    }

    /// Runs the session until its end. With `greet`, sends the greeting first.
    ///
    /// # Errors
    /// Fails if the connection fails, is idle for too long, or ends within a mail or an AUTH exchange.
    pub(super) async fn run(mut self, greet: bool) -> io::Result<End<S>> {
        if greet {
            self.say(&Reply::new(220, format!("{HOST} ESMTP Keyferry sandbox"))).await?;
        }
        while let Some(line) = self.lines.line().await? {
            let next = match Request::parse(&mut line.iter()) {
                Ok(request) => self.command(request.into_owned()).await,
                Err(error) => Next::Say(syntax(&error)),
            };
            match next {
                Next::Say(reply) => self.say(&reply).await?,
                Next::Write(bytes) => self.lines.write(&bytes).await?,
                Next::Auth { plain, initial } => self.authenticate(plain, initial).await?,
                Next::Data => {
                    if !self.data().await? {
                        return Ok(End::Closed);
                    }
                }
                Next::Cut => return Ok(End::Closed),
                Next::SayAndClose(reply) => {
                    self.say(&reply).await?;
                    self.lines.close().await;
                    return Ok(End::Closed);
                }
                Next::StartTls => {
                    self.say(&Reply::new(220, "2.0.0 Ready to start TLS")).await?;
                    return Ok(self.lines.into_inner().map_or(End::Closed, End::StartTls));
                }
            }
        }
        Ok(End::Closed)
    }

    async fn command(&mut self, request: Request<String>) -> Next {
        match request {
            Request::Ehlo { .. } => self.hello(),
            Request::Helo { .. } => {
                self.greeted = true;
                self.transaction = None;
                Next::Say(Reply::new(250, HOST))
            }
            Request::StartTls if self.secure => Next::Say(Reply::out_of_order("TLS is active already")),
            Request::StartTls => Next::StartTls,
            Request::Auth { .. } if !self.secure => {
                Next::Say(Reply::new(538, "5.7.11 Encryption required: STARTTLS first"))
            }
            Request::Auth { .. } if self.authenticated || !self.greeted => {
                Next::Say(Reply::out_of_order("AUTH once, after EHLO"))
            }
            Request::Auth { mechanism, initial_response } => match mechanism {
                AUTH_PLAIN => Next::Auth { plain: true, initial: initial_response },
                AUTH_LOGIN => Next::Auth { plain: false, initial: initial_response },
                _ => Next::Say(Reply::new(504, "5.5.4 Only PLAIN and LOGIN")),
            },
            Request::Mail { .. } | Request::Rcpt { .. } | Request::Data if !self.secure => {
                Next::Say(Reply::new(530, "5.7.0 Must issue a STARTTLS command first"))
            }
            Request::Mail { .. } | Request::Rcpt { .. } | Request::Data if !self.authenticated => {
                Next::Say(Reply::new(530, "5.7.0 Authentication required"))
            }
            Request::Mail { from } => self.mail(from.address, from.size).await,
            Request::Rcpt { to } => Next::Say(self.recipient(to.address)),
            Request::Data => match &self.transaction {
                Some(transaction) if !transaction.recipients.is_empty() => Next::Data,
                _ => Next::Say(Reply::out_of_order("MAIL and RCPT first")),
            },
            Request::Rset => {
                self.transaction = None;
                Next::Say(Reply::ok())
            }
            Request::Noop { .. } => Next::Say(Reply::ok()),
            Request::Quit => Next::SayAndClose(Reply::new(221, "2.0.0 Bye")),
            _ => Next::Say(Reply::new(502, "5.5.1 Not implemented")),
        }
    }

    fn hello(&mut self) -> Next {
        self.greeted = true;
        self.transaction = None;
        let mut answer = EhloResponse::new(HOST);
        answer.capabilities = EXT_8BIT_MIME | EXT_ENHANCED_STATUS_CODES | EXT_SIZE | EXT_SMTP_UTF8;
        answer.size = LARGEST_MAIL;
        if self.secure {
            answer.capabilities |= EXT_AUTH;
            answer.auth_mechanisms = AUTH_PLAIN | AUTH_LOGIN;
        } else {
            answer.capabilities |= EXT_START_TLS;
        }
        let mut bytes = Vec::new();
        match answer.write(&mut bytes) {
            Ok(()) => Next::Write(bytes),
            Err(_) => Next::Say(Reply::new(451, "4.3.0 The EHLO response cannot be written")),
        }
    }

    /// Handles MAIL, which starts a transaction. Draws the fault of the whole mail: a rule with `times` counts mails,
    /// not commands. A fault after the mail is kept until [`Self::data`].
    async fn mail(&mut self, sender: String, size: usize) -> Next {
        if self.transaction.is_some() {
            return Next::Say(Reply::out_of_order("One mail at a time"));
        }
        if size > LARGEST_MAIL {
            return Next::Say(Reply::new(552, "5.3.4 The mail is larger than the limit"));
        }
        let fault = self.mailbox.faults.draw("smtp", "");
        if let Some(millis) = fault.as_ref().and_then(|rule| rule.delay_ms) {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let failure = match fault.as_ref().map(|rule| (rule.kind, rule.status)) {
            Some((Kind::Reset, _)) => {
                self.journal("MAIL", None);
                return Next::Cut;
            }
            Some((Kind::FailBefore, status)) => Some(Reply::fault(status, 451)),
            Some((Kind::Throttle, status)) => Some(Reply::fault(status, 450)),
            Some((Kind::WrongAnswer, _)) => Some(Reply::new(220, "This is not the answer to MAIL")),
            Some((Kind::Delay | Kind::FailAfter, _)) | None => None,
        };
        if let Some(reply) = failure {
            self.journal("MAIL", Some(reply.code));
            return Next::Say(reply);
        }
        let after = fault.filter(|rule| rule.kind == Kind::FailAfter);
        self.transaction = Some(Transaction { sender, recipients: Vec::new(), after });
        Next::Say(Reply::ok())
    }

    /// Handles RCPT. Two domains are always refused, to test PIN delivery: `bounce.example` permanently, `slow.example`
    /// temporarily.
    fn recipient(&mut self, address: String) -> Reply {
        let Some(transaction) = &mut self.transaction else { return Reply::out_of_order("MAIL first") };
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
        match domain.as_deref() {
            None | Some("") => Reply::new(501, "5.1.3 The address has no domain"),
            Some("bounce.example") => Reply::new(550, "5.1.1 Mailbox unavailable"),
            Some("slow.example") => Reply::new(451, "4.7.1 Try again later"),
            Some(_) if transaction.recipients.len() == MAX_RECIPIENTS => Reply::new(452, "4.5.3 Too many recipients"),
            Some(_) => {
                transaction.recipients.push(address);
                Reply::ok()
            }
        }
    }

    /// Receives and stores the mail. Returns `false` if the connection must be closed.
    async fn data(&mut self) -> io::Result<bool> {
        // Always a transaction: `command` checked it.
        let Some(transaction) = self.transaction.take() else { return Ok(false) };
        self.say(&Reply::new(354, "Go ahead")).await?;
        let reply = match self.receive().await? {
            None => Reply::new(552, "5.3.4 The mail is larger than the limit"),
            Some(raw) => match decode::decode(&raw, &transaction.sender, &transaction.recipients) {
                None => Reply::new(554, "5.6.0 The mail cannot be read"),
                Some(mail) => {
                    self.mailbox.deliver(mail);
                    Reply::ok()
                }
            },
        };
        let reply = match transaction.after {
            None => reply,
            Some(Rule { status: Some(status), .. }) => Reply::fault(Some(status), 451),
            // The mail is stored and the client does not learn it.
            Some(Rule { status: None, .. }) => {
                self.journal("DATA", None);
                return Ok(false);
            }
        };
        self.journal("DATA", Some(reply.code));
        self.say(&reply).await?;
        Ok(true)
    }

    /// Receives a mail and removes its dot stuffing.
    ///
    /// Returns `None` if the mail is too large. It is read to its end anyway, so that the client reads the reply.
    async fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut receiver = DataReceiver::new();
        let mut too_large: Option<DummyDataReceiver> = None;
        let mut mail = Vec::new();
        // RFC 5321 section 4.1.1.4: the line end of the DATA command can be the start of the end mark (an empty mail).
        receiver.ingest(&mut LINE_END.iter(), &mut mail);
        loop {
            let chunk = self.lines.chunk().await?;
            if chunk.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut bytes = chunk.iter();
            let done = match &mut too_large {
                None => receiver.ingest(&mut bytes, &mut mail),
                Some(rest) => rest.ingest(&mut bytes),
            };
            if done {
                self.lines.unread(bytes.as_slice());
                if too_large.is_some() || mail.len() > LARGEST_MAIL {
                    return Ok(None);
                }
                // Without the line end of the DATA command, see above.
                return Ok(Some(mail.split_off(LINE_END.len())));
            }
            if mail.len() > LARGEST_MAIL && too_large.is_none() {
                too_large = Some(DummyDataReceiver::new_data(&receiver));
                mail = Vec::new();
            }
        }
    }

    /// Runs the AUTH exchange (RFC 4954) and replies. The client may try again after a failure.
    async fn authenticate(&mut self, plain: bool, initial: String) -> io::Result<()> {
        let admitted = if plain {
            let answer = if initial.is_empty() { self.ask("").await? } else { initial };
            auth::plain(&answer)
        } else {
            // The prompts are base64 of `Username:` and `Password:`.
            let user = if initial.is_empty() { self.ask("VXNlcm5hbWU6").await? } else { initial };
            let password = self.ask("UGFzc3dvcmQ6").await?;
            auth::login(&user, &password)
        };
        self.authenticated = admitted;
        let reply = if admitted {
            Reply::new(235, "2.7.0 Authentication succeeded")
        } else {
            Reply::new(535, "5.7.8 Authentication credentials invalid")
        };
        self.say(&reply).await
    }

    /// Sends a challenge, which is already base64, and returns the client's response.
    async fn ask(&mut self, challenge: &str) -> io::Result<String> {
        self.say(&Reply::new(334, challenge)).await?;
        let line = self.lines.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    async fn say(&mut self, reply: &Reply) -> io::Result<()> {
        self.lines.write(reply.to_line().as_bytes()).await
    }

    /// Records a step of a mail in the journal. `code`: the reply, or `None` if the connection is closed without one.
    fn journal(&self, verb: &str, code: Option<u16>) {
        self.mailbox.journal.record(Call {
            at: rfc3339(self.mailbox.clock.parcels()),
            endpoint: "smtp",
            method: verb.to_owned(),
            path: String::new(),
            status: code,
            client_request_id: None,
        });
    }
}

fn syntax(error: &Error) -> Reply {
    match error {
        Error::UnknownCommand => Reply::new(500, "5.5.1 Unknown command"),
        Error::InvalidSenderAddress => Reply::new(501, "5.1.7 Invalid sender address"),
        Error::InvalidRecipientAddress => Reply::new(501, "5.1.3 Invalid recipient address"),
        _ => Reply::new(501, "5.5.4 Syntax error"),
    }
}
