//! Files of the profiles, by the XDG Base Directory Specification.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::config::variable;
use crate::exit::Failure;

/// Returns the path of the file with the profiles.
pub(super) fn config_path() -> Result<PathBuf, Failure> {
    Ok(below("XDG_CONFIG_HOME", ".config")?.join("config.toml"))
}

/// Returns the path of a profile's stored secret. Only the demo's is stored.
pub(crate) fn secret_path(profile: &str) -> Result<PathBuf, Failure> {
    Ok(below("XDG_CONFIG_HOME", ".config")?.join(format!("{profile}.secret")))
}

/// Returns the path of the secret with which `keyferry listen` signs. Not a name that a profile's secret can have.
pub(crate) fn listen_secret_path() -> Result<PathBuf, Failure> {
    Ok(below("XDG_CONFIG_HOME", ".config")?.join("listen").join("signing-secret"))
}

/// Returns the path of a profile's cached tokens.
pub(super) fn token_path(profile: &str) -> Result<PathBuf, Failure> {
    Ok(below("XDG_CACHE_HOME", ".cache")?.join("tokens").join(format!("{profile}.json")))
}

fn below(variable_name: &str, default: &str) -> Result<PathBuf, Failure> {
    let given = variable(variable_name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(default));
    let base = given.or_else(home).ok_or_else(|| {
        Failure::usage(format!("could not find the directory of the profiles: set HOME or {variable_name}"))
    })?;
    Ok(base.join("keyferry"))
}

/// Writes a file that only its owner can read (mode 0600), completely or not at all. Creates its folder with mode 0700.
pub(crate) fn private_file(path: &Path, content: &str) -> Result<(), Failure> {
    // A link to a file elsewhere, for example in a repository of dotfiles, stays a link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = temporary(path, &target, content)?;
    file.persist(&target).map_err(|error| unwritten(path, &error.error))?;
    Ok(())
}

/// Does the same if there is no such file. Returns whether there was none.
pub(crate) fn new_private_file(path: &Path, content: &str) -> Result<bool, Failure> {
    match temporary(path, path, content)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritten(path, &error.error)),
    }
}

/// Writes a file beside the target.
fn temporary(path: &Path, target: &Path, content: &str) -> Result<NamedTempFile, Failure> {
    let failed = |error: std::io::Error| unwritten(path, &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // Temporary files have mode 0600.
    let mut file = NamedTempFile::new_in(target.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(content.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    Ok(file)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("could not write {}: {error}", path.display()))
}

/// Removes a file. One that does not exist is removed already.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::failed(format!("could not remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_and_folders_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/config.toml");
        private_file(&path, "one").unwrap();
        private_file(&path, "two").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file remains");
    }

    #[test]
    fn a_new_file_replaces_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/secret");
        assert_eq!(new_private_file(&path, "one"), Ok(true));
        assert_eq!(new_private_file(&path, "two"), Ok(false));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file remains");
    }

    /// An open mode of an existing file is closed.
    #[test]
    fn a_readable_file_becomes_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        private_file(&path, "new").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
