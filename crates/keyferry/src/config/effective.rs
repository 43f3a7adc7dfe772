//! Settings in effect, with their source, for the console.

use keyferry_console::{EffectiveSetting, EffectiveValue, SettingSource};
use keyferry_settings::{Declaration, Values as _};

use super::declarations::all;
use super::source::Source;

/// Returns all settings, in the order of the reference page.
pub(super) fn effective(source: &Source) -> Vec<EffectiveSetting> {
    all().iter().map(|setting| of(setting, source)).collect()
}

fn of(setting: &Declaration, source: &Source) -> EffectiveSetting {
    let from = source.source_of(setting.name);
    let default = default(setting, source);
    let text = source.given(setting.name).unwrap_or(default);
    let value = match text {
        _ if setting.secret && from == SettingSource::Default => EffectiveValue::Unset,
        _ if setting.secret => EffectiveValue::Secret,
        "" => EffectiveValue::Unset,
        text => EffectiveValue::Text(without_confidential_parts(text)),
    };
    let default = if default.is_empty() { setting.otherwise } else { default };
    let Declaration { name, section, .. } = *setting;
    EffectiveSetting { name, section, value, source: from, default: default.to_owned() }
}

/// Returns the default, which may depend on another setting.
fn default(setting: &Declaration, source: &Source) -> &'static str {
    let by_other = setting.default_by.and_then(|by| {
        let other = source.given(by.setting)?;
        by.defaults.iter().find(|(value, _)| value.eq_ignore_ascii_case(other)).map(|(_, default)| *default)
    });
    by_other.unwrap_or(setting.default)
}

/// Replaces user information, queries and fragments of addresses in the text, as they may be signatures or passwords.
fn without_confidential_parts(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let ends = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | ',' | ';' | '<' | '>');
        let (address, remaining) = after.split_at(after.find(ends).unwrap_or(after.len()));
        let (address, has_query) = match address.find(['?', '#']) {
            Some(end) => (&address[..end], true),
            None => (address, false),
        };
        // A password may contain what ends an authority.
        match address.rsplit_once('@') {
            Some((_, address)) => {
                shown.push_str("…@");
                shown.push_str(address);
            }
            None => shown.push_str(address),
        }
        if has_query {
            shown.push_str("?…");
        }
        rest = remaining;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(settings: &[EffectiveSetting], name: &str) -> (EffectiveValue, SettingSource, String) {
        let found = settings.iter().find(|setting| setting.name == name).unwrap();
        (found.value.clone(), found.source, found.default.clone())
    }

    #[test]
    fn names_value_source_and_default_without_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let (file, secret) = (dir.path().join("keyferry.toml"), dir.path().join("secret"));
        std::fs::write(&secret, "s3cret-of-file").unwrap();
        std::fs::write(&file, format!("KEYFERRY_API_PORT = 9000\nENTRA_FIDO_API_CLIENT_SECRET_FILE = {secret:?}\n"))
            .unwrap();
        let endpoint = "https://user:s3cret-part@logic.example/run?sig=s3cret-part";
        let environment = [
            ("YED_API_TOKEN".into(), "s3cret-token".into()),
            ("EMAIL_API_SEND_ENDPOINT".into(), endpoint.into()),
            ("KEYFERRY_WEBHOOK_URL".into(), endpoint.into()),
            ("KEYFERRY_PIN_BY".into(), " ".into()),
        ];
        let source = Source::read(environment.into_iter(), Some(&file)).ok().unwrap();
        let settings = effective(&source);
        assert!(!format!("{settings:?}").contains("s3cret"), "{settings:?}");
        let text = |text: &str| EffectiveValue::Text(text.to_owned());
        assert_eq!(find(&settings, "KEYFERRY_API_PORT").0, text("9000"));
        assert_eq!(find(&settings, "KEYFERRY_API_PORT").1, SettingSource::File);
        assert_eq!(find(&settings, "YED_API_TOKEN").0, EffectiveValue::Secret);
        assert_eq!(find(&settings, "YED_API_TOKEN").1, SettingSource::Environment);
        assert_eq!(find(&settings, "ENTRA_FIDO_API_CLIENT_SECRET").1, SettingSource::SecretFile);
        let by_alias = find(&settings, "SEND_PIN_URL");
        assert_eq!((by_alias.0, by_alias.1), (EffectiveValue::Secret, SettingSource::Environment));
        assert_eq!(find(&settings, "KEYFERRY_WEBHOOK_URL").0, text("https://…@logic.example/run?…"));
        assert_eq!(find(&settings, "KEYFERRY_CONSOLE"), (text("off"), SettingSource::Default, "off".into()));
        assert_eq!(find(&settings, "KEYFERRY_PIN_BY").1, SettingSource::Default);
        assert_eq!(find(&settings, "KEYFERRY_CONSOLE_CLIENT_SECRET").0, EffectiveValue::Unset);
        let mut source = Source::of([]);
        source.set("KEYFERRY_API_PORT", "1".into());
        assert_eq!(find(&effective(&source), "KEYFERRY_API_PORT").1, SettingSource::Program);
    }

    #[test]
    fn only_confidential_parts_of_addresses_are_hidden() {
        for (given, shown) in [
            ("a plain text?", "a plain text?"),
            ("https://contoso.example/a/b", "https://contoso.example/a/b"),
            (
                r#"["https://a.example?x=1","https://b.example/#y"]"#,
                r#"["https://a.example?…","https://b.example/?…"]"#,
            ),
            ("https://u:p@h.example:1/", "https://…@h.example:1/"),
            ("smtp://a@b@c/ x", "smtp://…@c/ x"),
            ("https://u:p/q@h.example/r", "https://…@h.example/r"),
            ("https://", "https://"),
        ] {
            assert_eq!(without_confidential_parts(given), shown);
        }
    }
}
