//! What is declared of a setting.

/// One setting as it is declared, without its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Name of the variable, and of the key in `keyferry.toml`; compared without regard to case.
    pub name: &'static str,
    /// Other names that mean this setting.
    pub aliases: &'static [&'static str],
    /// Section of the reference page.
    pub section: &'static str,
    /// The default as it would be written; empty when there is none.
    pub default: &'static str,
    /// Defaults that depend on another setting.
    pub default_by: Option<DefaultBy>,
    /// What the reference page shows in place of the default; empty when it shows the default.
    pub otherwise: &'static str,
    /// Whether the service never starts without it; shown on the reference page.
    pub required: bool,
    /// Whether the value is a secret: never printed, and also accepted as `<NAME>_FILE`, the path of a file with the value.
    pub secret: bool,
    /// What is expected, as errors and the reference page phrase it.
    pub expected: &'static str,
    /// An example; empty when there is none.
    pub example: &'static str,
    /// What the setting changes, Markdown without line breaks.
    pub meaning: &'static str,
}

/// Defaults that depend on the value given for another setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultBy {
    /// Name of the other setting.
    pub setting: &'static str,
    /// Its values, and the default that each of them brings.
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

    /// Returns what is expected, with the example if there is one.
    pub fn expectation(&self) -> String {
        match self.example {
            "" => self.expected.to_owned(),
            example => format!("{}, such as {example}", self.expected),
        }
    }

    /// Returns whether the setting is called so. `name` is compared without regard to case.
    pub fn is_called(&self, name: &str) -> bool {
        [self.name].iter().chain(self.aliases).any(|known| known.eq_ignore_ascii_case(name))
    }
}
