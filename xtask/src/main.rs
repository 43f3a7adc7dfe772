//! What a developer does with Keyferry, behind one door: `cargo xtask`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod circles;
mod commands;
mod floors;
mod house;
mod links;
mod mutants;
mod outsiders;
mod phrases;
mod rust;
mod step;
mod words;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use commands::Command;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test           everything: `check`, the demo scenario, the container image unoptimised, then `mutants`
  check          the house rules, formatting, clippy without warnings, all tests
  house          only the house rules: floors, circles of files, words of vendors, the length of files and lines, links;
                 then how often the prose uses phrases to avoid (informs only)
  outsiders      install the programs of others that tests ask, and say which cannot be
  golden         write the golden files and snapshots anew, by running the tests that keep them
  mutants        break the changed lines on purpose, and say what no test notices (a pinned cargo-mutants in target/tools)
  mutants --all  the same for all that `.cargo/mutants.toml` names: about 45 minutes
  image          the container image and the list of its parts (CycloneDX), into target/image
  deny           licences, banned crates and sources, with a pinned cargo-deny that is installed into target/tools
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    }
    let name = arguments.join(" ");
    let Some(command) = Command::named(&name) else {
        eprint!("there is no `cargo xtask {name}`\n\n{USAGE}");
        return ExitCode::from(2);
    };
    ExitCode::from(commands::run(command, &root()))
}

/// The workspace: the folder above this crate. Cargo tells where that is when it runs us.
fn root() -> PathBuf {
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
