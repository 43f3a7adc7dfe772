//! Completions and man pages.

use std::io;
use std::path::Path;

use clap::ValueEnum as _;
use clap_complete::Shell;

const NAME: &str = "keyferry";

/// Writes `completions/` (one file a shell) and `man/` (one page a command) below the folder.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let completions = folder.join("completions");
    std::fs::create_dir_all(&completions)?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut keyferry::command_line(), NAME, &completions)?;
    }
    let man = folder.join("man");
    std::fs::create_dir_all(&man)?;
    clap_mangen::generate_to(keyferry::command_line(), &man)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_command_has_a_man_page_and_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let bash = std::fs::read_to_string(folder.path().join("completions/keyferry.bash")).unwrap();
        let mut commands = 0;
        for command in keyferry::command_line().get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = folder.path().join(format!("man/keyferry-{}.1", command.get_name()));
            let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
            assert!(bash.contains(command.get_name()));
            commands += 1;
        }
        assert!(commands > 8);
        assert!(folder.path().join("man/keyferry.1").exists());
        for shell in ["_keyferry", "keyferry.fish", "_keyferry.ps1", "keyferry.elv"] {
            assert!(folder.path().join("completions").join(shell).exists(), "{shell}");
        }
    }
}
