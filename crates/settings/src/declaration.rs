//! Declaration of a setting.

/// Declaration of one setting, without its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Name of the environment variable and of the key in `keyferry.toml`. Compared case-insensitively.
    pub name: &'static str,
    /// Other accepted names of the setting.
    pub aliases: &'static [&'static str],
    /// Section of the reference page.
    pub section: &'static str,
    /// Default, in the same form as a given value. Empty if there is no default.
    pub default: &'static str,
    /// Defaults that depend on the value of another setting.
    pub default_by: Option<DefaultBy>,
    /// Text that the reference page shows instead of the default. Empty if the page shows the default.
    pub otherwise: &'static str,
    /// Whether the service cannot start without it. Shown on the reference page.
    pub required: bool,
    /// Whether the value is a secret. A secret is never printed, and `<NAME>_FILE` may give the path of a file with the
    /// value.
    pub secret: bool,
    /// Description of valid values, as shown in errors and on the reference page.
    pub expected: &'static str,
    /// Example of a value. Empty if there is no example.
    pub example: &'static str,
    /// What the setting changes: Markdown without line breaks.
    pub meaning: &'static str,
}

/// Defaults that depend on the value of another setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultBy {
    /// Name of the other setting.
    pub setting: &'static str,
    /// Values of the other setting, each with the default that applies for it.
    pub defaults: &'static [(&'static str, &'static str)],
}

impl Declaration {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            section: "",
            default: "",
            default_by: None,
            otherwise: "",
            required: false,
            secret: false,
            expected: "a value",
            example: "",
            meaning: "",
        }
    }

    /// Returns the description of valid values, with the example if there is one.
    pub fn expectation(&self) -> String {
        match self.example {
            "" => self.expected.to_owned(),
            example => format!("{}, for example {example}", self.expected),
        }
    }

    /// Returns whether `name` is the setting's name or one of its aliases. Compared case-insensitively.
    pub fn matches_name(&self, name: &str) -> bool {
        [self.name].iter().chain(self.aliases).any(|known| known.eq_ignore_ascii_case(name))
    }
}
