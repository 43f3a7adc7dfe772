//! Markers of operations: handlers name in their types what they do, so that none forgets to ask.

use crate::operation::Operation;

/// Marker of an [`Operation`].
pub trait Guarded {
    /// The operation.
    const OPERATION: Operation;
}

/// Markers of all operations, with the names of [`Operation`].
pub mod may {
    macro_rules! markers {
        ($($name:ident),* $(,)?) => {$(
            /// Marker of [`Operation`](super::Operation) with this name.
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl super::Guarded for $name {
                const OPERATION: super::Operation = super::Operation::$name;
            }
        )*};
    }

    markers!(
        AbandonShipment,
        ActOnShipments,
        AdoptShipment,
        CancelBatch,
        ChangeBatchRow,
        CancelShipment,
        CheckBatch,
        CheckOrders,
        CountShipments,
        CreateBatch,
        CreateShipment,
        GetBatch,
        GetBatchResult,
        GetBatchTemplate,
        GetDetails,
        GetEvents,
        GetPerson,
        GetReport,
        GetShipment,
        GetStatus,
        GiveAddress,
        ListBatchRows,
        ListBatches,
        ListCountries,
        ListEvents,
        ListMethods,
        ListProducts,
        ListShipments,
        ListWebhooks,
        LoseKey,
        ManageWebhooks,
        PauseBatch,
        OffboardPerson,
        PrintPin,
        ProcessShipments,
        QueueOrder,
        Reconcile,
        ReplaceShipment,
        ResendPin,
        ResolveShipment,
        ResumeBatch,
        RetryShipment,
        ReturnKey,
        RevokeMethod,
        SubmitBatch,
    );
}
