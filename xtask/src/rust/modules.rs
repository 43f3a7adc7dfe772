//! The modules of one crate and their files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Source;

/// A module.
#[derive(Debug)]
pub(crate) struct Module {
    /// Path from the root of the crate; empty for the root.
    pub(crate) path: Vec<String>,
    /// Index of its file in [`Modules::files`].
    pub(crate) file: usize,
    /// The enclosing inline modules of that file.
    pub(crate) inside: Vec<String>,
}

/// A parsed crate: all modules reachable from its root, except those for tests.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) modules: Vec<Module>,
    /// Each file: path, text, declarations.
    pub(crate) files: Vec<(PathBuf, String, Source)>,
}

impl Modules {
    /// Reads a crate from its root, `lib.rs` or `main.rs`.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut modules = Self::default();
        let folder = root.parent().unwrap_or(root);
        modules.add(root.to_path_buf(), folder.to_path_buf(), &[])?;
        Ok(modules)
    }

    pub(crate) fn position(&self, path: &[String]) -> Option<usize> {
        self.modules.iter().position(|module| module.path == path)
    }

    /// Adds a file and, recursively, the modules that it declares. Their files are in `below`.
    fn add(&mut self, path: PathBuf, below: PathBuf, module: &[String]) -> io::Result<()> {
        let text = fs::read_to_string(&path)?;
        let source = Source::parse(&text);
        let file = self.files.len();
        let inline = source.inline.clone();
        let declared = source.modules.clone();
        self.files.push((path.clone(), text, source));
        for inside in [Vec::new()].into_iter().chain(inline) {
            self.modules.push(Module { path: [module, &inside].concat(), file, inside });
        }
        for (inside, name, attribute) in declared {
            let folder = inside.iter().fold(below.clone(), |folder, name| folder.join(name));
            let child = match attribute {
                Some(named) => path.with_file_name(named),
                None => [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")]
                    .into_iter()
                    .find(|path| path.exists())
                    .ok_or_else(|| io::Error::other(format!("{}: no file for mod {name}", path.display())))?,
            };
            if !for_tests(&child) {
                let below = folder.join(&name);
                self.add(child, below, &[module, &inside, &[name]].concat())?;
            }
        }
        Ok(())
    }
}

/// Returns whether the name of a file marks it as test code.
fn for_tests(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    let folder_of_tests = stem == "mod" && (folder == "tests" || folder == "testing");
    stem == "tests" || stem == "testing" || stem.ends_with("_tests") || folder_of_tests
}
