//! Checks the house rules on the files: layers of crates, length of source files, import cycles, vendor words, links of
//! the documentation.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{cycles, layers, links, rust::Modules, words};

/// The maximum number of lines of a source file.
const LONGEST: usize = 500;

/// The maximum number of characters of a line of a source or page.
const WIDEST: usize = 120;

/// Returns one line for each broken rule in the workspace. A file that cannot be read is a finding.
pub(crate) fn findings(root: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    match manifests(root) {
        Ok(manifests) if manifests.is_empty() => findings.push("crates/ is empty".to_owned()),
        Ok(manifests) => {
            findings.extend(manifests.iter().flat_map(|(folder, manifest)| layers::findings(folder, manifest)))
        }
        Err(error) => findings.push(format!("cannot read the manifests under crates/: {error}")),
    }
    for folder in ["conformance", "crates", "deploy", "outsiders/src", "proofs", "release", "xtask"] {
        match sources(&root.join(folder)) {
            Ok(files) => {
                findings.extend(files.iter().filter_map(|file| too_long(root, file)));
                findings.extend(files.iter().flat_map(|file| too_wide(root, file)));
            }
            Err(error) => findings.push(format!("cannot read the sources under {folder}/: {error}")),
        }
    }
    findings.extend(inside_of_crates(root));
    findings.extend(links::findings(root));
    findings.extend(links::pages(root).iter().flat_map(|page| too_wide(root, page)));
    findings
}

/// Returns one line for each broken rule inside one crate: import cycles and vendor words.
fn inside_of_crates(root: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    for folder in crates(root) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for face in ["lib.rs", "main.rs"].map(|face| folder.join("src").join(face)) {
            if !face.exists() {
                continue;
            }
            match Modules::read(&face) {
                Ok(modules) => {
                    findings.extend(cycles::findings(root, &modules));
                    // Only crates/: the list of words itself is in xtask.
                    if folder.parent() == Some(&root.join("crates")) {
                        findings.extend(words::findings(root, &name, &modules));
                    }
                }
                Err(error) => findings.push(format!("cannot read the modules of {}: {error}", folder.display())),
            }
        }
    }
    findings
}

/// Returns the folder of every crate of the workspace.
fn crates(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["conformance", "deploy", "outsiders", "release", "xtask"].map(|name| root.join(name)).into();
    for parent in ["crates", "proofs"] {
        let entries = fs::read_dir(root.join(parent)).into_iter().flatten();
        folders.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    folders.sort();
    folders
}

/// Returns folder name and manifest of every crate under `crates/`.
fn manifests(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut manifests = Vec::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let entry = entry?;
        let manifest = entry.path().join("Cargo.toml");
        if manifest.exists() {
            let folder = entry.file_name().to_string_lossy().into_owned();
            manifests.push((folder, fs::read_to_string(manifest)?));
        }
    }
    manifests.sort();
    Ok(manifests)
}

/// Returns every `.rs` file below a folder.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn too_long(root: &Path, file: &Path) -> Option<String> {
    let shown = file.strip_prefix(root).unwrap_or(file).display();
    match fs::read_to_string(file) {
        Ok(text) => {
            let lines = text.lines().count();
            (lines > LONGEST).then(|| {
                format!("{shown} has {lines} lines: split it, at most {LONGEST} lines and one concept per file")
            })
        }
        Err(error) => Some(format!("cannot read {shown}: {error}")),
    }
}

/// Returns one line for each line that is too wide. A line with a word that no line could hold, such as a URL, is
/// accepted. A file that cannot be read is reported elsewhere.
fn too_wide(root: &Path, file: &Path) -> Vec<String> {
    let shown = file.strip_prefix(root).unwrap_or(file).display();
    let text = fs::read_to_string(file).unwrap_or_default();
    let wide = text.lines().enumerate().filter(|(_, line)| {
        let unbreakable = line.split(' ').any(|word| word.chars().count() > WIDEST / 2);
        line.chars().count() > WIDEST && !unbreakable
    });
    wide.map(|(index, line)| {
        let width = line.chars().count();
        format!("{shown}:{} has {width} characters: break it at {WIDEST}", index + 1)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    /// A small workspace on disk, removed when dropped.
    struct Workspace(PathBuf);

    impl Workspace {
        fn new(name: &str) -> Self {
            let workspace = Self(env::temp_dir().join(format!("keyferry-{name}-{}", process::id())));
            workspace.write("crates/domain/Cargo.toml", "[package]\nname = \"keyferry-domain\"\n");
            workspace.write("crates/domain/src/lib.rs", &"//\n".repeat(LONGEST));
            workspace.write("conformance/src/lib.rs", "//\n");
            workspace.write("deploy/src/lib.rs", "//\n");
            workspace.write("proofs/crashes/tests/crashes.rs", "//\n");
            workspace.write("outsiders/src/lib.rs", "//\n");
            workspace.write("release/src/main.rs", "fn main() {}\n");
            workspace.write("xtask/src/main.rs", "fn main() {}\n");
            workspace
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
    }

    impl Drop for Workspace {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn accepts_a_workspace_that_follows_the_rules() {
        assert_eq!(findings(&Workspace::new("tidy").0), [""; 0]);
    }

    #[test]
    fn finds_planted_violations() {
        let workspace = Workspace::new("planted");
        workspace.write(
            "crates/jose/Cargo.toml",
            "[package]\nname = \"keyferry-jose\"\n[dependencies]\nkeyferry-domain.workspace = true\n",
        );
        workspace.write("crates/jose/src/deep/long.rs", &"//\n".repeat(LONGEST + 1));
        workspace.write("crates/jose/src/lib.rs", "mod a;\nmod b;\n// Says AADSTS50011.\n");
        workspace.write("crates/jose/src/a.rs", "use crate::b::B;\npub(crate) struct A;\n");
        workspace.write("crates/jose/src/b.rs", "use crate::a::A;\npub(crate) struct B;\n");
        let words = "word ".repeat(25);
        workspace.write("crates/jose/src/wide.rs", &format!("// {words}\n// {words} {}\n", "x".repeat(61)));
        workspace.write("docs/wide.md", &words);
        workspace.write("crates/mail/Cargo.toml", "[package]\nname = \"keyferry-mail\"\n");
        workspace.write("crates/mail/src/lib.rs", "// STARTTLS, then 550.\n#[cfg(test)]\nmod tests { /* YED_ */ }\n");
        let findings = findings(&workspace.0);
        assert_eq!(findings.len(), 6, "{findings:?}");
        assert!(findings[0].contains("jose (layer 0) must not depend on domain"));
        assert!(findings[1].contains("long.rs has 501 lines"));
        assert!(findings[2].contains("crates/jose/src/wide.rs:1 has 128 characters"));
        assert!(findings[3].contains("crates/jose/src/a.rs imports B from crates/jose/src/b.rs"));
        assert!(findings[4].contains("crates/jose/src/lib.rs contains AADSTS"));
        assert!(findings[5].contains("docs/wide.md:1 has 125 characters"));
    }

    #[test]
    fn rejects_an_empty_workspace() {
        let findings = findings(Path::new("/nonexistent"));
        assert_eq!(findings.len(), 8, "{findings:?}");
    }
}
