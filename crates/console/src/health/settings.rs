//! Settings in effect, as the page shows them.

use serde_json::Value;

use super::sources::{EffectiveSetting, EffectiveValue, SettingSource};
use crate::messages::Messages;

/// Section of the reference page.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<SettingRow>,
}

/// Setting.
pub(super) struct SettingRow {
    pub(super) name: String,
    /// `None`: it is a secret, or nothing is set. `note` says which.
    pub(super) value: Option<String>,
    pub(super) note: &'static str,
    pub(super) source: &'static str,
    pub(super) default: String,
    /// Whether it was set.
    pub(super) is_set: bool,
}

pub(super) fn sections(settings: &[EffectiveSetting], m: &'static Messages) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for setting in settings {
        let row = row(setting, m);
        match sections.iter_mut().find(|section| section.title == setting.section) {
            Some(section) => section.rows.push(row),
            None => sections.push(Section { title: setting.section.to_owned(), rows: vec![row] }),
        }
    }
    sections
}

/// Returns the members of `/v1/status`, for users who may read no more.
pub(super) fn of_status(status: &Value, m: &'static Messages) -> Vec<Section> {
    let members = status.as_object().into_iter().flatten();
    let rows = members.map(|(name, value)| {
        let text = value.as_str().unwrap_or_default();
        SettingRow {
            name: name.clone(),
            value: (!text.is_empty()).then(|| text.to_owned()),
            note: m.health.unset,
            source: "",
            default: String::new(),
            is_set: false,
        }
    });
    vec![Section { title: "/v1/status".to_owned(), rows: rows.collect() }]
}

fn row(setting: &EffectiveSetting, m: &'static Messages) -> SettingRow {
    let t = m.health;
    let (value, note) = match &setting.value {
        EffectiveValue::Text(text) => (Some(text.clone()), ""),
        EffectiveValue::Secret => (None, t.secret),
        EffectiveValue::Unset => (None, t.unset),
    };
    let source = match setting.source {
        SettingSource::Environment => t.from_environment,
        SettingSource::File => t.from_file,
        SettingSource::SecretFile => t.from_secret_file,
        SettingSource::Program => t.from_program,
        SettingSource::Default => t.from_default,
    };
    SettingRow {
        name: setting.name.to_owned(),
        value,
        note,
        source,
        default: setting.default.clone(),
        is_set: setting.source != SettingSource::Default,
    }
}
