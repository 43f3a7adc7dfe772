//! Lanes of calls to other systems: what a caller waits for goes ahead of work in the background.

tokio::task_local! {
    static CURRENT: Lane;
}

/// Lane of the calls of the current task. It decides whose turn it is when a rate limit delays calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// A caller waits for the result. The default.
    #[default]
    Interactive,
    /// Nobody waits: queued orders, runs, checks of batches.
    Bulk,
}

impl Lane {
    /// Returns the lane of the current task. Tasks that it spawns start in the default lane.
    pub fn current() -> Self {
        CURRENT.try_with(|lane| *lane).unwrap_or_default()
    }

    /// Runs the work in this lane.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }
}
