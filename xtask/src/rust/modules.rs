//! The modules of one crate and the files in which they are.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Source;

/// A module.
#[derive(Debug)]
pub(crate) struct Module {
    /// Its path from the root of the crate, which is empty for the root itself.
    pub(crate) path: Vec<String>,
    /// The place of its file in [`Modules::files`].
    pub(crate) file: usize,
    /// The inline modules of that file around it.
    pub(crate) inside: Vec<String>,
}

/// A crate, taken apart: what can be reached from its root without what is there for tests only.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) modules: Vec<Module>,
    /// Each file with its text and what it declares.
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

    /// Adds a file and those that it declares; their files are looked for in `below`.
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

/// Whether a file is there for tests by its name.
fn for_tests(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    let folder_of_tests = stem == "mod" && (folder == "tests" || folder == "testing");
    stem == "tests" || stem == "testing" || stem.ends_with("_tests") || folder_of_tests
}
