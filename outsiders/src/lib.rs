//! Starts the independent programs that tests use: finds them, exchanges JSON with them, and handles missing ones.
//!
//! Only tests depend on this crate. `cargo xtask outsiders` installs the programs; this crate installs nothing. A test
//! whose program is missing reports that it is skipped, and passes. With `CI=true` it fails instead, so that a passed
//! CI run has used all programs.
//!
//! The scripts are in the folders beside `src`, one folder per subject. They are written from the standard or from our
//! documentation, never from our code: otherwise both would contain the same mistake.
//!
//! Start reading at [`node`] (find a program) and [`ask`] (exchange JSON with it).

mod missing;
mod talk;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use missing::missing;
pub use talk::{Background, ask, start};

/// Returns the folder with the scripts, `node_modules` and the Python environment.
pub fn folder() -> PathBuf {
    // Read at run time, since the clone may have been moved after the build.
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .map(|above| above.join("outsiders"))
        .find(|folder| folder.join("package-lock.json").is_file())
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")))
}

/// Returns the folder with the npm packages. `None`: not installed, which is reported.
pub fn node_modules() -> Option<PathBuf> {
    let modules = folder().join("node_modules");
    if modules.join(".installed").is_file() {
        Some(modules)
    } else {
        missing("the npm packages of outsiders/package.json")
    }
}

/// Returns a command that runs a Node.js script of the folder, such as `jose/open.mjs`. `None`: not installed, which is
/// reported.
pub fn node(script: &str) -> Option<Command> {
    let folder = folder();
    node_modules()?;
    let Some(node) = on_path("node") else { return missing("Node.js") };
    Some(command(&node, &folder, Some(script)))
}

/// Returns a command that runs a Python script of the folder with the packages of `requirements.txt`. `None`: not
/// installed, which is reported.
pub fn python(script: &str) -> Option<Command> {
    let folder = folder();
    let python = folder.join("venv").join("bin").join("python");
    if !folder.join("venv").join(".installed").is_file() {
        return missing("the Python packages of outsiders/requirements.txt");
    }
    Some(command(&python, &folder, Some(script)))
}

/// Returns a command line tool of an npm package (`newman`) or a PyPI package (`schemathesis`). `None`: not installed,
/// which is reported.
pub fn tool(name: &str) -> Option<Command> {
    let folder = folder();
    let places = [folder.join("node_modules").join(".bin"), folder.join("venv").join("bin")];
    match places.iter().map(|place| place.join(name)).find(|file| file.exists()) {
        Some(file) => Some(command(&file, &folder, None)),
        None => missing(name),
    }
}

/// Returns the path of a system program: `chromium`, `chromedriver`, `exim4`, `curl`. `None`: not installed, which is
/// reported.
pub fn system(name: &str) -> Option<PathBuf> {
    on_path(name).or_else(|| missing(name))
}

/// Returns the folder for test artifacts (screenshots, reports): `target/artifacts`. Creates it if it is missing.
pub fn artifacts() -> PathBuf {
    let folder = folder().parent().unwrap_or(Path::new(".")).join("target").join("artifacts");
    // An error here shows when a file is written.
    let _ = std::fs::create_dir_all(&folder);
    folder
}

fn command(program: &Path, folder: &Path, script: Option<&str>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(script.map(|script| folder.join(script)));
    command
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // On Debian, daemons are in folders that are not in the PATH of ordinary users.
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
