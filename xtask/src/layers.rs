//! Checks which crate depends on which: a crate may depend only on crates in layers below its own.

/// The layer of every crate, by its folder under `crates/`. Layer 0.5 is below the adapters and above what they share,
/// layer 3.5 below the API and the console and above the access that both ask.
const LAYERS: [(&str, f32); 28] = [
    ("keyferry", 5.0),
    ("api", 4.0),
    ("console", 4.0),
    ("portal", 4.0),
    ("ops", 4.0),
    ("sandbox", 4.0),
    ("listing", 3.5),
    ("pages", 3.5),
    ("access", 3.0),
    ("engine", 2.0),
    ("entra", 1.0),
    ("yubico", 1.0),
    ("mail", 1.0),
    ("store-sqlite", 1.0),
    ("store-azure", 1.0),
    ("journal", 1.0),
    ("webhooks", 1.0),
    ("azure-identity", 0.5),
    ("client", 0.5),
    ("server", 0.5),
    ("evidence", 0.5),
    ("jose", 0.0),
    ("webauthn", 0.0),
    ("http", 0.0),
    ("settings", 0.0),
    ("sheet", 0.0),
    ("letter", 0.0),
    ("domain", 0.0),
];

/// All crates that the sandbox may depend on. With a shared adapter, sandbox and connector would contain the same
/// mistakes, and tests against the sandbox would not notice them.
const SANDBOX_USES: [&str; 2] = ["jose", "webauthn"];

/// The crate of test doubles and samples. It is in no layer, and only tests may depend on it.
const TESTKIT: &str = "testkit";

/// All crates that the testkit may depend on.
const TESTKIT_USES: [&str; 2] = ["domain", "webauthn"];

/// The simulator. It is in no layer, and no crate may depend on it: `cargo xtask` runs its program.
const SIMULATOR: &str = "simulator";

/// All crates that the simulator may depend on.
const SIMULATOR_USES: [&str; 4] = ["domain", "engine", TESTKIT, "webauthn"];

/// Returns one line for each rule that the manifest of a crate breaks.
pub(crate) fn findings(folder: &str, manifest: &str) -> Vec<String> {
    let package = package_name(folder);
    let mut findings = Vec::new();
    if layer(folder).is_none() && ![TESTKIT, SIMULATOR].contains(&folder) {
        findings.push(format!("crates/{folder} has no layer: add it to xtask/src/layers.rs"));
    }
    if !manifest.lines().any(|line| line.trim() == format!("name = \"{package}\"")) {
        findings.push(format!("crates/{folder}/Cargo.toml: the package name must be {package}"));
    }
    let refusals = workspace_dependencies(manifest)
        .into_iter()
        .filter_map(|used| refusal(folder, used))
        .map(|reason| format!("crates/{folder}/Cargo.toml: {reason}"));
    findings.extend(refusals);
    findings
}

fn layer(folder: &str) -> Option<f32> {
    let (_, layer) = LAYERS.iter().find(|(name, _)| *name == folder)?;
    Some(*layer)
}

fn package_name(folder: &str) -> String {
    if folder == "keyferry" { folder.to_owned() } else { format!("keyferry-{folder}") }
}

/// Returns why a crate must not depend on another, if so. Both are named by their folders.
fn refusal(user: &str, used: &str) -> Option<String> {
    if user == TESTKIT {
        return (!TESTKIT_USES.contains(&used))
            .then(|| format!("testkit must not depend on {used}: only on {}", TESTKIT_USES.join(" and ")));
    }
    if user == SIMULATOR {
        return (!SIMULATOR_USES.contains(&used))
            .then(|| format!("simulator must not depend on {used}: only on {}", SIMULATOR_USES.join(", ")));
    }
    if used == SIMULATOR {
        return Some("no crate may depend on simulator: run its program".to_owned());
    }
    if used == TESTKIT {
        return Some("testkit is for tests: move it to [dev-dependencies]".to_owned());
    }
    let own = layer(user)?;
    let Some(other) = layer(used) else {
        return Some(format!("{used} is not a crate of this workspace"));
    };
    let allowed = match (user, used) {
        ("sandbox", _) => SANDBOX_USES.contains(&used),
        ("engine", _) => other == 0.0 && used != "http",
        ("http", "domain" | "settings") => true,
        _ => other < own,
    };
    (!allowed).then(|| match user {
        "sandbox" => format!(
            "sandbox must not depend on {used}: only on {}, so that it shares no mistake with an adapter",
            SANDBOX_USES.join(" and ")
        ),
        "engine" if other < own => {
            format!("engine must not depend on {used}: use a port of the domain")
        }
        _ => format!("{user} (layer {own}) must not depend on {used} (layer {other}): only on layers below its own"),
    })
}

/// Returns the folders of the workspace crates that a manifest depends on, except for tests.
fn workspace_dependencies(manifest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_dependencies = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let (section, name) = match header.rsplit_once("dependencies.") {
                Some((section, name)) => (section, Some(name)),
                None => (header.strip_suffix("dependencies").unwrap_or("dev-"), None),
            };
            // `dependencies`, `build-dependencies`, and either for one target only.
            in_dependencies = !section.ends_with("dev-");
            if in_dependencies {
                found.extend(name.and_then(folder_of));
            }
        } else if in_dependencies {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.extend(folder_of(key));
            // A renamed dependency.
            let renamed = line.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
            found.extend(renamed.and_then(folder_of));
        }
    }
    found
}

