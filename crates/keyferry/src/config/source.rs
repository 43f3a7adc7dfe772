//! Source of values: the environment, then `keyferry.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keyferry_console::SettingSource;
use keyferry_settings::{Declaration, Secret, SettingError, Values};
use zeroize::Zeroizing;

use super::client;
use super::declarations::find;
use super::service_links;
use super::unknown::UnknownName;

/// Values by setting name.
pub(crate) struct Source {
    values: BTreeMap<&'static str, (Zeroizing<String>, Origin)>,
    files: BTreeMap<&'static str, PathBuf>,
    unknown: BTreeSet<UnknownName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Environment,
    File(PathBuf),
    /// Command line or demo.
    Program,
}

/// Meaning of a name.
enum Meaning {
    /// The setting's value.
    Value(&'static Declaration),
    /// The path of a file with a secret setting's value.
    File(&'static Declaration),
}

impl Meaning {
    fn of(name: &str) -> Option<Self> {
        let upper = name.to_uppercase();
        let file_of = || {
            // An alias has no `_FILE` variant.
            let of =
                |name: &str| find(name).filter(|setting| setting.secret && setting.name.eq_ignore_ascii_case(name));
            upper.strip_suffix("_FILE").and_then(of)
        };
        find(name).map(Self::Value).or_else(|| file_of().map(Self::File))
    }
}

/// Returns whether an environment variable with this name is, or was probably meant as, a setting of Keyferry.
fn is_ours(name: &str) -> bool {
    Meaning::of(name).is_some() || name.to_uppercase().starts_with("KEYFERRY_")
}

impl Source {
    /// Reads values from environment variables and a settings file. Names are case-insensitive, as in the guide's
    /// connector.
    ///
    /// # Errors
    /// Returns an error for each unknown name (`KEYFERRY_*` variables and all names in the file), each name that is
    /// given twice with different values, and each value that is not UTF-8.
    pub(crate) fn read(
        environment: impl Iterator<Item = (OsString, OsString)>,
        file: Option<&Path>,
    ) -> Result<Self, Vec<SettingError>> {
        let mut source = Self { values: BTreeMap::new(), files: BTreeMap::new(), unknown: BTreeSet::new() };
        let mut errors = Vec::new();
        let from_file = match file.map(read_toml).transpose() {
            Ok(values) => values.unwrap_or_default(),
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        };
        for (name, value) in environment {
            // A name that is not UTF-8 cannot be a setting.
            let Ok(name) = name.into_string() else { continue };
            let taken = match value.into_string() {
                Ok(value) => source.take(&name, Zeroizing::new(value), Origin::Environment),
                Err(_) if is_ours(&name) => Err(SettingError(format!("{name} is not UTF-8 text"))),
                Err(_) => {
                    source.unknown.extend(UnknownName::suspected(&name));
                    Ok(())
                }
            };
            errors.extend(taken.err());
        }
        for (name, value, origin) in from_file {
            errors.extend(source.take(&name, value, origin).err());
        }
        if errors.is_empty() { Ok(source) } else { Err(errors) }
    }

    /// Returns a source with the given values, for the demo.
    pub(crate) fn of(values: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name, (Zeroizing::new(value), Origin::Program))).collect();
        Self { values, files: BTreeMap::new(), unknown: BTreeSet::new() }
    }

