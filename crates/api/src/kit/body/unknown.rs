//! Members of a request body that the API does not know. A misspelt optional member would otherwise be ignored silently.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use keyferry_settings::nearest;
use serde_json::{Map, Value};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, schema};
use utoipa::{PartialSchema as _, ToSchema};

use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Header of a response to a request with unknown members. Not `Warning`, which RFC 9111 (section 5.5) obsoletes.
pub(crate) const WARNING: HeaderName = HeaderName::from_static("keyferry-warning");

/// Most members that are reported. A body may contain thousands.
const MOST: usize = 10;

/// Longest name of a member that is shown, in characters.
const LONGEST: usize = 60;

/// Unknown members of a request body: paths and suggestions, never values. Printable ASCII, at most ten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unknown {
    members: Vec<Member>,
    more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    path: String,
    meant: Option<String>,
}

impl Unknown {
    /// Finds the members that the schema of `T` does not have.
    ///
    /// # Errors
    /// 400 with the first of them if they are to be rejected.
    pub(super) fn find<T: ToSchema>(body: &Value, treatment: UnknownMembers) -> Result<Self, Problem> {
        let mut unknown = Self::default();
        if treatment == UnknownMembers::Ignore {
            return Ok(unknown);
        }
        let known = Known::of::<T>();
        unknown.walk(&known, &[&known.root], body, "");
        match (treatment, unknown.members.first()) {
            (UnknownMembers::Reject, Some(member)) => {
                let Member { path, meant } = member;
                let question = meant.as_ref().map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
                Err(Problem::field(path, format!("`{path}` is not a member of this request.{question}")))
            }
            _ => Ok(unknown),
        }
    }

    /// Returns a description of each member.
    pub(crate) fn descriptions(&self) -> Vec<String> {
        let describe = |Member { path, meant }: &Member| match meant {
            Some(meant) => format!("{path} (did you mean {meant}?)"),
            None => path.clone(),
        };
        let more = self.more.then(|| "and more".to_owned());
        self.members.iter().map(describe).chain(more).collect()
    }

    /// Returns the response header that reports the members. Empty if there are none.
    pub(crate) fn headers(&self) -> HeaderMap {
        let text = format!("unknown members were ignored: {}", self.descriptions().join(", "));
        let value = HeaderValue::from_str(&text).ok().filter(|_| !self.members.is_empty());
        value.map(|value| (WARNING, value)).into_iter().collect()
    }

    fn walk(&mut self, known: &Known, schemas: &[&Value], body: &Value, path: &str) {
        match body {
            Value::Object(members) => {
                let objects: Vec<_> = schemas.iter().flat_map(|schema| known.objects(schema)).collect();
                // A schema without members describes an object of any form.
                if objects.is_empty() {
                    return;
                }
                for (name, value) in members {
                    let path = if path.is_empty() { shown(name) } else { format!("{path}.{}", shown(name)) };
                    let inner: Vec<_> = objects.iter().filter_map(|members| members.get(name)).collect();
                    if !inner.is_empty() {
                        self.walk(known, &inner, value, &path);
                    } else if self.members.len() < MOST {
                        let names = objects.iter().flat_map(|members| members.keys()).map(String::as_str);
                        self.members.push(Member { path, meant: nearest(name, names).map(str::to_owned) });
                    } else {
                        self.more = true;
                        return;
                    }
                }
            }
            Value::Array(items) => {
                let inner: Vec<_> = schemas.iter().filter_map(|schema| schema.get("items")).collect();
                for (index, item) in items.iter().enumerate().filter(|_| !inner.is_empty()) {
                    if self.more {
                        return;
                    }
                    self.walk(known, &inner, item, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}

/// Schema of a request, as in the OpenAPI document.
struct Known {
    root: Value,
    components: Map<String, Value>,
}

impl Known {
    fn of<T: ToSchema>() -> Self {
        let mut components: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut components);
        // Schemas are plain data, which always serializes.
        let json = |schema: RefOr<schema::Schema>| serde_json::to_value(schema).unwrap_or_default();
        let components = components.into_iter().map(|(name, schema)| (name, json(schema))).collect();
        Self { root: json(T::schema()), components }
    }

    /// Returns the members of the object that a schema describes, or of each alternative.
    fn objects<'a>(&'a self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.components.get(name).map(|schema| self.objects(schema)).unwrap_or_default();
        }
        let own = schema.get("properties").and_then(Value::as_object);
        let alternatives = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        own.into_iter().chain(alternatives.flatten().flat_map(|schema| self.objects(schema))).collect()
    }
}

/// Returns the start of a member's name, with everything but printable ASCII escaped.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(LONGEST).flat_map(char::escape_default).take(LONGEST).collect();
    if name.chars().nth(LONGEST).is_some() { format!("{start}...") } else { start }
}
