//! The pacer against parties with different limits, in simulated time.

use super::*;
use world::{Window, World};

mod world;

/// A party as the sandbox is one.
fn world(limit: u32, processes: &[u32]) -> World {
    World {
        window: Window::Sliding,
        limits: vec![(0, limit)],
        processes: processes.iter().map(|configured| (*configured, 0)).collect(),
        workers: 16,
        way: 40,
        retry_after: true,
        outage: 0..0,
    }
}

#[test]
fn table() {
    let show = |name: &str, world: World| {
        let begun = std::time::Instant::now();
        let books = world.run(1260);
        let shares: Vec<_> = (0..world.processes.len()).map(|one| format!("{:.0}", books.share(660..1260, one))).collect();
        println!(
            "{name:28} {:>22} | min {:5.1} {:5.2} | 10min {:5.1} {:5.2} | after {:5.1} {:5.2} | storm {} | {} {:?}",
            format!("{:?}", world.processes.iter().map(|one| one.0).collect::<Vec<_>>()),
            books.used(0..60), books.throttled(0..60),
            books.used(0..600), books.throttled(0..600),
            books.used(60..1260), books.throttled(60..1260), books.storm(0..1260), shares.join("+"), begun.elapsed()
        );
    };
    for window in [Window::Sliding, Window::SlidingWithThrottled, Window::Fixed, Window::Bucket] {
        for limit in [5, 60, 400] {
            for (times, count) in [(1, 1), (2, 1), (10, 1), (1, 2), (10, 2), (1, 3), (10, 3)] {
                let one = World { window, ..world(limit, &vec![limit * times; count]) };
                show(&format!("{window:?} {limit} {times}x {count}"), one.clone());
                if window == Window::Sliding {
                    show(&format!("{window:?} {limit} {times}x {count} no r-a"), World { retry_after: false, ..one });
                }
            }
        }
    }
}
