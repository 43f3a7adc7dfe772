//! The scenario in Chromium, controlled through chromedriver.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use keyferry_proof_support::Process;
use support::KEYFERRY;

const PAUSE: Duration = Duration::from_millis(20);
const PORTS: [&str; 10] =
    ["--api-port", "0", "--probe-port", "0", "--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"];

/// Returns chromedriver if it and Chromium are installed.
fn chromedriver() -> Option<PathBuf> {
    keyferry_outsiders::system("chromium")?;
    keyferry_outsiders::system("chromedriver")
}

fn scenario(dir: &Path, driver: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(KEYFERRY);
    command.args(["demo", "--scenario", "--data-dir", "data"]).args(PORTS);
    command.arg("--browser").arg(driver).args(more).current_dir(dir);
    // The browser's profile is created in `dir`, where the test checks that it is removed.
    command.env("TMPDIR", dir);
    command
}

/// Returns exit code, standard output and standard error. Checks that profile and browser processes are gone.
fn outcome(dir: &Path, output: Output) -> (i32, String, String) {
    assert_cleaned_up(dir);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn assert_cleaned_up(dir: &Path) {
    let names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("keyferry-browser-")), "{names:?}");
    // Killed processes take a moment to disappear.
    let gone = || {
        browsers_of(dir).is_empty() || {
            sleep(PAUSE);
            false
        }
    };
    assert!((0..1000).any(|_| gone()), "{:#?}", browsers_of(dir));
}

/// Returns command lines of processes whose profile is in `dir`.
fn browsers_of(dir: &Path) -> Vec<String> {
    let profile = format!("--user-data-dir={}/keyferry-browser-", dir.display());
    let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&profile)).collect()
}

/// Returns width and height of a PNG (its first chunk is IHDR) and its length in bytes.
fn picture(file: &Path) -> (u32, u32, usize) {
    let data = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(data.starts_with(b"\x89PNG\r\n\x1a\n") && &data[12..16] == b"IHDR", "{}", file.display());
    let number = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().unwrap());
    (number(16), number(20), data.len())
}

#[test]
fn scenario_with_browser_saves_two_screenshots() {
    let Some(driver) = chromedriver() else { return };
    let pictures = keyferry_outsiders::artifacts().join("browser");
    drop(std::fs::remove_dir_all(&pictures));
    let dir = tempfile::tempdir().unwrap();
    let output = scenario(dir.path(), &driver, &["--artifacts", pictures.to_str().unwrap()]).output().unwrap();
    let (code, out, err) = outcome(dir.path(), output);
    assert_eq!(code, 0, "{out}\n{err}");
    for step in 1..=18 {
        assert!(out.contains(&format!("{step:>2}. ")), "step {step} is not in the output:\n{out}");
    }
    assert!(out.contains("shows “Signed in as Ada Lovelace”"), "{out}");
    assert!(out.contains("NotAllowedError") && out.contains("flag UV is 0"), "{out}");
    assert!(out.contains("all 18 steps"), "{out}");
    for name in ["mail.png", "signin.png"] {
        let (width, height, bytes) = picture(&pictures.join(name));
        assert!(width >= 800 && height >= 600, "{name}: {width} × {height}");
        // A picture of a single colour is smaller.
        assert!(bytes > 10_000, "{name}: {bytes} bytes");
    }
}

#[test]
fn one_time_pin_and_html_only_mail_work_in_browser() {
    let Some(driver) = chromedriver() else { return };
    for more in [["--one-time-pin", "--pin-by=smtp"], ["--one-time-pin", "--pin-by=graph"]] {
        let dir = tempfile::tempdir().unwrap();
        let (code, out, err) = outcome(dir.path(), scenario(dir.path(), &driver, &more).output().unwrap());
        assert_eq!(code, 0, "{more:?}\n{out}\n{err}");
        assert!(out.contains("had to be changed first") && out.contains("18. "), "{out}");
    }
}

#[test]
fn recipient_signs_in_with_both_keys_and_the_lost_one_is_refused_in_browser() {
    let Some(driver) = chromedriver() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = outcome(dir.path(), scenario(dir.path(), &driver, &["--person"]).output().unwrap());
    assert_eq!(code, 0, "{out}\n{err}");
    assert!(out.contains("all 30 steps") && out.contains("the browser shows “Refused: the user has no such"), "{out}");
    assert_eq!(out.matches("shows “Signed in as Ada Lovelace”").count(), 2, "{out}");
}

#[test]
fn misread_pin_and_deleted_method_fail_in_browser() {
    let Some(driver) = chromedriver() else { return };
    for (sabotage, reason) in [
        ("corrupt-pin", "step 16 failed (The key is plugged in): the key refused the PIN from the mail: pin_incorrect"),
        ("delete-method", "the sign-in failed: Refused: the user has no such passkey"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let output = scenario(dir.path(), &driver, &["--sabotage", sabotage]).output().unwrap();
        let (code, out, err) = outcome(dir.path(), output);
        assert_eq!(code, 1, "{sabotage}\n{out}\n{err}");
        assert!(err.contains(reason), "{sabotage}: {err}");
    }
}

#[test]
fn missing_browser_is_reported_before_ordering() {
    let dir = tempfile::tempdir().unwrap();
    let output = scenario(dir.path(), Path::new("/nonexistent/chromedriver"), &[]).output().unwrap();
    let (code, out, err) = outcome(dir.path(), output);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("nothing was ordered") && err.contains("apt-get install chromium-driver"), "{err}");

    let Some(driver) = chromedriver() else { return };
    let output = scenario(dir.path(), &driver, &["--browser-binary", "/nonexistent/chromium"]).output().unwrap();
    let (code, out, err) = outcome(dir.path(), output);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("could not start a browser") && err.contains("--browser-binary"), "{err}");
}

#[test]
fn stopping_the_scenario_stops_its_browser() {
    let Some(driver) = chromedriver() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut command = scenario(dir.path(), &driver, &[]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut process = Process(child);
    while browsers_of(dir.path()).is_empty() {
        assert!(process.0.try_wait().unwrap().is_none(), "the scenario ended before its browser started");
        sleep(PAUSE);
    }
    assert!(!process.stop(), "a stopped scenario must not report success");
    assert_cleaned_up(dir.path());
}
