//! The list of parts (SBOM) of a shipped binary, in the form CycloneDX 1.6.
//!
//! cargo-cyclonedx also lists packages that are not compiled in, such as `ring`: it reads `cargo metadata`, which
//! unites the features of the whole workspace. The list is the same for the same commit.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    step,
    tree::{Id, Tree},
    vendored,
};

/// A platform that a binary is shipped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    X86_64,
    Aarch64,
}

impl Platform {
    fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Aarch64 => "aarch64-unknown-linux-musl",
        }
    }
}

/// Prints the list. Returns findings.
pub(crate) fn print(root: &Path, platform: Platform) -> Vec<String> {
    match list(root, platform) {
        Ok(list) => {
            println!("{list:#}");
            Vec::new()
        }
        Err(error) => vec![error],
    }
}

fn list(root: &Path, platform: Platform) -> Result<Value, String> {
    let triple = platform.triple();
    let tree = |edges: &str| Tree::read(root, &format!("--package keyferry --target {triple} --edges {edges}"));
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let parts = Parts {
        compiled: tree("normal,build")?,
        linked: tree("normal,no-proc-macro")?,
        checksums: checksums(&lock),
        vendored: vendored::components(root)?,
        triple,
        // Without git: a list without a time.
        time: output(root, "git", "log -1 --format=%cI").ok(),
        rustc: output(root, "rustc", "--version")?,
    };
    parts.document()
}

fn output(root: &Path, program: &str, arguments: &str) -> Result<String, String> {
    let program = if program == "rustc" { step::cargo_path().with_file_name("rustc") } else { program.into() };
    let output = Command::new(&program)
        .args(arguments.split(' '))
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let said = output.status.success() && !text.is_empty();
    if said { Ok(text) } else { Err(format!("{} {arguments}: {}", program.display(), output.status)) }
}

/// Returns the SHA-256 of each package from a registry. Packages of the workspace have none.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let id = Id { name: value(package, "name")?, version: value(package, "version")? };
        Some((id, value(package, "checksum")?))
    });
    packages.collect()
}

struct Parts {
    /// All packages that are compiled, procedural macros and build scripts included.
    compiled: Tree,
    /// The packages whose code is in the binary.
    linked: Tree,
    checksums: BTreeMap<Id, String>,
    /// What is compiled in, but is no package.
    vendored: Vec<Value>,
    triple: &'static str,
    time: Option<String>,
    rustc: String,
}

