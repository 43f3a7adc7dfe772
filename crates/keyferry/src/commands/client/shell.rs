//! `keyferry completions` and `keyferry man`.

use clap::CommandFactory as _;

use crate::cli::{Cli, Completions, Man};
use crate::exit::Failure;
use crate::terminal::out;

pub(super) fn completions(options: &Completions) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "keyferry", &mut text);
    out(&text)
}

pub(super) fn man(options: &Man) -> Result<(), Failure> {
    let mut command = Cli::command();
    // Also names the commands below in full: `keyferry shipments list`.
    command.build();
    let mut name = command.get_name().to_owned();
    for word in &options.command {
        let Some(below) = command.find_subcommand(word) else {
            return Err(Failure::usage(format!("{name} has no command {word:?}. See `{name} --help`")));
        };
        command = below.clone();
        name = format!("{name} {word}");
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).map_err(|error| Failure::failed(error.to_string()))?;
    out(&text)
}
