//! Wake-up of work in the background.

use tokio::sync::Notify;

/// Signal to work of this process that there is something to do.
#[derive(Default)]
pub(crate) struct Wake(Notify);

impl Wake {
    /// Wakes the work, also if it is running now.
    pub(crate) fn up(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}
