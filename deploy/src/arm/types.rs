//! Checks the bodies of resources against Microsoft's type data, which Bicep uses too.
//!
//! A file is a list of types; types refer to each other by index. <https://github.com/Azure/bicep-types>

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{Resource, is_unknown};

const REQUIRED: u64 = 1;
const READ_ONLY: u64 = 2;
/// Flag of type and API version, which only the template sets.
const CONSTANT: u64 = 8;

/// Documented members that the type data lacks: name of the type, member, and its only valid value.
///
/// `sasAuthenticationPolicy` is newer than the type of its API version
/// (<https://learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app>).
const DOCUMENTED: [(&str, &str, &str); 1] =
    [("FlowAccessControlConfigurationPolicy", "sasAuthenticationPolicy", r#"{"state":"Disabled"}"#)];

/// Resource types, by `TYPE@VERSION` in lower case.
#[derive(Debug)]
pub struct TypeData {
    files: Vec<Vec<Value>>,
    resources: BTreeMap<String, (usize, usize)>,
}

impl TypeData {
    /// Reads every JSON file of a folder.
    ///
    /// # Panics
    ///
    /// If a file cannot be read or is not a list of types.
    pub fn read(folder: &Path) -> Self {
        let mut data = Self { files: Vec::new(), resources: BTreeMap::new() };
        let files = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = files.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let types: Vec<Value> =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for one in &types {
                if let (Some("ResourceType"), Some(name)) = (one["$type"].as_str(), one["name"].as_str()) {
                    let body = place(&one["body"]).unwrap_or_else(|| panic!("{name} has no body"));
                    data.resources.insert(name.to_lowercase(), (data.files.len(), body));
                }
            }
            data.files.push(types);
        }
        data
    }

    /// Returns one line for each part of a resource's body that the resource provider would reject.
    pub fn findings(&self, resource: &Resource) -> Vec<String> {
        let Resource { kind, api_version, body, .. } = resource;
        let Some((file, place)) = self.resources.get(&format!("{kind}@{api_version}").to_lowercase()) else {
            return vec![format!("{kind}: no type data for version {api_version}")];
        };
        let mut found = Vec::new();
        self.check(*file, *place, body, kind, &mut found);
        found
    }

    fn check(&self, file: usize, place_of_type: usize, value: &Value, path: &str, found: &mut Vec<String>) {
        if value.as_str().is_some_and(is_unknown) {
            return;
        }
        let Some(wanted) = self.files.get(file).and_then(|types| types.get(place_of_type)) else {
            found.push(format!("{path}: type missing in the type data"));
            return;
        };
        let kind = wanted["$type"].as_str().unwrap_or_default();
        match (kind, value) {
            ("AnyType", _) | ("BooleanType", Value::Bool(_)) => {}
            ("StringType", Value::String(text)) => {
                let length = text.chars().count() as u64;
                let outside = wanted["minLength"].as_u64().is_some_and(|least| length < least)
                    || wanted["maxLength"].as_u64().is_some_and(|most| length > most);
                if outside {
                    found.push(format!("{path}: {value} is too short or too long"));
                }
            }
            ("IntegerType", Value::Number(number)) => {
                let outside = number.as_i64().is_none_or(|number| {
                    wanted["minValue"].as_i64().is_some_and(|least| number < least)
                        || wanted["maxValue"].as_i64().is_some_and(|most| number > most)
                });
                // The type data has no type for decimals and uses `IntegerType` for them.
                if outside && !number.is_f64() {
                    found.push(format!("{path}: {value} is outside the limits"));
                }
            }
            ("StringLiteralType", Value::String(text)) if wanted["value"] == text.as_str() => {}
            ("ArrayType", Value::Array(items)) => {
                if let Some(item_type) = place(&wanted["itemType"]) {
                    for (index, item) in items.iter().enumerate() {
                        self.check(file, item_type, item, &format!("{path}[{index}]"), found);
                    }
                }
            }
            ("ObjectType", Value::Object(_)) => self.object(file, wanted, value, path, found),
            ("UnionType", _) => self.union(file, wanted, value, path, found),
            _ => found.push(format!("{path}: expected {}, got {value}", self.shown(file, place_of_type))),
        }
    }

    fn object(&self, file: usize, wanted: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let known = &wanted["properties"];
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let flags = known[name]["flags"].as_u64().unwrap_or_default();
            match (place(&known[name]["type"]), place(&wanted["additionalProperties"])) {
                (Some(_), _) if flags & READ_ONLY != 0 && flags & CONSTANT == 0 => {
                    found.push(format!("{path}: read-only"));
                }
                (Some(inner), _) | (None, Some(inner)) => self.check(file, inner, value, &path, found),
                (None, None) if documented(wanted, name).is_some() => {
                    let valid = documented(wanted, name).unwrap_or_default();
                    if serde_json::from_str::<Value>(valid).ok().as_ref() != Some(value) {
                        found.push(format!("{path}: {value} is not {valid}"));
                    }
                }
                (None, None) => {
                    let names: Vec<_> =
                        known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                    found.push(format!("{path}: unknown member; known members: {}", names.join(", ")));
                }
            }
        }
        for (name, property) in known.as_object().into_iter().flatten() {
            let flags = property["flags"].as_u64().unwrap_or_default();
            if flags & REQUIRED != 0 && flags & READ_ONLY == 0 && value.get(name).is_none() {
                found.push(format!("{path}.{name}: required member missing"));
            }
        }
    }

    fn union(&self, file: usize, wanted: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let choices: Vec<usize> = wanted["elements"].as_array().into_iter().flatten().filter_map(place).collect();
        let fits = choices.iter().any(|choice| {
            let mut rejected = Vec::new();
            self.check(file, *choice, value, path, &mut rejected);
            rejected.is_empty()
        });
        if !fits {
            let choices: Vec<_> = choices.iter().map(|choice| self.shown(file, *choice)).collect();
            found.push(format!("{path}: {value} is not one of {}", choices.join(", ")));
        }
    }

    fn shown(&self, file: usize, place: usize) -> String {
        let wanted = &self.files[file][place];
        match wanted["value"].as_str() {
            Some(value) => value.to_owned(),
            None => wanted["$type"].as_str().unwrap_or_default().trim_end_matches("Type").to_lowercase(),
        }
    }
}

/// Returns the valid value of a documented member that the type data lacks.
fn documented(wanted: &Value, member: &str) -> Option<&'static str> {
    let known = |one: &&(&str, &str, &str)| wanted["name"] == one.0 && member == one.1;
    DOCUMENTED.iter().find(known).map(|(_, _, valid)| *valid)
}

/// Returns the index in a reference such as `{"$ref": "#/12"}`.
fn place(reference: &Value) -> Option<usize> {
    reference["$ref"].as_str()?.strip_prefix("#/")?.parse().ok()
}
