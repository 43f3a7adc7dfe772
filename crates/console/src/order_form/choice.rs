//! Choice of a field.

/// Choice of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

impl Choice {
    /// Returns a choice with its name and value.
    pub(super) fn named(value: String, name: Option<&str>) -> Self {
        let label = match name {
            Some(name) if name != value => format!("{name} ({value})"),
            _ => value.clone(),
        };
        Self { value, label, is_chosen: false }
    }
}
