//! Passes the optimisation level on to the program, which warns when a service runs without optimisation.

#[expect(clippy::disallowed_methods, reason = "cargo passes its settings to build scripts in the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=KEYFERRY_OPT_LEVEL={}", std::env::var("OPT_LEVEL").unwrap_or_default());
}
