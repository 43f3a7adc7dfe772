//! Tests on small crates on disk, with and without cycles.

use std::{env, fs, path::PathBuf, process};

use super::*;

/// A crate on disk, removed when dropped.
struct Planted(PathBuf);

impl Planted {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = env::temp_dir().join(format!("keyferry-cycles-{name}-{}", process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(root)
    }

    fn cycles(&self) -> Vec<Cycle> {
        of_crate(&self.0, &Modules::read(&self.0.join("lib.rs")).expect("a crate"))
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns each cycle as one line: its files, and the imports between them.
fn cycles(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let shown = |cycle: Cycle| format!("{}: {}", cycle.files.join(" "), cycle.imports);
    Planted::new(name, files).cycles().into_iter().map(shown).collect()
}

#[test]
fn finds_cycle_between_siblings() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
        ("a.rs", "use crate::{b::{self, B}, c::C};\npub struct A;"),
        ("b.rs", "use super::A;\npub struct B;"),
        ("c.rs", "use std::fmt;\npub struct C;"),
    ];
    let expected = "a.rs b.rs: a.rs imports B, b from b.rs; b.rs imports A from a.rs";
    assert_eq!(cycles("siblings", &files), [expected]);
}

#[test]
fn finds_cycle_of_three_files_across_folders() {
    let files = [
        ("lib.rs", "mod a;\nmod deep;"),
        ("a.rs", "use crate::deep::Leaf;\npub fn a() {}"),
        ("deep/mod.rs", "mod leaf;\nmod other;\npub(crate) use leaf::*;"),
        ("deep/leaf.rs", "use super::other::Other;\npub struct Leaf;"),
        ("deep/other.rs", "use super::super::a::a;\npub struct Other;"),
    ];
    let found = cycles("folders", &files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.rs deep/leaf.rs deep/other.rs: a.rs imports Leaf from deep/leaf.rs;"), "{found:?}");
}

#[test]
fn finds_cycle_between_parent_and_child() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child;\nuse child::Child;\npub struct A;"),
        ("a/child.rs", "use super::A;\npub struct Child;"),
    ];
    assert_eq!(
        cycles("parent", &files),
        ["a.rs a/child.rs: a.rs imports Child from a/child.rs; a/child.rs imports A from a.rs"]
    );
}

#[test]
fn ignores_declarations_and_re_exports_of_a_parent() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use self::a::A;\npub use crate::b::B;\npub struct Top;"),
        ("a.rs", "use crate::{B, Top};\npub struct A;"),
        ("b.rs", "use super::Top;\npub enum B {}"),
    ];
    assert_eq!(cycles("re-exports", &files), [""; 0]);
}

#[test]
fn ignores_imports_of_tests() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod c;\nmod testing;"),
        ("a.rs", "use crate::b::B;\npub struct A;\n#[cfg(test)]\nmod tests;"),
        ("a/tests.rs", "use super::*;"),
        ("b.rs", "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }"),
        ("c.rs", "use crate::testing::T;"),
        ("testing.rs", "use crate::testing::deep::*; mod deep;"),
    ];
    assert_eq!(cycles("tests", &files), [""; 0]);
}
