//! exim with a test configuration, started for each connection as by inetd (`-bs`).
//!
//! This way the test chooses the port, no daemon outlives the test, and the log is complete when the session ends.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

use super::certificates::{Flaw, identity};

pub(crate) const USER: &str = "keys@contoso.example";
pub(crate) const PASSWORD: &str = "corr3ct-horse battery";

/// Behaviour of the server.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) implicit_tls: bool,
    pub(crate) starttls: bool,
    /// The only authentication mechanism offered: `PLAIN` or `LOGIN`.
    pub(crate) sign_in: &'static str,
    pub(crate) flaw: Flaw,
    /// Value of exim's `message_size_limit`.
    pub(crate) largest: &'static str,
    /// Additional lines for the top of the configuration.
    pub(crate) more: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self { implicit_tls: false, starttls: true, sign_in: "PLAIN", flaw: Flaw::None, largest: "1M", more: "" }
    }
}

pub(crate) struct Exim {
    program: PathBuf,
    folder: TempDir,
    pub(crate) port: u16,
    /// CA of the server's certificate, PEM.
    pub(crate) authority: String,
    open: Arc<(Mutex<usize>, Condvar)>,
}

impl Exim {
    /// Starts the server. Returns `None`, with a message on stderr, if exim is not installed or the user is not root.
    pub(crate) fn start(setup: Setup) -> Option<Self> {
        let program = keyferry_outsiders::system("exim4")?;
        if fs::metadata("/proc/self").map_or(0, |own| own.uid()) != 0 {
            // Prints the same message as for a missing program.
            keyferry_outsiders::system("exim4 for another user than root")?;
        }
        let folder = TempDir::new().unwrap();
        let identity = identity(setup.flaw);
        prepare(folder.path(), &setup, &identity.chain, &identity.key);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new((Mutex::new(0), Condvar::new()));
        let (config, sessions, exim) = (folder.path().join("exim.conf"), open.clone(), program.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *sessions.0.lock().unwrap() += 1;
                let mut command = exim_command(&exim, &config);
                command.args(["-bs"].into_iter().chain(setup.implicit_tls.then_some("-tls-on-connect")));
                serve(command, stream, sessions.clone());
            }
        });
        Some(Self { program, folder, port, authority: identity.authority, open })
    }

    /// Returns exim's log. Waits until all open sessions have ended: drop the sender, which keeps some open, before.
    pub(crate) fn log(&self) -> String {
        let (open, ended) = &*self.open;
        let open = open.lock().unwrap();
        drop(ended.wait_while(open, |open| *open > 0).unwrap());
        fs::read_to_string(self.folder.path().join("log/mainlog")).unwrap_or_default()
    }

    /// Runs exim's queue and returns the accepted mails as stored in the maildir, oldest first.
    pub(crate) fn mails(&self) -> Vec<Vec<u8>> {
        self.log();
        let run = exim_command(&self.program, &self.folder.path().join("exim.conf")).arg("-q").status().unwrap();
        assert!(run.success(), "the queue run ended with {run}");
        let Ok(entries) = fs::read_dir(self.folder.path().join("mail/new")) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// Returns whether exim's log contains a sender, credentials or a mail, in plaintext or over TLS.
    pub(crate) fn received_mail_or_credentials(&self) -> bool {
        let log = self.log();
        log.contains("A=") || log.contains("<=") || log.contains("AUTH") || log.contains("MAIL FROM")
    }
}

fn serve(mut command: Command, stream: TcpStream, open: Arc<(Mutex<usize>, Condvar)>) {
    let answers = stream.try_clone().unwrap();
    command.stdin(Stdio::from(OwnedFd::from(stream))).stdout(Stdio::from(OwnedFd::from(answers)));
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    // `Command` holds copies of the sockets, which would keep the connection open.
    drop(command);
    thread::spawn(move || {
        let _ = child.wait();
        *open.0.lock().unwrap() -= 1;
        open.1.notify_all();
    });
}

fn exim_command(exim: &Path, config: &Path) -> Command {
    let mut command = Command::new(exim);
    command.arg("-C").arg(config).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Creates the files. The configuration belongs to root (exim requires it), everything else to exim's user.
fn prepare(folder: &Path, setup: &Setup, chain: &str, key: &str) {
    let home = folder.display().to_string();
    let tls = if setup.starttls && !setup.implicit_tls { "*" } else { "" };
    // A server with STARTTLS accepts the password only after it. A server without would accept it in plaintext: the
    // trap.
    let offered = if setup.starttls { "${if def:tls_in_cipher}" } else { "yes" };
    let prompts = if setup.sign_in == "LOGIN" { "Username:: : Password::" } else { ":" };
    let (user, password) = if setup.sign_in == "LOGIN" { ("$auth1", "$auth2") } else { ("$auth2", "$auth3") };
    let config = include_str!("exim.conf")
        .replace("{home}", &home)
        .replace("{starttls}", tls)
        .replace("{largest}", setup.largest)
        .replace("{more}", setup.more)
        .replace("{mechanism}", setup.sign_in)
        .replace("{prompts}", prompts)
        .replace("{condition}", &format!("${{if and{{{{eq{{{user}}}{{{USER}}}}}{{eq{{{password}}}{{{PASSWORD}}}}}}}}}"))
        .replace("{user}", user)
        .replace("{offered}", offered);
    fs::write(folder.join("exim.conf"), config).unwrap();
    fs::write(folder.join("chain.pem"), chain).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let exim = users.lines().find(|line| line.starts_with("Debian-exim:")).unwrap();
    let mut ids = exim.split(':').skip(2).map(|id| id.parse::<u32>().ok());
    let (user, group) = (ids.next().unwrap(), ids.next().unwrap());
    for name in ["spool", "log", "mail"] {
        fs::create_dir(folder.join(name)).unwrap();
        chown(folder.join(name), user, group).unwrap();
    }
    for name in ["chain.pem", "key.pem"] {
        chown(folder.join(name), user, group).unwrap();
    }
}
