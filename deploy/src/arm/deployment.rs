//! A template, and the resources that it deploys with given parameters.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::evaluate::{Evaluation, Phase};
use super::{Cloud, functions, is_unknown};

/// A template, not evaluated.
#[derive(Debug, Clone)]
pub struct Template(Value);

/// One resource, evaluated.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its type, such as `Microsoft.KeyVault/vaults/secrets`.
    pub kind: String,
    /// The version of its API.
    pub api_version: String,
    /// Its name, with those of its parents.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Whether it is deployed with these parameters.
    pub deployed: bool,
    /// Ids of what is deployed before it.
    pub depends_on: Vec<String>,
    /// The body that is sent to its resource provider.
    pub body: Value,
}

/// A template, evaluated.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// All resources, including those that are not deployed with these parameters.
    pub resources: Vec<Resource>,
    /// Outputs by name.
    pub outputs: Map<String, Value>,
    /// Values of secure parameters.
    pub secrets: Vec<String>,
}

impl Deployment {
    /// Returns the only deployed resource of a type.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    #[track_caller]
    pub fn only<'a>(&'a self, kind: &'a str) -> &'a Resource {
        let mut found = self.of(kind);
        match (found.next(), found.next()) {
            (Some(resource), None) => resource,
            (first, _) => panic!("{} resources of type {kind}", if first.is_some() { "several" } else { "no" }),
        }
    }

    /// Returns the deployed resources of a type.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.deployed && resource.kind == kind)
    }
}

