//! Built-in templates, which files in a folder can replace.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use keyferry_domain::{Failure, FailureKind, Language};
use keyferry_http::clean;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use zeroize::Zeroizing;

use crate::Error;
use crate::failures::{TEMPLATES, failed};

/// Maximum size of a template, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// File names that Keyferry reads from a folder of templates.
pub(crate) const FILES: [&str; 22] = [
    "pin.subject.txt",
    "pin.txt",
    "pin.html",
    "link.subject.txt",
    "link.txt",
    "released.subject.txt",
    "released.txt",
    "ordered.subject.txt",
    "ordered.txt",
    "shipped.subject.txt",
    "shipped.txt",
    "registered.subject.txt",
    "registered.txt",
    "address.subject.txt",
    "address.txt",
    "lost.subject.txt",
    "lost.txt",
    "lost-manager.subject.txt",
    "lost-manager.txt",
    "pass.subject.txt",
    "pass.txt",
    "send-pin.json",
];

/// Maximum length of a subject, in characters.
pub(crate) const MAX_SUBJECT: usize = 200;

/// Returns a text from an order, the directory or the delivery service as the value of a variable. It becomes one line,
/// and characters that hide or reorder text are escaped, so that the value cannot change how the rest is read.
pub(crate) fn foreign(text: &str) -> Value {
    Value::from(clean(text))
}

/// Template that is compiled into the program.
#[derive(Clone, Copy)]
pub(crate) struct BuiltIn {
    /// Name of the template. The file extension selects how values are escaped (HTML, JSON, or not at all).
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// `None`: the template has no language.
    pub(crate) german: Option<&'static str>,
}

/// Returns a built-in template with its translations.
macro_rules! built_in {
    ($name:literal) => {
        BuiltIn {
            name: $name,
            text: include_str!(concat!("../templates/", $name)),
            german: Some(include_str!(concat!("../templates/de/", $name))),
        }
    };
}

pub(crate) use built_in;

pub(crate) struct TemplateSet {
    environment: Environment<'static>,
    /// Name of each template in messages, by its name in the environment: its path, or that it is built in.
    origins: BTreeMap<String, String>,
}

