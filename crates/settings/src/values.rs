//! Where the values of settings come from.

use crate::declaration::Declaration;
use crate::error::SettingError;
use crate::secret::Secret;

/// A source of values, such as environment variables and a file.
pub trait Values {
    /// Returns the text given for the setting of this name; `None` when none was given or it is empty.
    fn given(&self, name: &str) -> Option<&str>;

    /// Returns the secret given for the setting of this name, as its value or as a file.
    ///
    /// # Errors
    /// When both are given, or the file cannot be read now.
    fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingError>;

    /// Returns the declaration of the setting of this name; `None` when there is no such setting.
    fn declaration(&self, name: &str) -> Option<Declaration>;
}

/// No value at all: every setting has its default.
#[derive(Clone, Copy, Debug)]
pub struct Unset;

impl Values for Unset {
    fn given(&self, _: &str) -> Option<&str> {
        None
    }

    fn secret(&self, _: &'static str) -> Result<Option<Secret>, SettingError> {
        Ok(None)
    }

    fn declaration(&self, _: &str) -> Option<Declaration> {
        None
    }
}
