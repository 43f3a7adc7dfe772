//! The packages that a build compiles, as `cargo tree` resolves them: with the features and for the platform of that
//! build. `Cargo.lock` and `cargo metadata` also name packages that no build compiles.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use crate::step;

/// Name and version of a package, such as `ring 0.17.14`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// What `cargo tree` prints of a package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// A licence expression.
    pub(crate) license: Option<String>,
    /// The packages that it uses.
    pub(crate) uses: BTreeSet<Id>,
}

/// The packages of a build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree(pub(crate) BTreeMap<Id, Package>);

impl Tree {
    /// Runs `cargo tree` with the arguments that select the build.
    pub(crate) fn read(root: &Path, build: &str) -> Result<Self, String> {
        let mut command = Command::new(step::cargo_path());
        command.args("tree --quiet --locked --charset utf8 --prefix depth --format |{p}|{l}".split(' '));
        command.args(build.split(' ')).current_dir(root);
        let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo tree {build}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let tree = Self::parse(&String::from_utf8_lossy(&output.stdout))?;
        // `cargo tree` succeeds when its arguments select nothing.
        if tree.0.is_empty() { Err(format!("cargo tree {build}: no package")) } else { Ok(tree) }
    }

    /// Reads lines like `2|syn v3.0.10|MIT OR Apache-2.0`, which start with the depth.
    ///
    /// A package that was listed before is marked with `(*)`, and its dependencies are not repeated.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tree = Self::default();
        let mut above: Vec<Id> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let unreadable = || format!("cargo tree: unreadable line: {line}");
            let mut fields = line.trim_end_matches(" (*)").split('|');
            let (Some(depth), Some(package), Some(license)) = (fields.next(), fields.next(), fields.next()) else {
                return Err(unreadable());
            };
            let depth: usize = depth.parse().map_err(|_| unreadable())?;
            let mut words = package.split(' ');
            let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v')))
            else {
                return Err(unreadable());
            };
            let id = Id { name: name.to_owned(), version: version.to_owned() };
            above.truncate(depth);
            if let Some(user) = above.last().and_then(|user| tree.0.get_mut(user)) {
                user.uses.insert(id.clone());
            }
            let license = Some(license).filter(|license| !license.is_empty());
            // A slash between licences is the old form of OR.
            tree.0.entry(id.clone()).or_default().license = license.map(|license| license.replace('/', " OR "));
            above.push(id);
        }
        Ok(tree)
    }

    /// Returns the packages of a name, each with the packages that use it.
    pub(crate) fn named(&self, name: &str) -> Vec<(&Id, Vec<&Id>)> {
        let ids = self.0.keys().filter(|id| id.name == name);
        ids.map(|id| (id, self.0.iter().filter(|(_, user)| user.uses.contains(id)).map(|(user, _)| user).collect()))
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn id(name: &str, version: &str) -> Id {
        Id { name: name.to_owned(), version: version.to_owned() }
    }

    pub(crate) const LINES: &str = "\
0|keyferry v0.1.0 (/w/crates/keyferry)|Apache-2.0 OR MIT
1|serde_derive v1.0.2 (proc-macro)|MIT/Apache-2.0
1|rustls v0.23.1|ISC
2|ring v0.17.14|
1|ring v0.17.14| (*)
";

    #[test]
    fn edges_follow_the_depth() {
        let tree = Tree::parse(LINES).expect("a tree");
        let keyferry = &tree.0[&id("keyferry", "0.1.0")];
        assert_eq!(keyferry.license.as_deref(), Some("Apache-2.0 OR MIT"));
        let used: Vec<&str> = keyferry.uses.iter().map(|id| id.name.as_str()).collect();
        assert_eq!(used, ["ring", "rustls", "serde_derive"]);
        assert_eq!(tree.0[&id("serde_derive", "1.0.2")].license.as_deref(), Some("MIT OR Apache-2.0"));
        let ring = id("ring", "0.17.14");
        assert_eq!(tree.0[&ring], Package::default());
        assert_eq!(tree.named("ring"), [(&ring, vec![&id("keyferry", "0.1.0"), &id("rustls", "0.23.1")])]);
        assert_eq!(tree.named("rin"), []);
    }

    #[test]
    fn a_line_of_another_form_is_an_error() {
        for line in ["keyferry v0.1.0|MIT", "0|keyferry|MIT", "0|keyferry v0.1.0", "[build-dependencies]"] {
            assert!(Tree::parse(line).is_err_and(|error| error.contains(line)), "{line}");
        }
    }
}
