//! File with the profiles.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::places::{config_path, private_file};
use super::profile::Profile;
use crate::exit::{Failure, Kind};

/// Longest name of a profile.
const LONGEST: usize = 64;

/// All profiles, and which one is selected.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) selected: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads the file. Without a file there are no profiles.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = config_path()?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::failed(format!("could not read {}: {error}", path.display()))),
        };
        toml::from_str(&text).map_err(|error| {
            Failure::usage(format!("{}: {}. Correct the file, or delete it and log in again", path.display(), error))
        })
    }

    /// Writes the file.
    pub(crate) fn write(&self) -> Result<PathBuf, Failure> {
        let path = config_path()?;
        let text = toml::to_string_pretty(self)
            .map_err(|error| Failure::failed(format!("could not write {}: {error}", path.display())))?;
        private_file(&path, &format!("# Written by keyferry login. It contains no secret.\n\n{text}"))?;
        Ok(path)
    }

    /// Returns the named profile, or the selected one.
    pub(crate) fn get(&self, name: Option<&str>) -> Result<(String, Profile), Failure> {
        let Some(name) = name.or(self.selected.as_deref()) else {
            return Err(Failure::new(
                Kind::NotAuthorised,
                "there is no connection. Run `keyferry login`, or `keyferry login --demo` for a running demo, or set \
                 KEYFERRY_URL and KEYFERRY_TOKEN_FILE",
            ));
        };
        match self.profiles.get(name) {
            Some(profile) => Ok((name.to_owned(), profile.clone())),
            None => {
                let names: Vec<_> = self.profiles.keys().map(String::as_str).collect();
                let known = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
                Err(Failure::usage(format!("there is no profile {name:?} (profiles: {known})")))
            }
        }
    }
}

/// Checks the name of a profile. It is part of file names.
pub(crate) fn valid_name(name: &str) -> Result<(), Failure> {
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > LONGEST || name.starts_with('.') || !name.chars().all(valid) {
        return Err(Failure::usage(format!(
            "{name:?} is not a name of a profile: expected letters, digits, hyphens, underscores and dots, at most \
             {LONGEST}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::Source;

    #[test]
    fn a_written_profile_can_be_read() {
        let profile =
            |token| Profile { url: "https://a.example/".parse().unwrap(), tenant: None, ca_file: None, token };
        let sources = [
            Source::ClientCredentials {
                token_url: "https://login.example/t".parse().unwrap(),
                client_id: "app".into(),
                scope: "s".into(),
                secret_file: Some("/run/secret".into()),
                secret_variable: None,
            },
            Source::DeviceCode {
                token_url: "https://login.example/t".parse().unwrap(),
                device_url: "https://login.example/d".parse().unwrap(),
                client_id: "app".into(),
                scope: "s".into(),
            },
            Source::File { path: "/run/token".into() },
            Source::Variable { name: "TOKEN".into() },
        ];
        for source in sources {
            let profiles = Profiles {
                selected: Some("a".into()),
                profiles: [("a".to_owned(), profile(source.clone()))].into_iter().collect(),
            };
            let text = toml::to_string_pretty(&profiles).unwrap();
            let read: Profiles = toml::from_str(&text).unwrap();
            assert_eq!(read.get(None).unwrap().1.token, source, "{text}");
        }
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["", "..", "../x", "a/b", "a b", ".hidden"] {
            assert!(valid_name(name).is_err(), "{name}");
        }
        assert!(valid_name("prod-eu.1_x").is_ok());
    }
}
