//! Operations of the API, and the roles that permit them.

use crate::role::Role;

/// Operation that a caller may request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Decide about many shipments at once. Each action needs the rights for one shipment, too.
    ActOnShipments,
    /// End an unconfirmed order that was never placed.
    AbandonShipment,
    /// Link an unconfirmed order to a shipment of the delivery service.
    AdoptShipment,
    /// Cancel what has not left of a batch.
    CancelBatch,
    /// Change the content of a row of a batch.
    ChangeBatchRow,
    /// Check the rows of a batch.
    CheckBatch,
    /// Store a batch of orders.
    CreateBatch,
    /// Read a batch.
    GetBatch,
    /// Read all rows of a batch.
    GetBatchResult,
    /// Read the template of an order file.
    GetBatchTemplate,
    /// Read rows of a batch.
    ListBatchRows,
    /// List batches.
    ListBatches,
    /// Pause a batch.
    PauseBatch,
    /// Resume a batch.
    ResumeBatch,
    /// Order the rows of a batch.
    SubmitBatch,
    /// Cancel a shipment.
    CancelShipment,
    /// Check orders before they are placed.
    CheckOrders,
    /// Count shipments by phase and obstacle.
    CountShipments,
    /// Order a key.
    CreateShipment,
    /// Read all details of a shipment.
    GetDetails,
    /// Read the history of a shipment.
    GetEvents,
    /// Read which keys were ordered for a person.
    GetPerson,
    /// Read figures about a period.
    GetReport,
    /// Read the status of a shipment.
    GetShipment,
    /// Read the settings in effect.
    GetStatus,
    /// Give the address of an order that waits for it.
    GiveAddress,
    /// Read to which countries keys can be ordered.
    ListCountries,
    /// Read what can be ordered.
    ListProducts,
    /// Read the events of all shipments.
    ListEvents,
    /// Read which passkeys a person has at the identity provider.
    ListMethods,
    /// List and export shipments.
    ListShipments,
    /// Read the webhooks and their deliveries.
    ListWebhooks,
    /// Report a key as lost: revoke its passkey, and queue an order in its place.
    LoseKey,
    /// Create, change, delete, test and replay webhooks.
    ManageWebhooks,
    /// Revoke the passkeys and cancel the orders of a person who left.
    OffboardPerson,
    /// Print a PIN on a letter.
    PrintPin,
    /// Process all open shipments.
    ProcessShipments,
    /// Queue an order.
    QueueOrder,
    /// Compare the records with the other sides.
    Reconcile,
    /// Queue an order in place of a shipment.
    ReplaceShipment,
    /// Send a PIN again.
    ResendPin,
    /// Record a decision about a shipment.
    ResolveShipment,
    /// Delete a person's passkey at the identity provider.
    RevokeMethod,
    /// Process a shipment again although its obstacle is final.
    RetryShipment,
    /// Mark a key as returned, and revoke its passkey.
    ReturnKey,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 45] = [
        Self::ActOnShipments,
        Self::AbandonShipment,
        Self::AdoptShipment,
        Self::CancelBatch,
        Self::ChangeBatchRow,
        Self::CheckBatch,
        Self::CreateBatch,
        Self::GetBatch,
        Self::GetBatchResult,
        Self::GetBatchTemplate,
        Self::ListBatchRows,
        Self::ListBatches,
        Self::PauseBatch,
        Self::ResumeBatch,
        Self::SubmitBatch,
        Self::CancelShipment,
        Self::CheckOrders,
        Self::CountShipments,
        Self::CreateShipment,
        Self::GetDetails,
        Self::GetEvents,
        Self::GetPerson,
        Self::GetReport,
        Self::GetShipment,
        Self::GetStatus,
        Self::GiveAddress,
        Self::ListCountries,
        Self::ListProducts,
        Self::ListEvents,
        Self::ListMethods,
        Self::ListShipments,
        Self::ListWebhooks,
        Self::LoseKey,
        Self::ManageWebhooks,
        Self::OffboardPerson,
        Self::PrintPin,
        Self::ProcessShipments,
        Self::QueueOrder,
        Self::Reconcile,
        Self::ReplaceShipment,
        Self::ResendPin,
        Self::ResolveShipment,
        Self::RetryShipment,
        Self::ReturnKey,
        Self::RevokeMethod,
    ];

    /// Returns the roles of which each permits the operation.
    ///
    /// `Order` permits reading, but only what the caller ordered itself: see [`crate::Principal::sees`].
    pub fn roles(self) -> &'static [Role] {
        use Role::{Admin, Audit, Operate, Order, Pin, Read};
        match self {
            Self::CheckOrders | Self::CreateShipment | Self::GiveAddress | Self::QueueOrder => &[Order],
            Self::CountShipments
            | Self::GetDetails
            | Self::GetEvents
            | Self::GetPerson
            | Self::GetReport
            | Self::GetShipment
            | Self::ListCountries
            | Self::ListProducts
            | Self::ListShipments => &[Order, Read, Operate, Pin, Audit],
            Self::GetBatch
            | Self::GetBatchResult
            | Self::GetBatchTemplate
            | Self::ListBatchRows
            | Self::ListBatches => &[Read, Operate, Pin, Audit],
            Self::ListEvents | Self::ListMethods | Self::Reconcile => &[Read, Operate, Pin, Audit],
            Self::ListWebhooks => &[Read, Operate, Pin, Audit, Admin],
            Self::ManageWebhooks => &[Admin],
            Self::GetStatus => &[Order, Read, Operate, Pin, Audit, Admin],
            Self::AbandonShipment
            | Self::AdoptShipment
            | Self::CancelShipment
            | Self::CancelBatch
            | Self::ChangeBatchRow
            | Self::CheckBatch
            | Self::CreateBatch
            | Self::PauseBatch
            | Self::ResumeBatch
            | Self::SubmitBatch
            | Self::LoseKey
            | Self::OffboardPerson
            | Self::ProcessShipments
            | Self::ReplaceShipment
            | Self::ReturnKey
            | Self::ResolveShipment
            | Self::RetryShipment
            | Self::RevokeMethod => &[Operate],
            Self::ActOnShipments => &[Operate, Pin],
            Self::PrintPin | Self::ResendPin => &[Pin],
        }
    }

    /// Returns whether every allowed application may use the operation with `KEYFERRY_ROLES=drop-in`: the five of the
    /// guide (section 10), reading, and checking orders.
    pub fn is_open_in_drop_in(self) -> bool {
        match self {
            Self::CheckOrders
            | Self::CountShipments
            | Self::CreateShipment
            | Self::GetDetails
            | Self::GetEvents
            | Self::GetPerson
            | Self::GetReport
            | Self::GetShipment
            | Self::GetStatus
            | Self::ListCountries
            | Self::ListProducts
            | Self::ListEvents
            | Self::ListShipments
            | Self::GetBatch
            | Self::GetBatchResult
            | Self::GetBatchTemplate
            | Self::ListBatchRows
            | Self::ListBatches
            | Self::ProcessShipments
            | Self::ResendPin => true,
            Self::AbandonShipment
            | Self::ActOnShipments
            | Self::AdoptShipment
            | Self::CancelShipment
            | Self::CancelBatch
            | Self::ChangeBatchRow
            | Self::CheckBatch
            | Self::CreateBatch
            | Self::GiveAddress
            | Self::PauseBatch
            | Self::ResumeBatch
            | Self::SubmitBatch
            | Self::ListWebhooks
            | Self::LoseKey
            | Self::ManageWebhooks
            | Self::OffboardPerson
            | Self::PrintPin
            | Self::QueueOrder
            | Self::Reconcile
            | Self::ReplaceShipment
            | Self::ResolveShipment
            | Self::RetryShipment
            | Self::ReturnKey
            | Self::ListMethods
            | Self::RevokeMethod => false,
        }
    }
}
