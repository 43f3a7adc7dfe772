//! Crates on disk, with and without circles.

use std::{env, fs, path::PathBuf, process};

use super::*;

/// A crate on disk, removed when dropped.
struct Planted(PathBuf);

impl Planted {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = env::temp_dir().join(format!("keyferry-circles-{name}-{}", process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(root)
    }

    fn circles(&self) -> Vec<Circle> {
        of_crate(&self.0, &Modules::read(&self.0.join("lib.rs")).expect("a crate"))
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files of each circle, and the names that tie them.
fn circles(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let shown = |circle: Circle| format!("{}: {}", circle.files.join(" "), circle.ties);
    Planted::new(name, files).circles().into_iter().map(shown).collect()
}

#[test]
fn siblings_that_import_each_other_are_found() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
        ("a.rs", "use crate::{b::{self, B}, c::C};\npub struct A;"),
        ("b.rs", "use super::A;\npub struct B;"),
        ("c.rs", "use std::fmt;\npub struct C;"),
    ];
    let expected = "a.rs b.rs: a.rs takes B, b from b.rs; b.rs takes A from a.rs";
    assert_eq!(circles("siblings", &files), [expected]);
}

#[test]
fn a_circle_of_three_through_folders_is_found() {
    let files = [
        ("lib.rs", "mod a;\nmod deep;"),
        ("a.rs", "use crate::deep::Leaf;\npub fn a() {}"),
        ("deep/mod.rs", "mod leaf;\nmod other;\npub(crate) use leaf::*;"),
        ("deep/leaf.rs", "use super::other::Other;\npub struct Leaf;"),
        ("deep/other.rs", "use super::super::a::a;\npub struct Other;"),
    ];
    let found = circles("folders", &files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.rs deep/leaf.rs deep/other.rs: a.rs takes Leaf from deep/leaf.rs;"), "{found:?}");
}

#[test]
fn a_parent_and_its_child_are_found_too() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child;\nuse child::Child;\npub struct A;"),
        ("a/child.rs", "use super::A;\npub struct Child;"),
    ];
    assert_eq!(
        circles("parent", &files),
        ["a.rs a/child.rs: a.rs takes Child from a/child.rs; a/child.rs takes A from a.rs"]
    );
}

#[test]
fn what_a_parent_declares_and_hands_on_ties_nothing() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use self::a::A;\npub use crate::b::B;\npub struct Top;"),
        ("a.rs", "use crate::{B, Top};\npub struct A;"),
        ("b.rs", "use super::Top;\npub enum B {}"),
    ];
    assert_eq!(circles("face", &files), [""; 0]);
}

#[test]
fn tests_tie_nothing() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod c;\nmod testing;"),
        ("a.rs", "use crate::b::B;\npub struct A;\n#[cfg(test)]\nmod tests;"),
        ("a/tests.rs", "use super::*;"),
        ("b.rs", "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }"),
        ("c.rs", "use crate::testing::T;"),
        ("testing.rs", "use crate::testing::deep::*; mod deep;"),
    ];
    assert_eq!(circles("tests", &files), [""; 0]);
}
