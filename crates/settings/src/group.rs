//! A struct whose fields are settings, and the macro that declares it.

use crate::declaration::Declaration;
use crate::error::{ErrorRecorded, SettingError};
use crate::reader::Reader;
use crate::values::Unset;

/// A struct whose fields are settings. [`crate::settings!`] implements it.
pub trait SettingsGroup: Sized {
    /// Returns the declarations of all settings, in the order of the fields.
    fn declarations() -> Vec<Declaration>;

    /// Reads every field. It continues after an error, so that one start reports all errors.
    ///
    /// # Errors
    /// Returns [`ErrorRecorded`] if the reader recorded an error.
    fn read(reader: &mut Reader<'_>) -> Result<Self, ErrorRecorded>;

    /// Returns the members of `/v1/status` that show these settings.
    fn status(&self) -> Vec<(&'static str, String)>;

    /// Returns the settings with all defaults.
    ///
    /// # Errors
    /// Returns the settings that are required and have no default.
    fn defaults() -> Result<Self, Vec<SettingError>> {
        let mut reader = Reader::new(&Unset);
        Self::read(&mut reader).map_err(|ErrorRecorded| reader.finish())
    }
}

/// Declares a struct and, with each field, the setting that fills it. Implements [`SettingsGroup`] for the struct. For
/// an example see the [crate's documentation](crate).
#[macro_export]
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident in $section:literal {
            $( $(#[doc = $meaning:literal])+ $field_visibility:vis $field:ident: $type:ty = $source:expr ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $( $(#[doc = $meaning])+ $field_visibility $field: $type, )*
        }

        impl $crate::SettingsGroup for $name {
            fn declarations() -> ::std::vec::Vec<$crate::Declaration> {
                let declarations = [
                    $( $crate::FieldSource::<$type>::declaration(&$source, concat!($($meaning),+), $section) ),*
                ];
                declarations.into_iter().flatten().collect()
            }

            fn read(reader: &mut $crate::Reader<'_>) -> ::std::result::Result<Self, $crate::ErrorRecorded> {
                $( let $field = $crate::FieldSource::<$type>::read(&$source, reader); )*
                Ok(Self { $( $field: $field? ),* })
            }

            fn status(&self) -> ::std::vec::Vec<(&'static str, ::std::string::String)> {
                let members = [ $( $crate::FieldSource::<$type>::status(&$source, &self.$field) ),* ];
                members.into_iter().flatten().collect()
            }
        }
    };
}
