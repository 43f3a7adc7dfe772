//! The WebDriver program.

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

/// A running chromedriver. Dropping it ends it and all browsers that it started.
pub(crate) struct Driver {
    child: Child,
    url: Url,
    /// Removed after the browser has ended.
    profile: TempDir,
}

impl Driver {
    /// Starts the program on a free port.
    pub(crate) async fn start(program: &Path) -> Result<Self, Error> {
        let profile = TempDir::with_prefix("keyferry-browser-").map_err(Error::Profile)?;
        let named = || program.to_owned();
        // Own process group: a killed chromedriver leaves its browsers running, so the whole group is killed.
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
        let (sender, receiver) = oneshot::channel();
        if let Some(output) = driver.child.stdout.take() {
            std::thread::spawn(move || listen(output, sender));
        }
        match tokio::time::timeout(LONGEST_START, receiver).await {
            Ok(Ok(port)) => driver.url = base(port)?,
            _ => return Err(Error::NoPort { program: named(), seconds: LONGEST_START.as_secs() }),
        }
        Ok(driver)
    }

    /// Returns the driver's base URL, which ends with `/`.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the empty folder for the browser's profile.
    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Fails if the group has already ended.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

fn base(port: u16) -> Result<Url, Error> {
    let expected = "a port";
    Url::parse(&format!("http://127.0.0.1:{port}/")).map_err(|_| Error::InvalidResponse { command: "start", expected })
}

/// Sends the port once the driver prints it. Keeps reading afterwards, so that the driver never blocks on a full pipe.
fn listen(output: impl Read, sender: oneshot::Sender<u16>) {
    let mut sender = Some(sender);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(port) = port_in(&line)
            && let Some(sender) = sender.take()
        {
            // Fails if the start has timed out and the receiver is dropped.
            let _ = sender.send(port);
        }
    }
}

/// Returns the port in `ChromeDriver was started successfully on port 40847.`
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
    async fn reports_missing_or_wrong_program_with_remedy() {
        let missing = refused("/nonexistent/chromedriver").await;
        assert!(
            missing.contains("/nonexistent/chromedriver") && missing.contains("install chromium-driver"),
            "{missing}"
        );
        let other = refused("true").await;
        assert!(other.starts_with("true did not report") && other.contains("chromium-driver"), "{other}");
        assert!(refused("/").await.contains("could not start"));
    }

    #[test]
    fn reads_port_from_output() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 40847."), Some(40847));
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 (a21ce9) on port 0"), None);
        assert_eq!(port_in("ChromeDriver was started successfully on port 99999."), None);
    }
}
