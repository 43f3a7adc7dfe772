//! Time from the start of `keyferry serve` until it is ready, and its memory without shipments.

use std::time::{Duration, Instant};

use keyferry_proof_support::Sandbox;

use crate::connector::Connector;
use crate::usage::{Usage, anonymous, resident};

const STARTS: usize = 10;
const IDLE: Duration = Duration::from_secs(10);

pub(crate) async fn run(program: &str) {
    let sandbox = Sandbox::start(program);
    let smtp = Connector::by_smtp(&sandbox.base).await;
    println!(
        "| | ready, median of {STARTS} | longest | CPU until ready | memory, idle | of this anonymous | CPU, idle |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, more) in [("Logic App", &[][..]), ("SMTP", &smtp)] {
        let mut durations = Vec::new();
        let mut cpu = Duration::ZERO;
        for _ in 0..STARTS {
            let begin = Instant::now();
            let connector = Connector::with(program, &sandbox.base, 0, more).await;
            durations.push(connector.ready - begin);
            cpu += Usage::of(connector.pid()).cpu;
        }
        durations.sort();
        let connector = Connector::with(program, &sandbox.base, 0, more).await;
        let before = Usage::of(connector.pid());
        tokio::time::sleep(IDLE).await;
        let idle = Usage::of(connector.pid()).since(before).cpu;
        println!(
            "| {name} | {:.0} ms | {:.0} ms | {:.0} ms | {:.1} MiB | {:.1} MiB | {:.1} ms/s |",
            durations[STARTS / 2].as_secs_f64() * 1000.0,
            durations[STARTS - 1].as_secs_f64() * 1000.0,
            cpu.as_secs_f64() * 1000.0 / STARTS as f64,
            resident(connector.pid()) as f64 / 1024.0,
            anonymous(connector.pid()) as f64 / 1024.0,
            idle.as_secs_f64() * 1000.0 / IDLE.as_secs_f64(),
        );
    }
}
