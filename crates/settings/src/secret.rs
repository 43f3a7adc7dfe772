//! Values of secret settings.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::SettingError;

/// Value of a secret setting, or the file that contains it. Read it on each use, so that a changed file takes effect
/// without a restart.
#[derive(Clone)]
pub struct Secret {
    name: &'static str,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Value(Zeroizing<String>),
    File(PathBuf),
}

impl Secret {
    /// Creates a secret from its value. `name` is the name of the setting.
    pub fn value(name: &'static str, value: Zeroizing<String>) -> Self {
        Self { name, place: Place::Value(value) }
    }

    /// Creates a secret that is read from a file. `name` is the name of the setting.
    pub fn in_file(name: &'static str, path: PathBuf) -> Self {
        Self { name, place: Place::File(path) }
    }

    /// Returns the current value. White space around the content of a file is removed.
    ///
    /// # Errors
    /// Fails if the file cannot be read, is not UTF-8 text or is empty.
    pub fn read(&self) -> Result<Zeroizing<String>, SettingError> {
        let path = match &self.place {
            Place::Value(value) => return Ok(value.clone()),
            Place::File(path) => path,
        };
        let file = || format!("{}_FILE: the file {}", self.name, shown(path));
        let bytes =
            std::fs::read(path).map_err(|error| SettingError(format!("{} could not be read: {error}", file())))?;
        let text = Zeroizing::new(String::from_utf8(bytes).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            SettingError(format!("{} is not UTF-8 text", file()))
        })?);
        match text.trim() {
            "" => Err(SettingError(format!("{} is empty", file()))),
            trimmed => Ok(Zeroizing::new(trimmed.to_owned())),
        }
    }
}

/// Prints the setting's name only.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

/// Returns the path for an error message. Hides it if it may be the secret itself, set by mistake in place of the path.
fn shown(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.exists() || folder.is_some_and(Path::exists) {
        return path.display().to_string();
    }
    "(path not shown, it may be the secret itself: neither the path nor its folder exists)".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_file_on_each_use() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret\n").unwrap();
        let secret = Secret::in_file("YED_API_TOKEN", file.clone());
        assert_eq!(*secret.read().unwrap(), "s3cret");
        std::fs::write(&file, "rotated").unwrap();
        assert_eq!(*secret.read().unwrap(), "rotated");
        for bad in [&b""[..], b" \n", b"\xff"] {
            std::fs::write(&file, bad).unwrap();
            assert!(secret.read().unwrap_err().0.starts_with("YED_API_TOKEN_FILE: the file /"));
        }
        let pasted = Secret::in_file("YED_API_TOKEN", "s3cret/token".into()).read().unwrap_err();
        assert!(!pasted.0.contains("s3cret"), "{pasted}");
    }

    #[test]
    fn debug_shows_no_value() {
        let secret = Secret::value("YED_API_TOKEN", Zeroizing::new("s3cret".to_owned()));
        assert_eq!(format!("{secret:?}"), "Secret(YED_API_TOKEN)");
    }
}