/// Name of a template in one language.
#[derive(Clone, Copy)]
pub(crate) struct Localised(pub(crate) &'static str, pub(crate) Language);

impl Localised {
    /// Returns the name in the environment, which is also the path below the folder of templates. English has no folder
    /// of its own.
    fn name(self) -> String {
        match self {
            Self(name, Language::English) => name.to_owned(),
            Self(name, language) => format!("{}/{name}", language.tag()),
        }
    }
}

impl TemplateSet {
    /// Parses the templates. A file in `folder` replaces the built-in template of the same name in all languages, and a
    /// file in a folder of `folder` that is named like a language replaces the one in this language.
    pub(crate) fn load(built_in: &[BuiltIn], folder: Option<&Path>) -> Result<Self, Error> {
        if let Some(folder) = folder {
            require_any(folder)?;
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A line that contains only a tag must not leave an empty line.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build().map_err(|error| problem("syntax", &error))?);
        let mut origins = BTreeMap::new();
        let mut add = |name: String, built_in: Option<&str>| {
            let path = folder.map(|folder| folder.join(&name));
            let replaced = path.as_deref().map(read).transpose()?.flatten();
            let is_own = replaced.is_some();
            let origin = match path.filter(|_| is_own) {
                Some(path) => path.display().to_string(),
                None => format!("{name} (built in)"),
            };
            if let Some(text) = replaced.or_else(|| built_in.map(str::to_owned)) {
                let added = environment.add_template_owned(name.clone(), text);
                added.map_err(|error| problem(&origin, &error))?;
                origins.insert(name, origin);
            }
            Ok(is_own)
        };
        for BuiltIn { name, text, german } in built_in {
            let is_own = add((*name).to_owned(), Some(*text))?;
            if let Some(german) = german {
                // Whoever has one text of their own, in whatever language, does not want ours beside it.
                add(Localised(name, Language::German).name(), Some(*german).filter(|_| !is_own))?;
            }
        }
        Ok(Self { environment, origins })
    }

    /// Returns the name of the template in the environment.
    fn found(&self, wanted: Localised) -> String {
        let name = wanted.name();
        if self.origins.contains_key(&name) { name } else { wanted.0.to_owned() }
    }

    /// Renders with sample values, so that a broken template fails at start and not at the first PIN.
    pub(crate) fn check(&self, wanted: Localised, values: &Value) -> Result<String, Error> {
        let name = &self.found(wanted);
        let template = self.environment.get_template(name).map_err(|error| problem(self.origin(name), &error))?;
        // Rendering alone does not check the branches that these values skip.
        for variable in template.undeclared_variables(false) {
            if values.get_attr(&variable).is_ok_and(|value| value.is_undefined()) && !self.is_global(&variable) {
                let line = template.source().lines().position(|line| line.contains(&variable));
                return Err(self.refusal(
                    wanted,
                    line.map(|line| line + 1),
                    format!("there is no variable `{variable}`; variables: {}", names(values)),
                ));
            }
        }
        template.render(values).map_err(|error| problem(self.origin(name), &error))
    }

    /// Renders for a shipment. A failure contains the place in the template, and no values.
    pub(crate) fn render(&self, wanted: Localised, values: &Value) -> Result<Zeroizing<String>, Failure> {
        let name = &self.found(wanted);
        let rendered = self.environment.get_template(name).and_then(|template| template.render(values));
        rendered.map(Zeroizing::new).map_err(|error| {
            let (origin, line) = (self.origin(name), error.line().unwrap_or_default());
            failed(
                &TEMPLATES,
                FailureKind::Found("template-failed"),
                format!("could not render the template {origin}, line {line}, for this shipment: {}", error.kind()),
            )
        })
    }

    pub(crate) fn refusal(&self, wanted: Localised, line: Option<usize>, problem: impl Into<String>) -> Error {
        Error::Template { template: self.origin(&self.found(wanted)).to_owned(), line, problem: problem.into() }
    }

    pub(crate) fn origin<'a>(&'a self, name: &'a str) -> &'a str {
        self.origins.get(name).map_or(name, String::as_str)
    }

    fn is_global(&self, name: &str) -> bool {
        self.environment.globals().any(|(global, _)| global == name)
    }
}

fn require_any(folder: &Path) -> Result<(), Error> {
    fs::read_dir(folder).map_err(|source| Error::TemplateFile { path: folder.to_owned(), source })?;
    let exists = |language| FILES.iter().any(|name| folder.join(Localised(name, language).name()).exists());
    if Language::ALL.into_iter().any(exists) {
        return Ok(());
    }
    Err(Error::NoTemplates { folder: folder.to_owned(), expected: FILES.join(", ") })
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let failed = |source| Error::TemplateFile { path: path.to_owned(), source };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_BYTES {
        let problem = format!("it has more than {MAX_BYTES} bytes; shorten it");
        return Err(Error::Template { template: path.display().to_string(), line: None, problem });
    }
    Ok(Some(text))
}

fn problem(origin: &str, error: &minijinja::Error) -> Error {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    Error::Template { template: origin.to_owned(), line: error.line(), problem: format!("{}{detail}", error.kind()) }
}

fn names(values: &Value) -> String {
    let mut names: Vec<_> = values.try_iter().into_iter().flatten().map(|name| format!("`{name}`")).collect();
    names.sort();
    names.join(", ")
}

/// Returns what is wrong with a subject, if anything.
pub(crate) fn wrong_subject(subject: &str) -> Option<String> {
    if subject.is_empty() {
        return Some("the subject is empty".into());
    }
    if subject.chars().any(char::is_control) {
        return Some("the subject must be one line, without tabs".into());
    }
    let length = subject.chars().count();
    (length > MAX_SUBJECT).then(|| format!("the subject has {length} characters; the limit is {MAX_SUBJECT}"))
}
