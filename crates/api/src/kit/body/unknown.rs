//! Members of a request body that the API does not know. A misspelt optional member would otherwise be ignored
//! silently.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use keyferry_settings::nearest;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Header of a response to a request with unknown members. Not `Warning`, which RFC 9111 (section 5.5) obsoletes.
const WARNING: HeaderName = HeaderName::from_static("keyferry-warning");

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
    pub(crate) fn find<T: ToSchema + 'static>(body: &Value, treatment: UnknownMembers) -> Result<Self, Problem> {
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
        self.header().into_iter().collect()
    }

    /// Adds the response header to a refusal, because a misspelt member may be its cause.
    pub(crate) fn report_on(&self, problem: Problem) -> Problem {
        match self.header() {
            Some((name, value)) => problem.with_header(name, value),
            None => problem,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let text = format!("unknown members were ignored: {}", self.descriptions().join(", "));
        let value = HeaderValue::from_str(&text).ok().filter(|_| !self.members.is_empty())?;
        Some((WARNING, value))
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

/// Schemas that were read. Reading one takes longer than checking a body with it.
static READ: LazyLock<Mutex<HashMap<TypeId, Arc<Known>>>> = LazyLock::new(Mutex::default);

impl Known {
    fn of<T: ToSchema + 'static>() -> Arc<Self> {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(Self::read::<T>())).clone()
    }

    fn read<T: ToSchema>() -> Self {
        let mut components: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut components);
        // Schemas are plain data, which always serializes.
        let json = |schema: RefOr<Schema>| serde_json::to_value(schema).unwrap_or_default();
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
    let mut characters = name.chars().flat_map(char::escape_default);
    let start: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() { format!("{start}...") } else { start }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Parcel {
        to: Option<Person>,
        items: Vec<Person>,
        #[schema(value_type = Object)]
        anything: Value,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Person {
        #[schema(rename = "type")]
        kind: String,
        first_name: String,
    }

    fn found(body: &Value) -> Vec<String> {
        Unknown::find::<Parcel>(body, UnknownMembers::Warn).unwrap().descriptions()
    }

    #[test]
    fn finds_unknown_members_at_every_level() {
        let body = json!({
            "to": {"type": "a", "firstname": "b", "x": {"y": 1}},
            "items": [{"first_name": "c"}, {"tpye": "d"}],
            "itmes": [],
            "anything": {"x": {"y": 1}},
        });
        let mut found = found(&body);
        found.sort();
        let expected = [
            "items[1].tpye (did you mean type?)",
            "itmes (did you mean items?)",
            "to.firstname (did you mean first_name?)",
            "to.x",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn known_members_of_any_type_are_not_reported() {
        assert_eq!(found(&json!({"to": null, "items": {"a": 1}, "anything": [{"b": 1}]})), [""; 0]);
        let none = Unknown::find::<Parcel>(&json!({"x": 1}), UnknownMembers::Ignore).unwrap();
        assert_eq!((none.descriptions().len(), none.headers().len()), (0, 0));
    }

    #[test]
    fn report_of_any_names_is_short_printable_ascii_without_values() {
        let hostile = |i: usize| (format!("{i}\r\nSet-Cookie: \u{202e}é{}", "x".repeat(10_000)), json!("HUSH-canary"));
        let body = Value::Object((0..5_000).map(hostile).collect());
        let unknown = Unknown::find::<Parcel>(&body, UnknownMembers::Warn).unwrap();
        assert_eq!(unknown.descriptions().len(), MOST + 1);
        let headers = unknown.headers();
        let header = headers[WARNING].to_str().unwrap();
        assert!(header.len() < 1_000 && header.is_ascii() && !header.contains("HUSH"), "{header}");
        assert!(!header.chars().any(char::is_control), "{header:?}");
        assert!(header.ends_with("..., and more"), "{header}");
    }
}
