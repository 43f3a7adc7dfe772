//! The reference page of all settings, printed from the declarations.

use std::fmt::Write as _;

use super::declarations::all;

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
    let mut sections: Vec<&str> = Vec::new();
    for setting in all() {
        if !sections.contains(&setting.section) {
            sections.push(setting.section);
        }
    }
    for section in sections {
        // Writing to a `String` cannot fail.
        let _ = write!(
            page,
            "\n## {section}\n\n| setting | default | expected | what it changes |\n| --- | --- | --- | --- |\n"
        );
        for setting in all().iter().filter(|setting| setting.section == section) {
            let default = match (setting.otherwise, setting.default) {
                ("", "") if setting.required => "required".to_owned(),
                ("", "") => String::new(),
                ("", default) => format!("`{default}`"),
                (otherwise, _) => otherwise.to_owned(),
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
    fn the_page_in_the_documentation_is_printed_from_the_declarations() {
        crate::golden::check("docs/reference/settings.md", &super::markdown());
    }
}
