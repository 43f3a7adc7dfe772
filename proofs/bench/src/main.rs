//! Benchmarks of the whole program. They print figures and compare nothing: durations are no matter for a test.
//!
//! `cargo xtask bench` lists them, and `cargo xtask bench NAME` builds the optimised program and runs one.
//! `docs/reference/benchmarks.md` has the figures.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a benchmark")]
#![expect(clippy::disallowed_methods, reason = "a benchmark runs outside of the program, with its own clock")]

mod adapter;
mod api;
mod bare;
mod calls;
mod connector;
mod contestant;
mod growth;
mod hours;
mod keys;
mod open;
mod pacing;
mod pages;
mod preflight;
mod primitives;
mod start;
mod usage;
mod work;

const USAGE: &str = "\
usage: cargo xtask bench NAME

  keys [keyferry|python|node]  CPU, calls, fsyncs and bytes per key, against the bare cryptography and scripts
  calls                        CPU of one outgoing call, against bare reqwest
  primitives                   CPU of seal, open and verify, against the JDK
  start                        time until the program is ready, and memory without shipments
  open [NUMBER]                memory with 20,000 open shipments, at rest and during a run
  growth [NUMBER…]             cost with a growing number of open shipments
  growth keys NUMBER           cost of keys, in this process
  hours [NUMBER]               20,000 orders at the documented pace of Graph, in simulated time
  preflight                    reading and upload of an order file with 100,000 rows, against a plain read
  api                          requests per second and latency of the API, against a bare handler
  pages                        pages of the console with 100,000 shipments
  pacing [fast]                pace of calls to Graph, with the adapter alone
  checks [graph|graph-1x|graph-2x|graph-10x|delivery|shared]
                               pace of calls with the whole program and a batch
";

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
        ["hours"] => std::thread::spawn(|| hours::run(20_000)).join().unwrap(),
        ["hours", orders] => {
            let orders = orders.parse().unwrap();
            std::thread::spawn(move || hours::run(orders)).join().unwrap();
        }
        ["preflight"] => preflight::run(&program()).await,
        ["read", reader, path] => preflight::read(reader, path),
        ["api"] => api::run(&program()).await,
        ["bare", base] => api::serve(base).await,
        ["load", address, connections, seconds] => {
            api::load(address, connections.parse().unwrap(), seconds.parse().unwrap()).await;
        }
        ["open"] => open::run(&program(), 20_000).await,
        ["open", shipments] => open::run(&program(), shipments.parse().unwrap()).await,
        ["pages"] => pages::run(&program()).await,
        ["keys", only @ ..] => keys::run(&program(), only).await,
        // It has a runtime of its own, so that all its work is on one thread.
        ["calls"] => std::thread::spawn(calls::run).join().unwrap(),
        ["primitives"] => primitives::run(),
        ["start"] => start::run(&program()).await,
        _ => print!("{USAGE}"),
    }
}
