//! Files of one crate that import each other in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::rust::{Import, Modules};

/// From which file to which, and the names that the first takes from the second.
type Arrows = BTreeMap<(usize, usize), BTreeSet<String>>;

/// A circle: its files as they are shown, and what ties them.
#[derive(Debug)]
struct Circle {
    files: Vec<String>,
    ties: String,
}

/// The circles of one crate; files are shown below `root`.
fn of_crate(root: &Path, modules: &Modules) -> Vec<Circle> {
    let arrows = arrows(modules);
    let shown = |file: usize| {
        let path = &modules.files[file].0;
        path.strip_prefix(root).unwrap_or(path).display().to_string()
    };
    let tie = |((from, to), names): (&(usize, usize), &BTreeSet<String>)| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        format!("{} takes {} from {}", shown(*from), names.join(", "), shown(*to))
    };
    groups(modules.files.len(), &arrows)
        .into_iter()
        .map(|group| {
            let inside = arrows.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
            let ties: Vec<_> = inside.map(tie).collect();
            let mut files: Vec<_> = group.iter().map(|file| shown(*file)).collect();
            files.sort();
            Circle { files, ties: ties.join("; ") }
        })
        .collect()
}

/// One line for each circle of one crate; files are shown below `root`.
pub(crate) fn findings(root: &Path, modules: &Modules) -> Vec<String> {
    let line = |circle: Circle| format!("{} import each other in a circle: {}", circle.files.join(", "), circle.ties);
    of_crate(root, modules).into_iter().map(line).collect()
}

fn arrows(modules: &Modules) -> Arrows {
    let mut arrows = Arrows::new();
    for module in &modules.modules {
        let (_, _, source) = &modules.files[module.file];
        for import in source.imports.iter().filter(|import| import.inside == module.inside) {
            let Some(Target { file, below }) = resolve(modules, &module.path, import, &mut BTreeSet::new()) else {
                continue;
            };
            // What a parent hands on from its children is theirs.
            let handed_on = import.public && below;
            if file != module.file && !handed_on {
                let name = import.path.last().cloned().unwrap_or_default();
                arrows.entry((module.file, file)).or_default().insert(name);
            }
        }
    }
    arrows
}

/// What a path leads to.
struct Target {
    file: usize,
    /// Whether it is inside of the module that names it.
    below: bool,
}

/// The file that defines what a path names; `None` if that is not in this crate.
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
            // Another crate or a local name, unless it is a module here.
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

/// Follows segments as long as they are modules.
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

/// The file that defines a name of a module, through what that module hands on.
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

/// The files that reach each other, in groups of two or more.
fn groups(files: usize, arrows: &Arrows) -> Vec<Vec<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..files).map(|file| reached(file, arrows)).collect();
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

fn reached(from: usize, arrows: &Arrows) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(here) = open.pop() {
        let next = arrows.keys().filter(|(start, _)| *start == here).map(|(_, end)| *end);
        open.extend(next.filter(|end| found.insert(*end)).collect::<Vec<_>>());
    }
    found
}

#[cfg(test)]
mod tests;
