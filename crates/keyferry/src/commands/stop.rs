//! Stop signals: Ctrl-C (SIGINT) and SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Exit code of an interrupted process, by the convention of shells (128 + SIGINT).
const INTERRUPTED: i32 = 130;

/// Returns at the first stop signal. A second signal ends the process at once; the next start then recovers unfinished
/// work, as after a crash.
pub(super) async fn requested() {
    once().await;
    tokio::spawn(async {
        once().await;
        tracing::warn!("received a second stop signal: exiting immediately");
        std::process::exit(INTERRUPTED);
    });
}

async fn once() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
