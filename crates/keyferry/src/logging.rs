//! Log lines, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Starts logging: our own crates at `level`, others' at WARN, whatever `level` says, since theirs show more than ours.
pub(crate) fn start(level: &str, json: bool) {
    let own = ["api", "domain", "engine", "entra", "http", "mail", "ops", "sandbox", "store_sqlite", "yubico"];
    let mut filter = format!("warn,keyferry={level}");
    for crate_name in own {
        filter.push_str(&format!(",keyferry_{crate_name}={level}"));
    }
    // Whoever searches a platform's collected lines for a text finds no colours in between.
    let colours = std::io::stderr().is_terminal();
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    let result = if json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().with_target(false).with_ansi(colours).with_writer(std::io::stderr)).try_init()
    };
    // A second start happens in tests only, and the first one goes on.
    drop(result);
}
