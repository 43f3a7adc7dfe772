//! Finds import cycles between the files of one crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::rust::{Import, Modules};

/// Imports between files: (importing file, imported file), and the imported names.
type Edges = BTreeMap<(usize, usize), BTreeSet<String>>;

/// An import cycle: its files as shown in the finding, and the imports between them.
#[derive(Debug)]
struct Cycle {
    files: Vec<String>,
    imports: String,
}

/// Returns the import cycles of one crate. Paths are relative to `root`.
fn of_crate(root: &Path, modules: &Modules) -> Vec<Cycle> {
    let edges = edges(modules);
    let shown = |file: usize| {
        let path = &modules.files[file].0;
        path.strip_prefix(root).unwrap_or(path).display().to_string()
    };
    let import = |((from, to), names): (&(usize, usize), &BTreeSet<String>)| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        format!("{} imports {} from {}", shown(*from), names.join(", "), shown(*to))
    };
    groups(modules.files.len(), &edges)
        .into_iter()
        .map(|group| {
            let inside = edges.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
            let imports: Vec<_> = inside.map(import).collect();
            let mut files: Vec<_> = group.iter().map(|file| shown(*file)).collect();
            files.sort();
            Cycle { files, imports: imports.join("; ") }
        })
        .collect()
}

/// Returns one line for each import cycle of one crate. Paths are relative to `root`.
pub(crate) fn findings(root: &Path, modules: &Modules) -> Vec<String> {
    let line = |cycle: Cycle| format!("import cycle between {}: {}", cycle.files.join(", "), cycle.imports);
    of_crate(root, modules).into_iter().map(line).collect()
}

fn edges(modules: &Modules) -> Edges {
    let mut edges = Edges::new();
    for module in &modules.modules {
        let (_, _, source) = &modules.files[module.file];
        for import in source.imports.iter().filter(|import| import.inside == module.inside) {
            let Some(Target { file, below }) = resolve(modules, &module.path, import, &mut BTreeSet::new()) else {
                continue;
            };
            // A re-export of a child does not make the parent depend on it: an import of the name counts as an
            // import from the child.
            let re_exported = import.public && below;
            if file != module.file && !re_exported {
                let name = import.path.last().cloned().unwrap_or_default();
                edges.entry((module.file, file)).or_default().insert(name);
            }
        }
    }
    edges
}

/// The file that a path resolves to.
struct Target {
    file: usize,
    /// Whether it is a descendant of the importing module.
    below: bool,
}

/// Returns the file that defines what a path names; `None` if it is not in this crate.
fn resolve(modules: &Modules, from: &[String], import: &Import, seen: &mut BTreeSet<Vec<String>>) -> Option<Target> {
    let mut here = from.to_vec();
    let mut segments = import.path.as_slice();
    let first = segments.first()?;
    match first.as_str() {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            here.pop()?;
        }
        _ => {
            // Another crate or a local name, unless it is a child module.
            let child = [from, std::slice::from_ref(first)].concat();
            modules.position(&child)?;
            here = child;
        }
    }
    segments = &segments[1..];
    while let [up, rest @ ..] = segments
        && up == "super"
    {
        here.pop()?;
        segments = rest;
    }
    let (module, rest) = descend(modules, here, segments)?;
    let below = |path: &[String]| path.len() > from.len() && path.starts_with(from);
    let file = modules.modules[module].file;
    let path = modules.modules[module].path.clone();
    let Some(name) = rest.first().filter(|name| *name != "*") else {
        return Some(Target { file, below: below(&path) });
    };
    let found = defining(modules, module, name, seen).unwrap_or(file);
    Some(Target { file: found, below: below(&path) })
}

/// Follows segments while they are modules. Returns the last module and the remaining segments.
fn descend<'a>(modules: &Modules, mut here: Vec<String>, segments: &'a [String]) -> Option<(usize, &'a [String])> {
    let mut module = modules.position(&here)?;
    let mut rest = segments;
    while let [name, after @ ..] = rest {
        here.push(name.clone());
        let Some(deeper) = modules.position(&here) else {
            break;
        };
        module = deeper;
        rest = after;
    }
    Some((module, rest))
}

/// Returns the file that defines a name of a module, following the module's re-exports.
fn defining(modules: &Modules, module: usize, name: &str, seen: &mut BTreeSet<Vec<String>>) -> Option<usize> {
    let own = &modules.modules[module];
    let source = &modules.files[own.file].2;
    if source.definitions.iter().any(|(inside, defined)| *inside == own.inside && defined == name) {
        return Some(own.file);
    }
    let key = [own.path.as_slice(), &[name.to_owned()]].concat();
    if !seen.insert(key) {
        return None;
    }
    let known = source.imports.iter().filter(|import| import.inside == own.inside);
    let (globs, named): (Vec<_>, Vec<_>) = known.partition(|import| import.name == "*");
    if let Some(import) = named.into_iter().find(|import| import.name == name) {
        return Some(resolve(modules, &own.path, import, seen)?.file);
    }
    globs.into_iter().find_map(|glob| {
        let mut import = glob.clone();
        import.path.pop();
        import.path.push(name.to_owned());
        let target = resolve(modules, &own.path, &import, seen)?;
        let defined = &modules.files[target.file].2.definitions;
        defined.iter().any(|(_, defined)| defined == name).then_some(target.file)
    })
}

/// Returns groups of files that import each other, directly or indirectly.
fn groups(files: usize, edges: &Edges) -> Vec<Vec<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..files).map(|file| reached(file, edges)).collect();
    let mut grouped = BTreeSet::new();
    let mut groups = Vec::new();
    for file in 0..files {
        if grouped.contains(&file) || !reached[file].contains(&file) {
            continue;
        }
        let group: Vec<_> = reached[file].iter().copied().filter(|other| reached[*other].contains(&file)).collect();
        grouped.extend(group.iter().copied());
        groups.push(group);
    }
    groups
}

fn reached(from: usize, edges: &Edges) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(here) = open.pop() {
        let next = edges.keys().filter(|(start, _)| *start == here).map(|(_, end)| *end);
        open.extend(next.filter(|end| found.insert(*end)).collect::<Vec<_>>());
    }
    found
}

#[cfg(test)]
mod tests;
