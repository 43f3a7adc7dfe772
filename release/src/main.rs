//! Writes shell completions and man pages of the command line into a folder, for `cargo xtask dist`.
//!
//! `keyferry completions` and `keyferry man` print the same, one file at a time. This package does not build or package
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
