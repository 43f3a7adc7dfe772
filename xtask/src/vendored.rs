//! Files of others in the repository that are compiled into the binary: `crates/*/vendor/*`. Cargo does not know them,
//! so each folder describes itself in a `component.json`, in the form of a list of parts (CycloneDX).

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Returns the descriptions of all vendored parts, by the name of their folder.
///
/// # Errors
/// A folder has no description, or an invalid one.
pub(crate) fn components(root: &Path) -> Result<Vec<Value>, String> {
    let mut components = Vec::new();
    for folder in folders(root) {
        let file = folder.join("component.json");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        components.push(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    Ok(components)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        paths.sort();
        paths
    };
    entries(&root.join("crates")).iter().flat_map(|package| entries(&package.join("vendor"))).collect()
}

/// Returns a finding for each vendored part whose licence `deny.toml` does not allow, or whose licence text is missing.
pub(crate) fn findings(root: &Path) -> Vec<String> {
    let components = match components(root) {
        Ok(components) => components,
        Err(error) => return vec![error],
    };
    let allowed = fs::read_to_string(root.join("deny.toml")).unwrap_or_default();
    let mut findings: Vec<String> = components.iter().filter_map(|component| forbidden(component, &allowed)).collect();
    for folder in folders(root).iter().filter(|folder| !folder.join("LICENSE").is_file()) {
        findings.push(format!("{}: the text of its licence is missing (LICENSE)", folder.display()));
    }
    println!("vendored: {} parts", components.len());
    findings
}

fn forbidden(component: &Value, deny_toml: &str) -> Option<String> {
    let license = component["licenses"][0]["expression"].as_str().unwrap_or("no licence");
    let is_allowed = deny_toml.lines().any(|line| line.trim() == format!("\"{license}\","));
    (!is_allowed).then(|| format!("vendored {}: {license} is not allowed by deny.toml", component["name"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_vendored_part_is_described_and_allowed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let components = components(root).expect("descriptions");
        assert!(components.iter().any(|component| component["name"] == "swagger-ui-dist"));
        for component in &components {
            assert_eq!(component["hashes"][0]["content"].as_str().map(str::len), Some(64), "{component}");
            assert_eq!(component["purl"], component["bom-ref"], "{component}");
        }
        assert_eq!(findings(root), [""; 0]);
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_a_finding() {
        let component = |license: &str| json!({"name": "x", "licenses": [{"expression": license}]});
        let deny_toml = "allow = [\n  \"MIT\",\n]";
        assert_eq!(forbidden(&component("MIT"), deny_toml), None);
        assert!(forbidden(&component("SSPL-1.0"), deny_toml).is_some());
        assert!(forbidden(&json!({"name": "x"}), deny_toml).is_some());
    }
}
