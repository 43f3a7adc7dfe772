//! A secret that a setting gives.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::SettingError;

/// A secret setting's value, or the file with it. Read it each time it is used, so that a changed file needs no restart.
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
    /// The value itself. `name` is the setting's.
    pub fn value(name: &'static str, value: Zeroizing<String>) -> Self {
        Self { name, place: Place::Value(value) }
    }

    /// The file with the value.
    pub fn in_file(name: &'static str, path: PathBuf) -> Self {
        Self { name, place: Place::File(path) }
    }

    /// Returns the value as it is now, without white space around it.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8 text or is empty.
    pub fn read(&self) -> Result<Zeroizing<String>, SettingError> {
        let path = match &self.place {
            Place::Value(value) => return Ok(value.clone()),
            Place::File(path) => path,
        };
        let file = || format!("{}_FILE names {}", self.name, shown(path));
        let bytes =
            std::fs::read(path).map_err(|error| SettingError(format!("{}, which cannot be read: {error}", file())))?;
        let text = Zeroizing::new(String::from_utf8(bytes).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            SettingError(format!("{}, which is not UTF-8 text", file()))
        })?);
        match text.trim() {
            "" => Err(SettingError(format!("{}, which is empty", file()))),
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

/// A path, unless it may be the secret itself, set where its file's name belongs.
fn shown(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.exists() || folder.is_some_and(Path::exists) {
        return path.display().to_string();
    }
    "a path that is not shown, as neither it nor its folder exists and it may be the secret itself".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret\n").unwrap();
        let secret = Secret::in_file("YED_API_TOKEN", file.clone());
        assert_eq!(*secret.read().unwrap(), "s3cret");
        std::fs::write(&file, "rotated").unwrap();
        assert_eq!(*secret.read().unwrap(), "rotated");
        for bad in [&b""[..], b" \n", b"\xff"] {
            std::fs::write(&file, bad).unwrap();
            assert!(secret.read().unwrap_err().0.starts_with("YED_API_TOKEN_FILE names /"));
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
