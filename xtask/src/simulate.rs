//! `cargo xtask simulate`: builds the simulator optimised, and runs it.

use std::path::Path;
use std::process::Command;

use crate::step::cargo_path;

/// Builds and runs the simulator with these arguments. Returns its exit code.
pub(crate) fn run(root: &Path, arguments: &[String]) -> u8 {
    let build = ["build", "--package", "keyferry-simulator", "--profile", "sim", "--locked", "--quiet"];
    let built = Command::new(cargo_path()).args(build).current_dir(root).status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("could not build the simulator");
        return 2;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    let run = Command::new(target.join("sim/keyferry-simulator")).args(arguments).current_dir(root).status();
    match run {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2),
        Err(error) => {
            eprintln!("could not run the simulator: {error}");
            2
        }
    }
}
