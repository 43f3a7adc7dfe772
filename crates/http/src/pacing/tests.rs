use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::*;

/// Longer than any test, so that no turn comes by itself.
const INTERVAL: Duration = Duration::from_secs(1_000);

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Turn, QueueFull>> + 'a>>;

/// Returns a gate whose first turn was taken.
async fn gate(longest_wait: Option<Duration>) -> Pacer {
    let gate = Pacer::new(Pacing { requests: 5, per: INTERVAL * 5, longest_wait }).unwrap();
    gate.pass(Lane::Interactive, true).await.unwrap();
    gate
}

fn in_queue(schedule: &Schedule) -> u32 {
    schedule.waiting.iter().sum()
}

async fn is_waiting(one: &mut Waiting<'_>) -> bool {
    poll_fn(|context| Poll::Ready(one.as_mut().poll(context).is_pending())).await
}

/// Adds requests to the queue.
async fn queue(gate: &Pacer, count: usize) -> Vec<Waiting<'_>> {
    let mut queue: Vec<Waiting<'_>> =
        (0..count).map(|_| Box::pin(gate.pass(Lane::Interactive, true)) as Waiting<'_>).collect();
    for one in &mut queue {
        assert!(is_waiting(one).await);
    }
    queue
}

/// Makes it the turn of the first request in the queue.
fn next_turn(gate: &Pacer) {
    gate.schedule().next = Instant::now();
}

#[tokio::test]
async fn spaces_requests_evenly_without_bursts() {
    let gate = gate(None).await;
    let next = gate.schedule().next;
    assert!(next > Instant::now() + INTERVAL / 2 && next <= Instant::now() + INTERVAL.mul_f64(1.02));
    // A turn that nobody took is lost.
    gate.schedule().next = Instant::now().checked_sub(Duration::from_millis(50)).unwrap();
    gate.pass(Lane::Interactive, true).await.unwrap();
    assert!(gate.schedule().next > Instant::now() + INTERVAL / 2);
}

#[tokio::test]
async fn waiting_requests_keep_their_order_and_dropped_ones_take_no_turn() {
    let gate = gate(None).await;
    let taken = gate.schedule().next;
    let mut waiting = queue(&gate, 4).await;
    assert_eq!(in_queue(&gate.schedule()), 4);
    // The first one sleeps until its turn, the third one waits behind it.
    drop(waiting.remove(2));
    drop(waiting.remove(0));
    let (queued, next) = {
        let schedule = gate.schedule();
        (in_queue(&schedule), schedule.next)
    };
    assert_eq!((queued, next), (2, taken));

    next_turn(&gate);
    assert!(is_waiting(&mut waiting[1]).await, "the last one passed the second one");
    waiting.remove(0).await.unwrap();
    assert!(is_waiting(&mut waiting[0]).await);
    assert_eq!(in_queue(&gate.schedule()), 1);
    drop(waiting);
    assert_eq!(in_queue(&gate.schedule()), 0);
    next_turn(&gate);
    gate.pass(Lane::Interactive, true).await.unwrap();
}

#[tokio::test]
async fn refuses_at_once_if_the_queue_is_too_long() {
    let gate = gate(Some(INTERVAL * 21 / 10)).await;
    let mut waiting = queue(&gate, 2).await;
    let QueueFull { retry_after } = gate.pass(Lane::Interactive, true).await.unwrap_err();
    assert!(retry_after > INTERVAL * 9 / 10 && retry_after <= INTERVAL, "{retry_after:?}");
    assert_eq!(in_queue(&gate.schedule()), 2);
    // Without a limit, the same request waits.
    let mut unlimited: Waiting<'_> = Box::pin(gate.pass(Lane::Interactive, false));
    assert!(is_waiting(&mut unlimited).await);
    drop(unlimited);

    drop(waiting.remove(0));
    assert!(is_waiting(&mut (Box::pin(gate.pass(Lane::Interactive, true)) as Waiting<'_>)).await);
}

#[test]
fn rejects_zero_requests_and_zero_period() {
    for (requests, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
        assert!(matches!(Pacer::new(Pacing { requests, per, longest_wait: None }), Err(Error::Pacing { .. })));
    }
}

async fn bulk(gate: &Pacer, count: usize) -> Vec<Waiting<'_>> {
    let mut queue: Vec<Waiting<'_>> =
        (0..count).map(|_| Box::pin(gate.pass(Lane::Bulk, true)) as Waiting<'_>).collect();
    for one in &mut queue {
        assert!(is_waiting(one).await);
    }
    queue
}

/// Lets the requests take turns, and returns the lanes in the order of their turns.
async fn turns(gate: &Pacer, mut waiting: Vec<(Lane, Waiting<'_>)>) -> Vec<Lane> {
    let mut order = Vec::new();
    while !waiting.is_empty() {
        next_turn(gate);
        gate.changed.notify_waiters();
        let mut left = Vec::new();
        for (lane, mut one) in waiting {
            match is_waiting(&mut one).await {
                true => left.push((lane, one)),
                false => order.push(lane),
            }
        }
        waiting = left;
    }
    order
}

#[tokio::test]
async fn interactive_requests_pass_bulk_ones_but_never_starve_them() {
    let gate = gate(None).await;
    let mut waiting: Vec<_> = bulk(&gate, 3).await.into_iter().map(|one| (Lane::Bulk, one)).collect();
    waiting.extend(queue(&gate, 9).await.into_iter().map(|one| (Lane::Interactive, one)));
    let order = turns(&gate, waiting).await;
    let first: Vec<_> = order.iter().enumerate().filter(|(_, lane)| **lane == Lane::Bulk).map(|(at, _)| at).collect();
    assert_eq!(order.len(), 12);
    assert_eq!(first, [4, 9, 11], "{order:?}");
}

#[tokio::test]
async fn dropped_interactive_request_gives_the_turn_to_the_bulk_lane() {
    let gate = gate(None).await;
    let mut one = bulk(&gate, 1).await;
    let ahead = queue(&gate, 1).await;
    next_turn(&gate);
    assert!(is_waiting(&mut one[0]).await, "the interactive request is ahead");
    drop(ahead);
    one.remove(0).await.unwrap();
}

#[tokio::test]
async fn throttled_request_stops_all_for_the_time_asked_for_and_slows_down() {
    let interval = Duration::from_secs(10);
    let gate = Pacer::new(Pacing { requests: 1, per: interval, longest_wait: None }).unwrap();
    let turn = gate.pass(Lane::Bulk, false).await.unwrap();
    gate.answered(turn, 429, Some(Duration::from_secs(30)));
    {
        let schedule = gate.schedule();
        assert!(schedule.rate.interval() > interval);
        assert!(schedule.next > Instant::now() + Duration::from_secs(25));
    }
    gate.answered(turn, 200, None);
    assert!(gate.schedule().rate.interval() > interval, "the pace increases slowly");
}

#[tokio::test]
async fn bulk_requests_do_not_count_for_the_longest_wait_of_interactive_ones() {
    let gate = gate(Some(INTERVAL * 2)).await;
    let _bulk: Vec<_> = (0..100).map(|_| Box::pin(gate.pass(Lane::Bulk, false)) as Waiting<'_>).collect();
    let mut first: Waiting<'_> = Box::pin(gate.pass(Lane::Interactive, true));
    assert!(is_waiting(&mut first).await);
}
