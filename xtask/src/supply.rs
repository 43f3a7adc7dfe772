//! Checks what others contribute to Keyferry: licences, sources, banned crates, known vulnerabilities.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{outsiders, step, tree::Tree, vendored};

/// Every package that any build of any member compiles, tests and build scripts included.
const ALL_BUILDS: &str = "--workspace --all-features --target all --edges normal,build,dev";

/// Runs cargo-deny with `deny.toml`, applies its licences to vendored files, and checks that `ring` is not compiled in.
pub(crate) fn findings(root: &Path) -> Vec<String> {
    let mut findings = deny(root);
    findings.extend(vendored::findings(root));
    match Tree::read(root, ALL_BUILDS) {
        Ok(tree) => findings.extend(ring(&tree)),
        Err(error) => findings.push(error),
    }
    findings
}

/// Returns a finding for each version of `ring` in the tree.
///
/// `Cargo.lock` contains it, as an option of other crates that no build selects.
fn ring(tree: &Tree) -> Vec<String> {
    let found = tree.named("ring");
    if found.is_empty() {
        println!("ring: not in `cargo tree {ALL_BUILDS}` ({} packages)", tree.0.len());
    }
    let finding = |(ring, users): (&crate::tree::Id, Vec<&crate::tree::Id>)| {
        let users: Vec<String> = users.iter().map(|user| format!("{} {}", user.name, user.version)).collect();
        let (version, users) = (&ring.version, users.join(", "));
        format!("ring {version} is compiled in, for {users}. Switch off its feature: the library is aws-lc-rs")
    };
    found.into_iter().map(finding).collect()
}

fn deny(root: &Path) -> Vec<String> {
    let Some(tool) = outsiders::cargo_deny(root) else {
        let missing = "cargo-deny is not installed. Run: cargo xtask outsiders";
        if outsiders::in_ci() {
            return vec![missing.to_owned()];
        }
        println!("{missing}. SKIPPED");
        return Vec::new();
    };
    let cargo_deny = |arguments: &str| {
        let mut command = Command::new(&tool);
        // Only errors: the duplicates of crates are warnings.
        command.args("--locked --log-level error".split(' ')).args(arguments.split(' ')).current_dir(root);
        // cargo-deny starts cargo.
        command.env("CARGO", step::cargo_path());
        command
    };
    let mut checks = "bans licenses sources".to_owned();
    let mut fetch = cargo_deny("fetch db");
    // A network that drops packets must not delay the checks.
    fetch.envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_HTTP_LOW_SPEED_LIMIT", "1"), ("GIT_HTTP_LOW_SPEED_TIME", "20")]);
    let reachable = fetch.stdin(Stdio::null()).output();
    if reachable.is_ok_and(|output| output.status.success()) {
        checks.push_str(" advisories");
    } else {
        println!("advisories: NOT CHECKED, the RustSec database cannot be fetched from here");
    }
    match cargo_deny(&format!("check {checks}")).status() {
        Ok(status) if status.success() => Vec::new(),
        Ok(status) => vec![format!("cargo-deny check {checks}: {status}. See above, and the reasons in deny.toml")],
        Err(error) => vec![format!("cannot start {}: {error}", tool.display())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::LINES;

    #[test]
    fn ring_in_the_tree_is_a_finding() {
        let tree = Tree::parse(LINES).expect("a tree");
        let finding = "ring 0.17.14 is compiled in, for keyferry 0.1.0, rustls 0.23.1. Switch off its feature: \
                       the library is aws-lc-rs";
        assert_eq!(ring(&tree), [finding]);
        let without = LINES.lines().filter(|line| !line.contains("ring")).collect::<Vec<_>>().join("\n");
        assert_eq!(ring(&Tree::parse(&without).expect("a tree")), Vec::<String>::new());
    }
}
