//! Pages of the documentation that are printed from the code.

/// Compares a page with its file (path from the repository's root), or writes it when `UPDATE_GOLDEN` is `1`.
#[expect(clippy::disallowed_methods, reason = "a test's switch is no setting of the program")]
pub fn check(path: &str, content: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        std::fs::write(&file, content).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, content, "{path} is not what the code prints: run `cargo xtask golden`");
}
