//! Fields of a settings struct.

use crate::declaration::Declaration;
use crate::error::ErrorRecorded;
use crate::reader::Reader;
use crate::setting::Setting;

/// A field that a setting of type `T` can fill: `T` itself or `Option<T>`.
pub trait Field<T>: Sized {
    /// Returns the field for a value. `None` if the value is missing and the field requires one.
    fn filled(value: Option<T>) -> Option<Self>;

    /// Returns the value, if there is one.
    fn value(&self) -> Option<&T>;
}

impl<T> Field<T> for T {
    fn filled(value: Option<T>) -> Option<Self> {
        value
    }

    fn value(&self) -> Option<&T> {
        Some(self)
    }
}

impl<T> Field<T> for Option<T> {
    fn filled(value: Option<T>) -> Option<Self> {
        Some(value)
    }

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// Source of a field of type `F`: a [`Setting`] or a [`Fixed`] value.
pub trait FieldSource<F> {
    /// Returns the declaration. The field's doc comment and the struct's section complete it.
    fn declaration(&self, meaning: &'static str, section: &'static str) -> Option<Declaration>;

    /// Reads the field.
    ///
    /// # Errors
    /// Returns [`ErrorRecorded`] if the reader recorded an error.
    fn read(&self, reader: &mut Reader<'_>) -> Result<F, ErrorRecorded>;

    /// Returns the member of `/v1/status` that shows the field, and its text. The text is empty if there is no value.
    fn status(&self, field: &F) -> Option<(&'static str, String)>;
}

impl<T, F: Field<T>> FieldSource<F> for Setting<T> {
    fn declaration(&self, meaning: &'static str, section: &'static str) -> Option<Declaration> {
        let mut declaration = self.declaration;
        if declaration.meaning.is_empty() {
            declaration.meaning = meaning.trim();
        }
        if declaration.section.is_empty() {
            declaration.section = section;
        }
        Some(declaration)
    }

    fn read(&self, reader: &mut Reader<'_>) -> Result<F, ErrorRecorded> {
        let value = reader.value(self)?;
        F::filled(value).ok_or_else(|| reader.not_set(&self.declaration))
    }

    fn status(&self, field: &F) -> Option<(&'static str, String)> {
        let (member, show) = self.status?;
        Some((member, field.value().map(show).unwrap_or_default()))
    }
}

/// A value that no setting changes, or that the program sets later.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<F>(fn() -> F);

/// Fills a field with a value that no setting changes, or that the program sets later.
pub fn fixed<F>(value: fn() -> F) -> Fixed<F> {
    Fixed(value)
}

impl<F> FieldSource<F> for Fixed<F> {
    fn declaration(&self, _: &'static str, _: &'static str) -> Option<Declaration> {
        None
    }

    fn read(&self, _: &mut Reader<'_>) -> Result<F, ErrorRecorded> {
        Ok((self.0)())
    }

    fn status(&self, _: &F) -> Option<(&'static str, String)> {
        None
    }
}
