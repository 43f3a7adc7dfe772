//! Reference page of all settings, generated from the declarations.

use std::fmt::Write as _;

use keyferry_settings::Declaration;

use super::declarations::all;
use crate::wrap::wrapped;

/// Returns the page as Markdown.
pub(crate) fn markdown() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Printed by `keyferry settings` from the code.\n\n\
         Keyferry reads each setting from an environment variable. If the variable is not set, it reads the key\n\
         with the same name from `keyferry.toml` (`--config FILE`). If neither is set, the default applies. Names\n\
         are case-insensitive.\n\n\
         For a secret, `<NAME>_FILE` may give the path of a file with the value. Keyferry reads the file on each\n\
         use, so a changed file takes effect without a restart, unless the description of the setting states\n\
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
        let _ = writeln!(page, "\n## {section}");
        let settings: Vec<_> = all().iter().filter(|setting| setting.section == section).collect();
        for setting in &settings {
            let _ = writeln!(page, "\n### `{}`\n\n{}\n", setting.name, wrapped(&meaning(setting), ""));
            let _ = writeln!(page, "{}", wrapped(&format!("- Valid values: {}", setting.expected), "  "));
            if let Some(default) = default(setting) {
                let _ = writeln!(page, "{}", wrapped(&format!("- Default: {default}"), "  "));
            }
        }
        let examples: Vec<_> = settings.into_iter().filter(|setting| !setting.example.is_empty()).collect();
        if !examples.is_empty() {
            page.push_str("\n### Example\n\n```sh\n");
            for setting in examples {
                let _ = writeln!(page, "{}", line(setting));
            }
            page.push_str("```\n");
        }
    }
    page
}

fn meaning(setting: &Declaration) -> String {
    let secret = if setting.secret { " Secret; also accepted as `_FILE`." } else { "" };
    format!("{}{secret}", setting.meaning)
}

fn default(setting: &Declaration) -> Option<String> {
    match (setting.otherwise, setting.default) {
        ("", "") if setting.required => Some("none; required".to_owned()),
        ("", "") => None,
        ("", default) => Some(format!("`{default}`")),
        (otherwise, _) => Some(otherwise.to_owned()),
    }
}

/// Returns the setting with its example, as a line of an environment file.
fn line(setting: &Declaration) -> String {
    let plain = setting.example.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_./:@,".contains(sign));
    if plain {
        format!("{}={}", setting.name, setting.example)
    } else {
        format!("{}='{}'", setting.name, setting.example)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn documentation_matches_declarations() {
        crate::golden::check("docs/reference/settings.md", &super::markdown());
    }
}
