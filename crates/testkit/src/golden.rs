//! Documentation pages that are generated from code.

/// Compares a page with its file (path relative to the repository root). Writes the file first if `UPDATE_GOLDEN` is
/// `1`.
///
/// # Panics
/// If the file differs from the page.
#[expect(clippy::disallowed_methods, reason = "a switch of tests, not a setting of Keyferry")]
pub fn check(path: &str, content: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        std::fs::write(&file, content).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, content, "{path} is out of date: run `cargo xtask golden`");
}
