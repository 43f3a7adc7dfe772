//! Sources of values.

use crate::declaration::Declaration;
use crate::error::SettingError;
use crate::secret::Secret;

/// A source of values, for example environment variables and a file.
pub trait Values {
    /// Returns the given text of a setting. `None` if no text is given or if it is empty.
    fn given(&self, name: &str) -> Option<&str>;

    /// Returns the given secret of a setting, as a value or as a file.
    ///
    /// # Errors
    /// Fails if both are given or if the file cannot be read.
    fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingError>;

    /// Returns the declaration of a setting. `None` if there is no such setting.
    fn declaration(&self, name: &str) -> Option<Declaration>;
}

/// A source without values: every setting has its default.
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
