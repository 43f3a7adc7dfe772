//! When to stop: Ctrl-C, or what a container runtime sends.

use tokio::signal::unix::{SignalKind, signal};

/// What a process that was interrupted ends with, by the shell's convention.
const INTERRUPTED: i32 = 130;

/// Returns when the process is asked to stop. Asked once more, it ends at once: what was under way is then settled by
/// the next start, as after a crash.
pub(super) async fn asked() {
    once().await;
    tokio::spawn(async {
        once().await;
        tracing::warn!("asked to stop once more: ended at once");
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
