//! Programs that we did not write, as tests ask them: where they are, how to talk to them, and what happens when one is missing.
//!
//! For tests only. `cargo xtask outsiders` installs what is needed. A test whose program is missing says so on the terminal and
//! passes; with `CI=true` it fails instead, so that a green gate means that everybody was asked.

mod missing;
mod talk;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use missing::missing;
pub use talk::{Background, ask, start};

/// The folder with the scripts, `node_modules` and the Python environment.
pub fn folder() -> PathBuf {
    // Where cargo says that the workspace is now: a clone may be moved after it was built.
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors()
        .map(|above| above.join("outsiders"))
        .find(|folder| folder.join("package-lock.json").is_file())
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")))
}

/// A Node.js script of the folder, by its path in it: `jose/open.mjs`. `None`: not installed, and said.
pub fn node(script: &str) -> Option<Command> {
    let folder = folder();
    if !folder.join("node_modules").join(".installed").is_file() {
        return missing("the npm packages of outsiders/package.json");
    }
    let Some(node) = on_path("node") else { return missing("Node.js") };
    Some(command(&node, &folder, Some(script)))
}

/// A Python script of the folder, by its path in it, run with the packages of `requirements.txt`. `None`: not installed, and said.
pub fn python(script: &str) -> Option<Command> {
    let folder = folder();
    let python = folder.join("venv").join("bin").join("python");
    if !folder.join("venv").join(".installed").is_file() {
        return missing("the Python packages of outsiders/requirements.txt");
    }
    Some(command(&python, &folder, Some(script)))
}

/// A command line tool that a package of npm (`newman`) or PyPI (`schemathesis`) brings. `None`: not installed, and said.
pub fn tool(name: &str) -> Option<Command> {
    let folder = folder();
    let places = [folder.join("node_modules").join(".bin"), folder.join("venv").join("bin")];
    match places.iter().map(|place| place.join(name)).find(|file| file.exists()) {
        Some(file) => Some(command(&file, &folder, None)),
        None => missing(name),
    }
}

/// A program of the system: `chromium`, `chromedriver`, `exim4`, `curl`. `None`: not installed, and said.
pub fn system(name: &str) -> Option<PathBuf> {
    on_path(name).or_else(|| missing(name))
}

/// Where artifacts of tests (screenshots, reports) are left: `target/artifacts`, made when it is not there.
pub fn artifacts() -> PathBuf {
    let folder = folder().parent().unwrap_or(Path::new(".")).join("target").join("artifacts");
    // Whoever writes into it learns of a failure.
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
    // Debian keeps daemons where the PATH of an ordinary user does not look.
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