impl Parts {
    fn document(&self) -> Result<Value, String> {
        let program = self.compiled.0.keys().find(|id| id.name == "keyferry").ok_or("keyferry is not in its tree")?;
        // `rustc 1.95.0 (…)`: the standard library has the version of the compiler.
        let rust = self.rustc.split(' ').nth(1).ok_or_else(|| format!("rustc --version: {}", self.rustc))?;
        let mut components: Vec<Value> =
            self.compiled.0.keys().filter(|id| *id != program).map(|id| self.component(id)).collect();
        components.push(json!({
            "type": "framework", "bom-ref": "rust-std", "name": "rust-std", "version": rust, "scope": "required",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }));
        components.extend(self.vendored.iter().cloned());
        let mut metadata = json!({
            "authors": [{"name": "The Keyferry authors"}],
            "component": {
                "type": "application", "bom-ref": self.reference(program),
                "name": program.name, "version": program.version,
                "licenses": self.licenses(program),
            },
            "properties": [
                {"name": "cdx:rustc:sbom:target:triple", "value": self.triple},
                {"name": "cdx:rustc:version", "value": self.rustc},
            ],
        });
        if let Some(time) = &self.time {
            metadata["timestamp"] = json!(time);
        }
        let uses = |(id, package): (&Id, &crate::tree::Package)| {
            let uses: Vec<String> = package.uses.iter().map(|used| self.reference(used)).collect();
            json!({"ref": self.reference(id), "dependsOn": uses})
        };
        Ok(json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "metadata": metadata,
            "components": components,
            "dependencies": self.compiled.0.iter().map(uses).collect::<Vec<_>>(),
        }))
    }

    fn component(&self, id: &Id) -> Value {
        // Code that runs only while the program is compiled is excluded from the program, in the schema's words.
        let scope = if self.linked.0.contains_key(id) { "required" } else { "excluded" };
        let mut component = json!({
            "type": "library", "bom-ref": self.reference(id),
            "name": id.name, "version": id.version, "scope": scope,
        });
        if self.compiled.0[id].license.is_some() {
            component["licenses"] = self.licenses(id);
        }
        if let Some(checksum) = self.checksums.get(id) {
            component["purl"] = json!(self.reference(id));
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        component
    }

    fn licenses(&self, id: &Id) -> Value {
        let license = self.compiled.0.get(id).and_then(|package| package.license.as_ref());
        license.map_or_else(|| json!([]), |license| json!([{"expression": license}]))
    }

    /// Returns a package URL for a package from a registry, else `name@version`: a package URL would name another
    /// package, one of the registry.
    fn reference(&self, id: &Id) -> String {
        let Id { name, version } = id;
        // In a package URL, `+` must be encoded.
        match self.checksums.contains_key(id) {
            true => format!("pkg:cargo/{name}@{}", version.replace('+', "%2B")),
            false => format!("{name}@{version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::{LINES, id};

    const LOCK: &str = "\
version = 4

[[package]]
name = \"keyferry\"
version = \"0.1.0\"
dependencies = [
 \"rustls\",
]

[[package]]
name = \"rustls\"
version = \"0.23.1\"
source = \"registry+https://github.com/rust-lang/crates.io-index\"
checksum = \"abc\"
";

    #[test]
    fn checksums_are_those_of_registry_packages() {
        let checksums = checksums(LOCK);
        assert_eq!(checksums.get(&id("rustls", "0.23.1")).map(String::as_str), Some("abc"));
        assert_eq!(checksums.len(), 1);
    }

    #[test]
    fn what_only_compiles_is_excluded() {
        let linked = LINES.lines().filter(|line| !line.contains("proc-macro")).collect::<Vec<_>>().join("\n");
        let parts = Parts {
            compiled: Tree::parse(LINES).expect("a tree"),
            linked: Tree::parse(&linked).expect("a tree"),
            checksums: checksums(LOCK),
            vendored: vec![json!({"name": "page", "scope": "required"})],
            triple: Platform::X86_64.triple(),
            time: Some("2026-11-28T12:00:00+00:00".to_owned()),
            rustc: "rustc 1.95.0 (hash date)".to_owned(),
        };
        let document = parts.document().expect("a document");
        let components = document["components"].as_array().expect("components");
        let scopes: Vec<String> =
            components.iter().map(|part| format!("{} {}", part["name"], part["scope"]).replace('"', "")).collect();
        assert_eq!(
            scopes,
            ["ring required", "rustls required", "serde_derive excluded", "rust-std required", "page required"]
        );
        assert_eq!(components[1]["purl"], "pkg:cargo/rustls@0.23.1");
        assert_eq!(components[1]["hashes"], json!([{"alg": "SHA-256", "content": "abc"}]));
        assert_eq!(components[3]["version"], "1.95.0");
        let uses = json!(["ring@0.17.14", "pkg:cargo/rustls@0.23.1", "serde_derive@1.0.2"]);
        assert_eq!(document["dependencies"][0], json!({"ref": "keyferry@0.1.0", "dependsOn": uses}));
    }

    #[test]
    fn document_needs_the_program_and_its_compiler() {
        let parts = |compiled: &str, rustc: &str| Parts {
            compiled: Tree::parse(compiled).expect("a tree"),
            linked: Tree::default(),
            checksums: BTreeMap::new(),
            vendored: Vec::new(),
            triple: Platform::Aarch64.triple(),
            time: None,
            rustc: rustc.to_owned(),
        };
        assert!(parts("0|other v1.0.0|MIT", "rustc 1.95.0").document().is_err());
        assert!(parts(LINES, "rustc").document().is_err());
        assert_eq!(parts(LINES, "rustc 1.95.0").document().expect("a document")["metadata"]["timestamp"], Value::Null);
    }
}
