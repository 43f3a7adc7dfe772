//! Wake-up of the dispatcher.

use tokio::sync::Notify;

/// Tells the dispatcher of this process that there is something to send.
#[derive(Default)]
pub(crate) struct Wake(Notify);

impl Wake {
    /// Wakes the dispatcher, also if it is working now.
    pub(crate) fn up(&self) {
        self.0.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.0.notified().await;
    }
}
