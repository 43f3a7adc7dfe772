//! When to stop: Ctrl-C, or what a container runtime sends.

use tokio::signal::unix::{SignalKind, signal};

/// Returns when the process is asked to stop.
pub(super) async fn asked() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