impl Template {
    /// Creates a template.
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// Returns the JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// Returns a top-level member that is an object; empty if it is missing.
    pub(super) fn part(&self, name: &str) -> Map<String, Value> {
        self.0.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// Evaluates the template.
    ///
    /// # Errors
    ///
    /// One line for each defect for which Azure rejects the template before it deploys anything.
    pub fn deploy(&self, given: &Value, cloud: &Cloud) -> Result<Deployment, Vec<String>> {
        let mut findings = Vec::new();
        let variables = self.part("variables");
        let mut evaluation = Evaluation {
            cloud,
            parameters: Map::new(),
            variables: &variables,
            asked: RefCell::default(),
            loops: RefCell::default(),
        };
        let secrets = self.parameters(given, &mut evaluation, &mut findings);
        for (name, raw) in &variables {
            if let Err(error) = evaluation.all(raw, Phase::Start) {
                findings.push(format!("variable {name}: {error}"));
            }
        }
        let mut resources = Vec::new();
        for (index, raw) in self.0["resources"].as_array().into_iter().flatten().enumerate() {
            match resource(raw, &evaluation) {
                Ok(resource) => resources.push(resource),
                Err(error) => findings.push(format!("resource {index}, {}: {error}", raw["type"])),
            }
        }
        let mut outputs = Map::new();
        for (name, output) in self.part("outputs") {
            match evaluation.all(&output["value"], Phase::Runtime) {
                Ok(value) => drop(outputs.insert(name, value)),
                Err(error) => findings.push(format!("output {name}: {error}")),
            }
        }
        findings.extend(self.unused(&evaluation.asked.borrow()));
        if findings.is_empty() { Ok(Deployment { resources, outputs, secrets }) } else { Err(findings) }
    }

    /// Sets the parameters: the given values, and defaults for the others. Returns the values of secure parameters.
    fn parameters(&self, given: &Value, evaluation: &mut Evaluation<'_>, findings: &mut Vec<String>) -> Vec<String> {
        let mut secrets = Vec::new();
        let declared = self.part("parameters");
        for (name, _) in given.as_object().into_iter().flatten() {
            if !declared.contains_key(name) {
                findings.push(format!("parameter {name} is given but not declared"));
            }
        }
        // A default may refer to other parameters, so these come last.
        let (plain, asking): (Vec<_>, Vec<_>) = declared.iter().partition(|(name, declaration)| {
            given.get(name.as_str()).is_some()
                || !declaration["defaultValue"].as_str().is_some_and(|text| text.contains("parameters("))
        });
        for (name, declaration) in plain.into_iter().chain(asking) {
            let value = match (given.get(name), declaration.get("defaultValue")) {
                (Some(value), _) => Ok(value.clone()),
                (None, Some(default)) => evaluation.all(default, Phase::Default),
                (None, None) => Err("required, but not given".to_owned()),
            };
            match value.and_then(|value| fits(&value, declaration).map(|()| value)) {
                Ok(value) => {
                    let secure = declaration["type"].as_str().is_some_and(|kind| kind.starts_with("secure"));
                    secrets.extend(value.as_str().filter(|text| secure && !text.is_empty()).map(str::to_owned));
                    evaluation.parameters.insert(name.clone(), value);
                }
                Err(error) => findings.push(format!("parameter {name}: {error}")),
            }
        }
        secrets
    }

    /// Returns one line for each unused parameter and variable.
    fn unused(&self, asked: &BTreeSet<String>) -> Vec<String> {
        let mut unused = Vec::new();
        for part in ["parameters", "variables"] {
            let names = self.part(part);
            let names = names.keys().map(|name| format!("{part}/{name}"));
            unused.extend(names.filter(|name| !asked.contains(name)).map(|name| format!("{name} is not used")));
        }
        unused
    }
}

/// Checks that the declaration of a parameter allows a value.
fn fits(value: &Value, declaration: &Value) -> Result<(), String> {
    let kind = declaration["type"].as_str().unwrap_or_default();
    let (right, size) = match (kind, value) {
        ("string" | "securestring", Value::String(text)) => (true, Some(text.chars().count())),
        ("array", Value::Array(items)) => (true, Some(items.len())),
        ("bool", Value::Bool(_)) | ("object" | "secureObject", Value::Object(_)) => (true, None),
        ("int", Value::Number(number)) => (number.is_i64(), None),
        _ => (false, None),
    };
    if !right {
        return Err(format!("expected a value of type {kind}, got {value}"));
    }
    let limit = |name: &str| declaration[name].as_i64();
    let measured = size.and_then(|size| i64::try_from(size).ok());
    for (measured, least, most) in
        [(measured, limit("minLength"), limit("maxLength")), (value.as_i64(), limit("minValue"), limit("maxValue"))]
    {
        let outside = measured.is_some_and(|measured| {
            least.is_some_and(|least| measured < least) || most.is_some_and(|most| measured > most)
        });
        if outside {
            return Err(format!("{value} is outside the limits"));
        }
    }
    match declaration["allowedValues"].as_array() {
        Some(allowed) if !allowed.contains(value) => Err(format!("{value} is not allowed")),
        _ => Ok(()),
    }
}

/// Members of a resource that are for the deployment and not for the resource provider.
const ABOUT_THE_DEPLOYMENT: [&str; 4] = ["condition", "dependsOn", "scope", "comments"];

fn resource(raw: &Value, evaluation: &Evaluation<'_>) -> Result<Resource, String> {
    let at_start = |name: &str| evaluation.all(&raw[name], Phase::Start).map_err(|error| format!("{name}: {error}"));
    let text = |name: &str| {
        at_start(name)?.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is missing or not a string"))
    };
    let (kind, name) = (text("type")?, text("name")?);
    let deployed = match at_start("condition")? {
        Value::Null => true,
        Value::Bool(condition) => condition,
        other => return Err(format!("condition: {other} is neither true nor false")),
    };
    let depends_on = match at_start("dependsOn")? {
        Value::Null => Vec::new(),
        list => list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    let names: Vec<Value> = [kind.as_str()].into_iter().chain(name.split('/')).map(Value::from).collect();
    let group = format!("{}/providers", evaluation.cloud.group_id());
    let id = match raw.get("scope") {
        Some(_) => {
            let scope = text("scope")?;
            if is_unknown(&scope) {
                return Err("scope: it must be known at the start of the deployment".to_owned());
            }
            // A namespace, then pairs of type and name.
            let segments: Vec<_> = scope.split('/').collect();
            if segments.len() < 3 || segments.len().is_multiple_of(2) || segments.contains(&"") {
                return Err(format!("scope: {scope} is not a type and a name"));
            }
            functions::resource_id(&format!("{group}/{scope}/providers"), &names)?
        }
        None => functions::resource_id(&group, &names)?,
    };
    let mut body = raw.as_object().cloned().ok_or("not an object")?;
    body.retain(|name, _| !ABOUT_THE_DEPLOYMENT.contains(&name.as_str()));
    let body = evaluation.all(&Value::Object(body), Phase::Runtime)?;
    Ok(Resource { kind, api_version: text("apiVersion")?, name, id, deployed, depends_on, body })
}
