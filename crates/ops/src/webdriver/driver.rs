//! The program between us and the browser.

use std::io::{BufRead as _, BufReader, ErrorKind, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::sync::oneshot;
use url::Url;

use super::Error;

const LONGEST_START: Duration = Duration::from_secs(30);

/// A chromedriver that runs until it is dropped, and with it every browser that it started.
pub(crate) struct Driver {
    child: Child,
    url: Url,
    /// Removed after the browser was ended.
    profile: TempDir,
}

impl Driver {
    /// Starts the program on a free port.
    pub(crate) async fn start(program: &Path) -> Result<Self, Error> {
        let profile = TempDir::with_prefix("keyferry-browser-").map_err(Error::Profile)?;
        let named = || program.to_owned();
        // A process group of its own: chromedriver leaves its browsers behind when it is killed.
        let child = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let child = child.map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::NoDriver { program: named() },
            _ => Error::NotStarted { program: named(), source },
        })?;
        let mut driver = Self { child, url: base(0)?, profile };
        let (tell, told) = oneshot::channel();
        if let Some(output) = driver.child.stdout.take() {
            std::thread::spawn(move || listen(output, tell));
        }
        match tokio::time::timeout(LONGEST_START, told).await {
            Ok(Ok(port)) => driver.url = base(port)?,
            _ => return Err(Error::NoPort { program: named(), seconds: LONGEST_START.as_secs() }),
        }
        Ok(driver)
    }

    /// Where it listens; ends with `/`.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// A fresh folder for the profile of its browser.
    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Whoever has ended already needs no killing.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

fn base(port: u16) -> Result<Url, Error> {
    let expected = "a port";
    Url::parse(&format!("http://127.0.0.1:{port}/"))
        .map_err(|_| Error::NotUnderstood { command: "its start", expected })
}

/// Tells the port as soon as it is said, and reads on, so that the program never waits for a reader.
fn listen(output: impl Read, tell: oneshot::Sender<u16>) {
    let mut tell = Some(tell);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(port) = port_in(&line)
            && let Some(tell) = tell.take()
        {
            // Nobody waits any more once the time is over.
            let _ = tell.send(port);
        }
    }
}

/// Of `ChromeDriver was started successfully on port 40847.`
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(program: &str) -> String {
        Driver::start(Path::new(program)).await.err().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_program_that_is_no_chromedriver_is_named_with_what_to_install() {
        let missing = refused("/nonexistent/chromedriver").await;
        assert!(
            missing.contains("/nonexistent/chromedriver") && missing.contains("install chromium-driver"),
            "{missing}"
        );
        let other = refused("true").await;
        assert!(other.starts_with("true did not say") && other.contains("chromium-driver"), "{other}");
        assert!(refused("/").await.contains("cannot be started"));
    }

    #[test]
    fn the_port_is_read_from_what_the_program_says() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 40847."), Some(40847));
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 (a21ce9) on port 0"), None);
        assert_eq!(port_in("ChromeDriver was started successfully on port 99999."), None);
    }
}
