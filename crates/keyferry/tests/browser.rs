//! The scenario in a browser that others wrote: Chromium, driven through chromedriver.

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

/// chromedriver, where it and its browser are installed.
fn chromedriver() -> Option<PathBuf> {
    keyferry_outsiders::system("chromium")?;
    keyferry_outsiders::system("chromedriver")
}

fn scenario(dir: &Path, driver: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(KEYFERRY);
    command.args(["demo", "--scenario", "--data-dir", "data"]).args(PORTS);
    command.arg("--browser").arg(driver).args(more).current_dir(dir);
    // The browser's profile goes where the test sees whether it is removed.
    command.env("TMPDIR", dir);
    command
}

/// Code, standard output, standard error; nothing of the browser is left.
fn ended(dir: &Path, output: Output) -> (i32, String, String) {
    nothing_is_left(dir);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn nothing_is_left(dir: &Path) {
    let names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with("keyferry-browser-")), "{names:?}");
    // Whoever was killed needs a moment.
    let gone = || {
        browsers_of(dir).is_empty() || {
            sleep(PAUSE);
            false
        }
    };
    assert!((0..1000).any(|_| gone()), "{:#?}", browsers_of(dir));
}

/// Processes whose command line names a profile in `dir`.
fn browsers_of(dir: &Path) -> Vec<String> {
    let profile = format!("--user-data-dir={}/keyferry-browser-", dir.display());
    let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&profile)).collect()
}

/// Width and height of a PNG (its first chunk is IHDR), and its length in bytes.
fn picture(file: &Path) -> (u32, u32, usize) {
    let data = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(data.starts_with(b"\x89PNG\r\n\x1a\n") && &data[12..16] == b"IHDR", "{}", file.display());
    let number = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().unwrap());
    (number(16), number(20), data.len())
}

#[test]
fn the_person_signs_in_in_a_browser_and_leaves_two_pictures() {
    let Some(driver) = chromedriver() else { return };
    let pictures = keyferry_outsiders::artifacts().join("browser");
    drop(std::fs::remove_dir_all(&pictures));
    let dir = tempfile::tempdir().unwrap();
    let output = scenario(dir.path(), &driver, &["--artifacts", pictures.to_str().unwrap()]).output().unwrap();
    let (code, out, err) = ended(dir.path(), output);
    assert_eq!(code, 0, "{out}\n{err}");
    for step in 1..=18 {
        assert!(out.contains(&format!("{step:>2}. ")), "step {step} is not told:\n{out}");
    }
    assert!(out.contains("says “Signed in as Ada Lovelace”"), "{out}");
    assert!(out.contains("NotAllowedError") && out.contains("flag UV is 0"), "{out}");
    assert!(out.contains("all 18 steps"), "{out}");
    for name in ["mail.png", "signin.png"] {
        let (width, height, bytes) = picture(&pictures.join(name));
        assert!(width >= 800 && height >= 600, "{name}: {width} × {height}");
        // One colour alone takes less.
        assert!(bytes > 10_000, "{name}: {bytes} bytes");
    }
}

#[test]
fn a_pin_for_one_use_and_a_mail_of_html_alone_do_it_too() {
    let Some(driver) = chromedriver() else { return };
    for more in [["--one-time-pin", "--pin-by=smtp"], ["--one-time-pin", "--pin-by=graph"]] {
        let dir = tempfile::tempdir().unwrap();
        let (code, out, err) = ended(dir.path(), scenario(dir.path(), &driver, &more).output().unwrap());
        assert_eq!(code, 0, "{more:?}\n{out}\n{err}");
        assert!(out.contains("had to be changed first") && out.contains("18. "), "{out}");
    }
}

#[test]
fn a_misread_pin_and_a_deleted_method_keep_the_person_out() {
    let Some(driver) = chromedriver() else { return };
    for (sabotage, reason) in [
        ("corrupt-pin", "step 16 failed (The key is plugged in): the key refused the PIN from the mail: pin_incorrect"),
        ("delete-method", "the sign-in page says: Refused: the user has no such passkey"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let output = scenario(dir.path(), &driver, &["--sabotage", sabotage]).output().unwrap();
        let (code, out, err) = ended(dir.path(), output);
        assert_eq!(code, 1, "{sabotage}\n{out}\n{err}");
        assert!(err.contains(reason), "{sabotage}: {err}");
    }
}

#[test]
fn a_browser_that_is_missing_is_named_before_anything_is_ordered() {
    let dir = tempfile::tempdir().unwrap();
    let output = scenario(dir.path(), Path::new("/nonexistent/chromedriver"), &[]).output().unwrap();
    let (code, out, err) = ended(dir.path(), output);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("nothing was ordered") && err.contains("apt-get install chromium-driver"), "{err}");

    let Some(driver) = chromedriver() else { return };
    let output = scenario(dir.path(), &driver, &["--browser-binary", "/nonexistent/chromium"]).output().unwrap();
    let (code, out, err) = ended(dir.path(), output);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("started no browser") && err.contains("--browser-binary"), "{err}");
}

#[test]
fn whoever_stops_the_scenario_stops_its_browser() {
    let Some(driver) = chromedriver() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut command = scenario(dir.path(), &driver, &[]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut process = Process(child);
    while browsers_of(dir.path()).is_empty() {
        assert!(process.0.try_wait().unwrap().is_none(), "it ended before its browser was up");
        sleep(PAUSE);
    }
    assert!(!process.stop(), "a scenario that was stopped did not succeed");
    nothing_is_left(dir.path());
}
