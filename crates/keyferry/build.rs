//! Passes the optimisation level on to the program, which warns when a service runs without optimisation.
#![expect(clippy::print_stdout, reason = "a build script talks to cargo on standard output")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=KEYFERRY_OPT_LEVEL={}", std::env::var("OPT_LEVEL").unwrap_or_default());
}