    /// Sets a value with precedence over every other source, for a command-line option.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.values.insert(name, (Zeroizing::new(value), Origin::Program));
    }

    /// Returns the values by setting name, for the demo. It has no secrets but the sandbox's.
    pub(crate) fn values(&self) -> BTreeMap<&'static str, String> {
        self.values.iter().map(|(name, (value, _))| (*name, value.to_string())).collect()
    }

    /// Returns where the value of a setting comes from.
    pub(super) fn source_of(&self, name: &str) -> SettingSource {
        match self.values.get(name).filter(|(value, _)| !value.trim().is_empty()) {
            Some((_, Origin::Environment)) => SettingSource::Environment,
            Some((_, Origin::File(_))) => SettingSource::File,
            Some((_, Origin::Program)) => SettingSource::Program,
            None if self.files.contains_key(name) => SettingSource::SecretFile,
            None => SettingSource::Default,
        }
    }

    /// Returns a value, or the default of the setting.
    pub(crate) fn value_or_default(&self, name: &'static str) -> String {
        let default = || find(name).map(|setting| setting.default.to_owned()).unwrap_or_default();
        self.values.get(name).map_or_else(default, |(value, _)| value.to_string())
    }

    /// Returns the environment variables that are ignored but are probably misspelt settings.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &UnknownName> {
        self.unknown.iter()
    }

    fn take(&mut self, name: &str, value: Zeroizing<String>, origin: Origin) -> Result<(), SettingError> {
        match (Meaning::of(name), origin) {
            (Some(Meaning::Value(setting)), origin) => match self.values.get(setting.name) {
                // The environment is read first and takes precedence over the file.
                Some((_, Origin::Environment)) if origin != Origin::Environment => Ok(()),
                Some((other, _)) if *other != value => {
                    Err(SettingError(format!("{} is set more than once with different values. Keep one", setting.name)))
                }
                _ => {
                    self.values.insert(setting.name, (value, origin));
                    Ok(())
                }
            },
            (Some(Meaning::File(setting)), _) => {
                self.files.entry(setting.name).or_insert_with(|| PathBuf::from(value.as_str()));
                Ok(())
            }
            (None, Origin::File(path)) => Err(SettingError(format!("{}: {}", path.display(), unknown(name)))),
            (None, Origin::Environment) if service_links::is_one(name, &value) || client::is_one(name) => Ok(()),
            (None, Origin::Environment | Origin::Program) if is_ours(name) => Err(SettingError(unknown(name))),
            (None, Origin::Environment | Origin::Program) => {
                self.unknown.extend(UnknownName::suspected(name));
                Ok(())
            }
        }
    }
}

impl Values for Source {
    fn given(&self, name: &str) -> Option<&str> {
        debug_assert!(find(name).is_some(), "the struct that declares {name} is not listed in declarations.rs");
        self.values.get(name).map(|(value, _)| value.trim()).filter(|value| !value.is_empty())
    }

    fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingError> {
        let value = self.given(name).map(|value| Zeroizing::new(value.to_owned()));
        match (value, self.files.get(name)) {
            (Some(_), Some(_)) => {
                Err(SettingError(format!("{name} and {name}_FILE are both set. Keep one, preferably {name}_FILE")))
            }
            (Some(value), None) => Ok(Some(Secret::value(name, value))),
            (None, Some(path)) => {
                let secret = Secret::in_file(name, path.clone());
                secret.read()?;
                Ok(Some(secret))
            }
            (None, None) => Ok(None),
        }
    }

    fn declaration(&self, name: &str) -> Option<Declaration> {
        find(name).copied()
    }
}

fn unknown(name: &str) -> String {
    let unknown = UnknownName::of(name);
    format!("unknown setting {}{}. Run `keyferry settings` for a list", unknown.name, unknown.question())
}

