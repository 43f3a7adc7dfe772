//! Extractor of the authorized caller, for handlers.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyferry_access::{Operation, Principal};

use crate::kit::problem::Problem;
use crate::kit::rejections;

/// Caller that may use the operation `O`. The only way for a handler to learn its caller, so that no handler forgets
/// to ask.
pub(crate) struct Allowed<O>(pub(crate) Principal, pub(crate) PhantomData<O>);

/// Marker of an [`Operation`].
pub(crate) trait Guarded {
    const OPERATION: Operation;
}

/// Markers of the operations, with the names of [`Operation`].
pub(crate) mod may {
    macro_rules! markers {
        ($($name:ident),*) => {$(
            pub(crate) struct $name;

            impl super::Guarded for $name {
                const OPERATION: keyferry_access::Operation = keyferry_access::Operation::$name;
            }
        )*};
    }

    markers!(
        CancelBatch,
        ChangeBatchRow,
        CheckBatch,
        CreateBatch,
        GetBatch,
        GetBatchResult,
        GetBatchTemplate,
        ListBatchRows,
        ListBatches,
        PauseBatch,
        ResumeBatch,
        SubmitBatch,
        AbandonShipment,
        ActOnShipments,
        AdoptShipment,
        CancelShipment,
        CheckOrders,
        CountShipments,
        CreateShipment,
        GetDetails,
        GetEvents,
        GetPerson,
        GetReport,
        GetShipment,
        GetStatus,
        ListCountries,
        ListProducts,
        ListEvents,
        ListShipments,
        ListWebhooks,
        ManageWebhooks,
        ProcessShipments,
        QueueOrder,
        ReplaceShipment,
        ResendPin,
        ResolveShipment,
        RetryShipment
    );
}

impl<S: Sync, O: Guarded> FromRequestParts<S> for Allowed<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the authentication layer, a route must reject all requests.
        let Some(principal) = parts.extensions.get::<Principal>() else {
            tracing::error!(path = parts.uri.path(), "route has no authentication layer");
            return Err(Problem::internal());
        };
        principal.permits(O::OPERATION).map_err(|error| {
            rejections::log(&parts.uri, Some(principal.caller()), &error);
            Problem::from(error)
        })?;
        Ok(Self(principal.clone(), PhantomData))
    }
}
