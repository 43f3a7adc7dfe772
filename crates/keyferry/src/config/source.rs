//! Where values come from: the environment, then `keyferry.toml`, then the default.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keyferry_domain::SecretBytes;
use zeroize::Zeroizing;

use super::settings::{all, lookup};
use super::table::Setting;
use super::{SettingError, cloud};

/// Values by setting name.
pub(crate) struct Source {
    values: BTreeMap<&'static str, (Zeroizing<String>, Origin)>,
    files: BTreeMap<&'static str, PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Environment,
    File(PathBuf),
}

/// What a name means.
enum Meaning {
    /// The setting's value.
    Value(&'static Setting),
    /// The path of a file with a secret setting's value.
    File(&'static Setting),
}

impl Meaning {
    fn of(name: &str) -> Option<Self> {
        let upper = name.to_uppercase();
        let name = ALIASES.iter().find(|(alias, _)| *alias == upper).map_or(upper.as_str(), |(_, name)| name);
        let file_of = || name.strip_suffix("_FILE").and_then(find).filter(|setting| setting.secret);
        find(name).map(Self::Value).or_else(|| file_of().map(Self::File))
    }
}

/// Whether an environment variable of that name is, or was meant as, a setting of ours.
fn is_ours(name: &str) -> bool {
    Meaning::of(name).is_some() || name.to_uppercase().starts_with("KEYFERRY_")
}

/// Names that mean a setting of another name.
const ALIASES: &[(&str, &str)] = &[("EMAIL_API_SEND_ENDPOINT", "SEND_PIN_URL")];

impl Source {
    /// Values from environment variables and a settings file. Names are compared without regard to case, as the
    /// guide's connector does.
    ///
    /// # Errors
    /// Names that no setting has (for `KEYFERRY_*` variables, and for everything in the file), a name that is given
    /// twice with different values, and a value that is not UTF-8.
    pub(crate) fn read(
        environment: impl Iterator<Item = (OsString, OsString)>,
        file: Option<&Path>,
    ) -> Result<Self, Vec<SettingError>> {
        let mut source = Self { values: BTreeMap::new(), files: BTreeMap::new() };
        let mut errors = Vec::new();
        let from_file = match file.map(read_toml).transpose() {
            Ok(values) => values.unwrap_or_default(),
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        };
        for (name, value) in environment {
            // A name that is not text is no setting's.
            let Ok(name) = name.into_string() else { continue };
            let taken = match value.into_string() {
                Ok(value) => source.take(&name, Zeroizing::new(value), Origin::Environment),
                Err(_) if is_ours(&name) => Err(SettingError(format!("{name} is not UTF-8 text"))),
                Err(_) => Ok(()),
            };
            errors.extend(taken.err());
        }
        for (name, value, origin) in from_file {
            errors.extend(source.take(&name, value, origin).err());
        }
        if errors.is_empty() { Ok(source) } else { Err(errors) }
    }

    /// Values given in the program, for the demo.
    pub(crate) fn of(values: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let values =
            values.into_iter().map(|(name, value)| (name, (Zeroizing::new(value), Origin::Environment))).collect();
        Self { values, files: BTreeMap::new() }
    }

    /// Sets a value that comes before every other source (a command-line flag).
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.values.insert(name, (Zeroizing::new(value), Origin::Environment));
    }

    fn take(&mut self, name: &str, value: Zeroizing<String>, origin: Origin) -> Result<(), SettingError> {
        match (Meaning::of(name), origin) {
            (Some(Meaning::Value(setting)), origin) => match self.values.get(setting.name) {
                // The environment was read first and wins over the file.
                Some((_, Origin::Environment)) if origin != Origin::Environment => Ok(()),
                Some((other, _)) if *other != value => Err(SettingError(format!(
                    "{} is given more than once, with different values: keep one",
                    setting.name
                ))),
                _ => {
                    self.values.insert(setting.name, (value, origin));
                    Ok(())
                }
            },
            (Some(Meaning::File(setting)), _) => {
                self.files.entry(setting.name).or_insert_with(|| PathBuf::from(value.as_str()));
                Ok(())
            }
            (None, Origin::File(path)) => {
                Err(SettingError(format!("{}: there is no setting {name}; see `keyferry settings`", path.display())))
            }
            (None, Origin::Environment) if is_ours(name) => {
                Err(SettingError(format!("there is no setting {name}; see `keyferry settings`")))
            }
            (None, Origin::Environment) => Ok(()),
        }
    }

    /// The value as it was given; `None` when it was not, or is empty.
    pub(crate) fn given(&self, name: &'static str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value as it was given, or the default, which the cloud may decide.
    pub(crate) fn value(&self, name: &'static str) -> Option<&str> {
        let preset = || cloud::preset(self.given(cloud::CLOUD)?, name);
        self.given(name)
            .or_else(preset)
            .or_else(|| lookup(name).map(|setting| setting.default).filter(|default| !default.is_empty()))
    }

    /// A secret, which is read when it is used.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingError> {
        let value = self.given(name).map(|value| Zeroizing::new(value.to_owned()));
        match (value, self.files.get(name)) {
            (Some(_), Some(_)) => {
                Err(SettingError(format!("{name} and {name}_FILE are both set: keep one, better the file")))
            }
            (Some(value), None) => Ok(Some(Secret { name, kind: Kind::Value(value) })),
            (None, Some(path)) => {
                let secret = Secret { name, kind: Kind::File(path.clone()) };
                secret.read()?;
                Ok(Some(secret))
            }
            (None, None) => Ok(None),
        }
    }
}

/// A secret's place.
#[derive(Clone)]
pub(crate) struct Secret {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Value(Zeroizing<String>),
    File(PathBuf),
}

impl Secret {
    /// Its value now.
    pub(crate) fn read(&self) -> Result<SecretBytes, SettingError> {
        match &self.kind {
            Kind::Value(value) => Ok(SecretBytes::new(value.as_bytes().to_vec())),
            Kind::File(path) => {
                let file = || format!("{}_FILE names {}", self.name, shown(path));
                let bytes = std::fs::read(path)
                    .map_err(|error| SettingError(format!("{}, which cannot be read: {error}", file())))?;
                let text = Zeroizing::new(String::from_utf8(bytes).map_err(|error| {
                    drop(Zeroizing::new(error.into_bytes()));
                    SettingError(format!("{}, which is not UTF-8 text", file()))
                })?);
                let trimmed = text.trim();
                if trimmed.is_empty() {
                    return Err(SettingError(format!("{}, which is empty", file())));
                }
                Ok(SecretBytes::new(trimmed.as_bytes().to_vec()))
            }
        }
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

fn find(upper: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.name.eq_ignore_ascii_case(upper))
}

fn read_toml(path: &Path) -> Result<Vec<(String, Zeroizing<String>, Origin)>, SettingError> {
    let wrong = |what: String| SettingError(format!("{}: {what}", path.display()));
    let text =
        Zeroizing::new(std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?);
    let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    table
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(yes) => yes.to_string(),
                toml::Value::Array(_) | toml::Value::Table(_) => {
                    serde_json::to_string(&value).map_err(|error| wrong(format!("{name} cannot be read: {error}")))?
                }
                _ => return Err(wrong(format!("{name} is neither text, number, truth value, list nor table"))),
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
    fn names_are_compared_without_case_and_the_old_name_of_the_pin_url_is_known() {
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
    fn a_misspelt_setting_is_refused_and_somebody_elses_variable_is_not() {
        assert!(read(&[("PATH", "/bin"), ("AZURE_SOMETHING", "x")]).is_ok());
        let errors = read(&[("KEYFERRY_PIN_BI", "smtp")]).err().unwrap();
        assert!(errors[0].to_string().contains("KEYFERRY_PIN_BI"));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_in_our_variables_and_nobody_elses() {
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
    fn the_environment_wins_over_the_file_and_secrets_come_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keyferry.toml");
        let token = dir.path().join("token");
        std::fs::write(&token, "s3cret\n").unwrap();
        std::fs::write(&file, format!("KEYFERRY_API_PORT = 9000\nKEYFERRY_PIN_BY = \"smtp\"\nYED_API_TOKEN_FILE = {token:?}\nFIDO_Connector_Allowed_Audiences = [\"a\", \"b\"]\n")).unwrap();
        let environment = [("KEYFERRY_PIN_BY".into(), "graph".into())];
        let source = Source::read(environment.into_iter(), Some(&file)).ok().unwrap();
        assert_eq!(source.given("KEYFERRY_API_PORT"), Some("9000"));
        assert_eq!(source.given("KEYFERRY_PIN_BY"), Some("graph"));
        assert_eq!(source.given("FIDO_Connector_Allowed_Audiences"), Some("[\"a\",\"b\"]"));
        let secret = source.secret("YED_API_TOKEN").unwrap().unwrap();
        assert_eq!(secret.read().unwrap().expose(), b"s3cret");
        std::fs::write(&token, "rotated").unwrap();
        assert_eq!(secret.read().unwrap().expose(), b"rotated");
        std::fs::write(&token, "").unwrap();
        assert!(secret.read().unwrap_err().to_string().contains("YED_API_TOKEN_FILE"));
    }

    #[test]
    fn an_unknown_name_in_the_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keyferry.toml");
        std::fs::write(&file, "pin_by = \"smtp\"").unwrap();
        assert!(Source::read(std::iter::empty(), Some(&file)).is_err());
    }
}
