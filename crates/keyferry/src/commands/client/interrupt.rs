//! Ctrl-C: what is left, and the command that continues.

use std::sync::{Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};

use crate::terminal::note;

static HINT: Mutex<Option<String>> = Mutex::new(None);

/// Sets the words that are printed at Ctrl-C from now on: what goes on without this program, and how to continue.
pub(super) fn explain_with(words: impl Into<String>) {
    *HINT.lock().unwrap_or_else(PoisonError::into_inner) = Some(words.into());
}

/// Prints these words.
pub(super) fn explain() {
    let hint = HINT.lock().unwrap_or_else(PoisonError::into_inner).take();
    note(format!("\nkeyferry: interrupted. {}", hint.unwrap_or_default()).trim_end());
}

/// Returns at the first signal to stop.
pub(super) async fn requested() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