fn folder_of(package: &str) -> Option<&str> {
    match package.trim().trim_matches('"') {
        "keyferry" => Some("keyferry"),
        package => package.strip_prefix("keyferry-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(folder: &str, rest: &str) -> String {
        format!("[package]\nname = \"{}\"\n\n{rest}", package_name(folder))
    }

    fn using(user: &str, used: &str) -> Vec<String> {
        let dependencies = format!("[dependencies]\n{}.workspace = true\n", package_name(used));
        findings(user, &manifest(user, &dependencies))
    }

    #[test]
    fn allows_layers_below() {
        for (user, used) in [
            ("keyferry", "sandbox"),
            ("keyferry", "domain"),
            ("api", "engine"),
            ("console", "engine"),
            ("console", "listing"),
            ("listing", "access"),
            ("console", "pages"),
            ("pages", "access"),
            ("ops", "http"),
            ("engine", "webauthn"),
            ("yubico", "jose"),
            ("http", "domain"),
            ("http", "settings"),
            ("engine", "settings"),
            ("azure-identity", "http"),
            ("azure-identity", "domain"),
            ("client", "http"),
            ("entra", "azure-identity"),
            ("sandbox", "jose"),
            ("sandbox", "webauthn"),
            ("testkit", "domain"),
            ("testkit", "webauthn"),
            ("simulator", "engine"),
            ("simulator", "testkit"),
        ] {
            assert!(using(user, used).is_empty(), "{user} uses {used}");
        }
    }

    #[test]
    fn rejects_planted_violations() {
        for (user, used) in [
            ("domain", "http"),
            ("domain", "settings"),
            ("settings", "domain"),
            ("jose", "webauthn"),
            ("engine", "entra"),
            ("engine", "store-azure"),
            ("engine", "http"),
            ("engine", "azure-identity"),
            ("engine", "api"),
            ("client", "api"),
            ("http", "azure-identity"),
            ("azure-identity", "entra"),
            ("entra", "yubico"),
            ("mail", "store-sqlite"),
            ("yubico", "engine"),
            ("api", "ops"),
            ("console", "api"),
            ("listing", "api"),
            ("access", "listing"),
            ("pages", "listing"),
            ("pages", "console"),
            ("ops", "sandbox"),
            ("sandbox", "domain"),
            ("sandbox", "engine"),
            ("sandbox", "http"),
            ("sandbox", "yubico"),
            ("api", "keyferry"),
            ("engine", "engine"),
            ("engine", "unknown"),
            ("testkit", "engine"),
            ("testkit", "jose"),
            ("testkit", "testkit"),
            ("simulator", "store-sqlite"),
            ("simulator", "simulator"),
            ("keyferry", "simulator"),
        ] {
            let findings = using(user, used);
            assert_eq!(findings.len(), 1, "{user} uses {used}: {findings:?}");
            assert!(findings[0].contains(used), "{findings:?}");
        }
    }

    #[test]
    fn allows_testkit_only_for_tests() {
        for user in ["engine", "domain", "keyferry", "sandbox"] {
            let findings = using(user, "testkit");
            assert!(findings.len() == 1 && findings[0].contains("for tests"), "{findings:?}");
            let dependencies = "[dev-dependencies]\nkeyferry-testkit.workspace = true\n";
            assert_eq!(super::findings(user, &manifest(user, dependencies)), [""; 0]);
        }
    }

    #[test]
    fn finds_every_notation_of_a_dependency() {
        for written in [
            "[dependencies]\nkeyferry-entra = { path = \"../entra\" }",
            "[dependencies]\nkeyferry-entra={ workspace = true }",
            "[dependencies]\n\"keyferry-entra\" = { workspace = true }",
            "[dependencies]\nother = { package = \"keyferry-entra\", path = \"../entra\" }",
            "[dependencies.keyferry-entra]\nworkspace = true",
            "[dependencies.other]\npackage = \"keyferry-entra\"",
            "[target.'cfg(unix)'.dependencies]\nkeyferry-entra.workspace = true",
            "[target.'cfg(unix)'.dependencies.keyferry-entra]\nworkspace = true",
            "[build-dependencies]\nkeyferry-entra.workspace = true",
            "[dependencies] # of the engine\nkeyferry-entra.workspace = true",
        ] {
            let findings = findings("engine", &manifest("engine", written));
            assert_eq!(findings.len(), 1, "{written}: {findings:?}");
        }
    }

    #[test]
    fn ignores_dev_dependencies_comments_and_other_sections() {
        for written in [
            "[dev-dependencies]\nkeyferry-sandbox.workspace = true",
            "[dev-dependencies.keyferry-sandbox]\nworkspace = true",
            "[dependencies]\n# keyferry-sandbox.workspace = true",
            "[dependencies]\nserde.workspace = true\n[features]\nkeyferry-sandbox = []",
        ] {
            let findings = findings("engine", &manifest("engine", written));
            assert!(findings.is_empty(), "{written}: {findings:?}");
        }
    }

    #[test]
    fn a_crate_needs_a_layer_and_the_right_name() {
        assert!(findings("unlisted", &manifest("unlisted", ""))[0].contains("no layer"));
        let misnamed = findings("jose", "[package]\nname = \"jose\"\n");
        assert!(misnamed[0].contains("keyferry-jose"), "{misnamed:?}");
    }
}
