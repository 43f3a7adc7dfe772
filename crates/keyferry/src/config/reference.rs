//! Reference page of all settings, generated from the declarations.

use std::fmt::Write as _;

use super::declarations::all;

/// Returns the page as Markdown.
pub(crate) fn markdown() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Printed by `keyferry settings` from the code.\n\n\
         Keyferry reads each setting from an environment variable. If the variable is not set, it reads the key\n\
         with the same name from `keyferry.toml` (`--config FILE`). If neither is set, the default applies. Names\n\
         are case-insensitive.\n\n\
         For a secret, `<NAME>_FILE` may give the path of a file with the value. Keyferry reads the file on each\n\
         use, so a changed file takes effect without a restart, unless the description of the setting says\n\
         otherwise.\n\n\
         Keyferry does not start with an invalid value. The error names the setting and the valid values.\n",
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
            "\n## {section}\n\n| setting | default | valid values | description |\n| --- | --- | --- | --- |\n"
        );
        for setting in all().iter().filter(|setting| setting.section == section) {
            let default = match (setting.otherwise, setting.default) {
                ("", "") if setting.required => "required".to_owned(),
                ("", "") => String::new(),
                ("", default) => format!("`{default}`"),
                (otherwise, _) => otherwise.to_owned(),
            };
            let secret = if setting.secret { " Secret; also accepted as `_FILE`." } else { "" };
            let example =
                if setting.example.is_empty() { String::new() } else { format!(", for example `{}`", setting.example) };
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
    fn documentation_matches_declarations() {
        crate::golden::check("docs/reference/settings.md", &super::markdown());
    }
}
