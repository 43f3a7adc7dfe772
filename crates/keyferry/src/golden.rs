//! Pages of the documentation that are generated from the code.

/// Compares a page with its file. Writes the file instead if `UPDATE_GOLDEN` is `1`.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting of the program")]
pub(crate) fn check(path: &str, content: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        std::fs::write(&file, content).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, content, "{path} is out of date: run `cargo xtask golden`");
}
