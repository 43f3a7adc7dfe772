//! The reference page of all settings, printed from the table.

use std::fmt::Write as _;

use super::settings::all;
use super::table::Group;

/// The page, Markdown.
pub(crate) fn markdown() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Printed by `keyferry settings` from the program's own table.\n\n\
         A setting is read from the environment, else from `keyferry.toml` (`--config FILE`; the same names as keys), else \
         it has its default. Names are compared without regard to case. Secrets may be given as `<NAME>_FILE`, the path of \
         a file with the value; it is read anew whenever the secret is used, so a changed file needs no restart, unless \
         the setting says otherwise. A wrong value stops the start with the \
         setting's name and what was expected.\n",
    );
    for (group, title) in Group::ALL {
        // Writing to a `String` cannot fail.
        let _ = write!(
            page,
            "\n## {title}\n\n| setting | default | expected | what it changes |\n| --- | --- | --- | --- |\n"
        );
        for setting in all().filter(|setting| setting.group == group) {
            let default = match (setting.default, setting.required) {
                ("", true) => "required".to_owned(),
                ("", false) => setting.otherwise.to_owned(),
                (default, _) => format!("`{default}`"),
            };
            let secret = if setting.secret { " Secret; also as `_FILE`." } else { "" };
            let example =
                if setting.example.is_empty() { String::new() } else { format!(", such as `{}`", setting.example) };
            let _ = writeln!(
                page,
                "| `{}` | {default} | {}{example} | {}{secret} |",
                setting.name, setting.expected, setting.meaning
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_the_documentation_is_the_table() {
        crate::golden::check("docs/reference/settings.md", &super::markdown());
    }
}