fn read_toml(path: &Path) -> Result<Vec<(String, Zeroizing<String>, Origin)>, SettingError> {
    let wrong = |what: String| SettingError(format!("{}: {what}", path.display()));
    let text = Zeroizing::new(
        std::fs::read_to_string(path).map_err(|error| wrong(format!("could not read the file: {error}")))?,
    );
    let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    table
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(yes) => yes.to_string(),
                toml::Value::Array(_) | toml::Value::Table(_) => {
                    serde_json::to_string(&value).map_err(|error| wrong(format!("could not read {name}: {error}")))?
                }
                _ => return Err(wrong(format!("{name} must be a string, an integer, a boolean, an array or a table"))),
            };
            Ok((name, Zeroizing::new(value), Origin::File(path.to_owned())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Source, Vec<SettingError>> {
        Source::read(pairs.iter().map(|(name, value)| (name.into(), value.into())), None)
    }

    #[test]
    fn names_are_case_insensitive_and_aliases_are_accepted() {
        let source = read(&[
            ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", "[\"a\"]"),
            ("EMAIL_API_SEND_ENDPOINT", "https://x.example/?sig=s"),
        ])
        .ok()
        .unwrap();
        assert_eq!(source.given("FIDO_Connector_Allowed_Audiences"), Some("[\"a\"]"));
        assert_eq!(source.given("SEND_PIN_URL"), Some("https://x.example/?sig=s"));
    }

    #[test]
    fn rejects_misspelt_setting_but_not_foreign_variable() {
        assert!(read(&[("PATH", "/bin"), ("AZURE_SOMETHING", "x")]).is_ok());
        let errors = read(&[("KEYFERRY_PIN_BI", "smtp")]).err().unwrap();
        assert!(errors[0].to_string().contains("KEYFERRY_PIN_BI"));
        assert!(errors[0].to_string().contains("did you mean KEYFERRY_PIN_BY?"), "{errors:?}");
    }

    #[test]
    fn ignores_service_links_of_kubernetes() {
        let links = [
            ("KEYFERRY_SERVICE_HOST", "10.43.0.7"),
            ("KEYFERRY_SERVICE_PORT_HTTP", "8080"),
            ("KEYFERRY_PORT", "tcp://10.43.0.7:8080"),
            ("CRON_PORT_80_TCP_ADDR", "10.43.0.8"),
        ];
        assert_eq!(read(&links).ok().unwrap().unknown().count(), 0);
        let errors = read(&[("KEYFERRY_PORT", "8080")]).err().unwrap();
        assert!(errors[0].to_string().contains("unknown setting KEYFERRY_PORT"), "{errors:?}");
    }

    #[test]
    fn rejects_non_utf8_value_of_setting_only() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = || OsString::from_vec(b"s3cret-\xff".to_vec());
        let read = |name: OsString| Source::read([(name, odd())].into_iter(), None);
        assert!(read("LS_COLORS".into()).is_ok());
        assert!(read(odd()).is_ok());
        for name in ["YED_API_TOKEN", "yed_api_token_file", "EMAIL_API_SEND_ENDPOINT", "KEYFERRY_PIN_BI"] {
            let errors = read(name.into()).err().unwrap();
            assert!(errors[0].to_string().contains(name), "{errors:?}");
            assert!(!errors[0].to_string().contains("s3cret"), "{errors:?}");
        }
    }

    #[test]
    fn environment_overrides_file_and_secrets_come_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keyferry.toml");
        let token = dir.path().join("token");
        std::fs::write(&token, "s3cret\n").unwrap();
        std::fs::write(
            &file,
            format!(
                "KEYFERRY_API_PORT = 9000\nKEYFERRY_PIN_BY = \"smtp\"\n\
                 YED_API_TOKEN_FILE = {token:?}\nFIDO_Connector_Allowed_Audiences = [\"a\", \"b\"]\n"
            ),
        )
        .unwrap();
        let environment = [("KEYFERRY_PIN_BY".into(), "graph".into())];
        let source = Source::read(environment.into_iter(), Some(&file)).ok().unwrap();
        assert_eq!(source.given("KEYFERRY_API_PORT"), Some("9000"));
        assert_eq!(source.given("KEYFERRY_PIN_BY"), Some("graph"));
        assert_eq!(source.given("FIDO_Connector_Allowed_Audiences"), Some("[\"a\",\"b\"]"));
        let secret = source.secret("YED_API_TOKEN").unwrap().unwrap();
        assert_eq!(*secret.read().unwrap(), "s3cret");
        std::fs::write(&token, "rotated").unwrap();
        assert_eq!(*secret.read().unwrap(), "rotated");
        std::fs::write(&token, "").unwrap();
        assert!(secret.read().unwrap_err().to_string().contains("YED_API_TOKEN_FILE"));
    }

    #[test]
    fn rejects_unknown_name_in_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keyferry.toml");
        std::fs::write(&file, "pin_by = \"smtp\"").unwrap();
        assert!(Source::read(std::iter::empty(), Some(&file)).is_err());
    }
}
