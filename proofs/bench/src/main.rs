//! Benchmarks of the whole program. They print figures and compare nothing: durations are no matter for a test.
//!
//! `cargo run -p keyferry-bench -- pacing` measures the pace of calls to Graph, with the adapter alone.
//! `cargo build && cargo run -p keyferry-bench -- checks` measures it with the whole program and a batch.
//! `cargo build && cargo run -p keyferry-bench -- pages` measures the console's pages with 100,000 shipments.
//! `cargo run -p keyferry-bench -- growth` measures orders and runs with a growing number of open shipments.
//! `docs/reference/benchmarks.md` has the figures.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a benchmark")]
#![expect(clippy::disallowed_methods, reason = "a benchmark runs outside of the program, with its own clock")]

mod adapter;
mod connector;
mod growth;
mod pacing;
mod pages;
mod usage;

/// Returns the program beside this one, which `cargo build` puts there.
fn program() -> String {
    let program = std::env::current_exe().unwrap().with_file_name("keyferry");
    assert!(program.exists(), "{} does not exist: build the program first, with `cargo build`", program.display());
    program.display().to_string()
}

/// Runs the work on a thread with a runtime of its own, which the testkit's clock needs.
fn alone<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { work().await });
    };
    std::thread::spawn(run).join().unwrap();
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["pacing"] => adapter::run(60, 6).await,
        ["pacing", "fast"] => adapter::run(400, 2).await,
        ["client", base, configured] => adapter::client(base, configured.parse().unwrap()).await,
        ["checks", only @ ..] => pacing::run(&program(), only).await,
        ["growth"] => alone(|| growth::run(&[1000, 10_000, 100_000])),
        ["growth", "keys", count] => {
            let count = count.parse().unwrap();
            alone(move || growth::keys(count));
        }
        ["growth", sizes @ ..] => {
            let sizes: Vec<u32> = sizes.iter().map(|size| size.parse().unwrap()).collect();
            alone(|| async move { growth::run(&sizes).await });
        }
        ["pages"] => pages::run(&program()).await,
        _ => {
            println!(
                "usage: keyferry-bench pages | growth [NUMBER…] | growth keys NUMBER | pacing [fast] | checks \
                 [graph|graph-1x|graph-2x|graph-10x|delivery|shared]"
            )
        }
    }
}
