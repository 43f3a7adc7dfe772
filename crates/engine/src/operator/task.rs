//! Acts in their own task.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use tracing::Instrument as _;

use crate::context::Context;

/// Runs the work in its own task, which continues if the caller disconnects.
pub(crate) async fn in_own_task<T, E>(
    context: &Arc<Context>,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    match context.tasks.spawn(work.in_current_span()).await {
        Ok(result) => result,
        // Continue a panic in the caller's task, so that it is reported like any panic of a request.
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(StoreError::Unavailable(error.to_string()).into()),
        },
    }
}
