//! Writes shell completions and man pages of the command line into a folder, for `cargo xtask dist`.
//!
//! It is a package of its own, so that the program does not carry the generators. It does not build or package
//! anything: `xtask` does.
//!
//! Start reading at `manual.rs`. The content comes from [`keyferry::command_line`].
#![expect(clippy::print_stderr, reason = "a command line tool")]

mod manual;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: keyferry-release FOLDER");
        return ExitCode::from(2);
    };
    match manual::write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not write to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
