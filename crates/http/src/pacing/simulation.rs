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
        for limit in [5, 60, 400].into_iter().filter(|limit| *limit < 400 || window == Window::Sliding) {
            for (times, count) in [(1, 1), (2, 1), (10, 1), (1, 2), (10, 2), (1, 3), (10, 3)] {
                let one = World { window, ..world(limit, &vec![limit * times; count]) };
                show(&format!("{window:?} {limit} {times}x {count}"), one.clone());
                if window == Window::Sliding {
                    show(&format!("{window:?} {limit} {times}x {count} no r-a"), World { retry_after: false, ..one });
                }
            }
        }
    }
    for limit in [5, 60, 400] {
        for times in [1, 2, 10] {
            let one = World { processes: vec![(limit * times, 0), (limit * times, 300)], ..world(limit, &[]) };
            let books = one.run(3000);
            print!("late {limit} {times}x: share of the second");
            for from in [300, 360, 420, 600, 900, 1200, 1800, 2400] {
                print!(" {from}: {:.0}", books.share(from..from + if from < 420 { 60 } else { 180 }, 1));
            }
            println!();
            for (name, first, second) in [("up 2x", limit, limit * 2), ("up 1.2x", limit, limit * 12 / 10), ("down", limit * 2, limit)] {
                let one = World { limits: vec![(0, first), (400, second)], ..world(limit, &[limit * times * 2]) };
                let books = one.run(1600);
                print!("{name} {limit} {times}x:");
                for from in [340, 400, 460, 520, 640, 760, 1000, 1300] {
                    print!(" {from}: {:.0} {:.1}", books.used(from..from + 60), books.throttled(from..from + 60));
                }
                println!();
            }
            let one = World { outage: 400..520, ..world(limit, &[limit * times, limit * times]) };
            let books = one.run(1600);
            print!("outage {limit} {times}x, during {:.0} throttled:", books.counted(400..520, |_, passed| !passed));
            for from in [340, 520, 580, 640, 760, 1000, 1300] {
                print!(" {from}: {:.0} {:.1}", books.used(from..from + 60), books.throttled(from..from + 60));
            }
            println!();
        }
    }
}

#[test]
fn trace() {
    let one = World { processes: vec![(60, 0), (60, 300)], ..world(60, &[]) };
    let books = one.run(3000);
    for (at, process, _) in books.calls.iter().filter(|call| !call.2) {
        println!("{at:7.1} {process} paces {:?}", books.paces.iter().rev().find(|(time, _)| time <= at).unwrap());
    }
}
