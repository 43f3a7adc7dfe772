use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::*;

/// Longer than any test, so that no turn comes by itself.
const INTERVAL: Duration = Duration::from_secs(1_000);

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<(), QueueFull>> + 'a>>;

/// Returns a gate whose first turn was taken.
async fn gate(longest_wait: Option<Duration>) -> Gate {
    let gate = Gate::new(Pacing { requests: 5, per: INTERVAL * 5, longest_wait }).unwrap();
    gate.pass(true).await.unwrap();
    gate
}

async fn is_waiting(one: &mut Waiting<'_>) -> bool {
    poll_fn(|context| Poll::Ready(one.as_mut().poll(context).is_pending())).await
}

/// Adds requests to the queue.
async fn queue(gate: &Gate, count: usize) -> Vec<Waiting<'_>> {
    let mut queue: Vec<Waiting<'_>> = (0..count).map(|_| Box::pin(gate.pass(true)) as Waiting<'_>).collect();
    for one in &mut queue {
        assert!(is_waiting(one).await);
    }
    queue
}

/// Makes it the turn of the first request in the queue.
fn next_turn(gate: &Gate) {
    gate.schedule().next = Instant::now();
}

#[tokio::test]
async fn spaces_requests_evenly_without_bursts() {
    let gate = gate(None).await;
    let next = gate.schedule().next;
    assert!(next > Instant::now() + INTERVAL / 2 && next <= Instant::now() + INTERVAL);
    // A turn that nobody took is lost.
    gate.schedule().next = Instant::now().checked_sub(Duration::from_millis(50)).unwrap();
    gate.pass(true).await.unwrap();
    assert!(gate.schedule().next > Instant::now() + INTERVAL / 2);
}

#[tokio::test]
async fn waiting_requests_keep_their_order_and_dropped_ones_take_no_turn() {
    let gate = gate(None).await;
    let taken = gate.schedule().next;
    let mut waiting = queue(&gate, 4).await;
    assert_eq!(gate.schedule().queued, 4);
    // The first one sleeps until its turn, the third one waits behind it.
    drop(waiting.remove(2));
    drop(waiting.remove(0));
    let (queued, next) = {
        let schedule = gate.schedule();
        (schedule.queued, schedule.next)
    };
    assert_eq!((queued, next), (2, taken));

    next_turn(&gate);
    assert!(is_waiting(&mut waiting[1]).await, "the last one passed the second one");
    waiting.remove(0).await.unwrap();
    assert!(is_waiting(&mut waiting[0]).await);
    assert_eq!(gate.schedule().queued, 1);
    drop(waiting);
    assert_eq!(gate.schedule().queued, 0);
    next_turn(&gate);
    gate.pass(true).await.unwrap();
}

#[tokio::test]
async fn refuses_at_once_if_the_queue_is_too_long() {
    let gate = gate(Some(INTERVAL * 2)).await;
    let mut waiting = queue(&gate, 2).await;
    let QueueFull { retry_after } = gate.pass(true).await.unwrap_err();
    assert!(retry_after > INTERVAL * 9 / 10 && retry_after <= INTERVAL, "{retry_after:?}");
    assert_eq!(gate.schedule().queued, 2);
    // Without a limit, the same request waits.
    let mut unlimited: Waiting<'_> = Box::pin(gate.pass(false));
    assert!(is_waiting(&mut unlimited).await);
    drop(unlimited);

    drop(waiting.remove(0));
    assert!(is_waiting(&mut (Box::pin(gate.pass(true)) as Waiting<'_>)).await);
}

#[test]
fn rejects_zero_requests_and_zero_period() {
    for (requests, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
        assert!(matches!(Gate::new(Pacing { requests, per, longest_wait: None }), Err(Error::Pacing { .. })));
    }
}
