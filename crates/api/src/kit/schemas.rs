//! Enumerations of the OpenAPI document. Their values are the domain's names.

use std::borrow::Cow;

use keyferry_domain::PhaseName;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares the schema of an enumeration: its name, its description and its values.
macro_rules! enumeration {
    ($(#[doc = $description:literal] $name:ident = $values:expr;)*) => {$(
        #[doc = $description]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some($values));
                schema.description(Some($description.trim())).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

enumeration! {
    /// State of a shipment in the guide's view. `complete`: the key is registered and the PIN is delivered.
    ShipmentState = ["ongoing", "complete"];
    /// Kind of an error in the guide's view.
    ErrorKind = ["GENERAL"];
    /// Origin of an error: the connector, or an invalid request.
    ApiErrorCode = ["api_error"];
    /// Origin of an error: the delivery service, or the key factory behind it.
    YeErrorCode = ["ye_error"];
    /// Origin of an error: the identity provider.
    IdpErrorCode = ["idp_error"];
    /// Phase of a shipment.
    Phase = shown_phases();
    /// Class of an obstacle.
    ObstacleClass = keyferry_domain::ObstacleClass::ALL.map(keyferry_domain::ObstacleClass::as_str);
    /// Class of an obstacle, or `none`.
    ObstacleFilter = ["retry", "attention", "final", "none"];
    /// Order of a listing. `deadline` and `next_attempt`: earliest first, then those without the time.
    ShipmentOrder = ["id", "newest", "updated", "deadline", "next_attempt"];
    /// Action for many shipments.
    ShipmentAction = ["retry", "cancel", "abandon", "resolve", "resend-pin"];
    /// The value `true`.
    OnlyTrue = ["true"];
    /// Kind of an event.
    EventKind = keyferry_domain::EventKind::ALL.map(keyferry_domain::EventKind::as_str);
    /// Result of the comparison of a passkey's record with the identity provider.
    MethodStanding = keyferry_engine::Standing::ALL.map(keyferry_engine::Standing::as_str);
    /// Cause of the end of a key's use.
    WithdrawalCause = keyferry_domain::WithdrawalCause::ALL.map(keyferry_domain::WithdrawalCause::as_str);
    /// Step of the act that ends a key's use.
    WithdrawalStep = keyferry_domain::WithdrawalStep::ALL.map(keyferry_domain::WithdrawalStep::as_str);
    /// Kind of a difference between records, delivery service and identity provider.
    DifferenceKind = keyferry_engine::DifferenceKind::ALL.map(keyferry_engine::DifferenceKind::as_str);
    /// Whether a webhook receives messages.
    WebhookState = ["enabled", "disabled"];
    /// State of a message to a webhook.
    DeliveryStage = keyferry_domain::DeliveryStage::ALL.map(keyferry_domain::DeliveryStage::as_str);
    /// Type of an event for front ends.
    EventType = keyferry_engine::EventType::all().map(|kind| kind.to_string());
    /// Consequence of a finding. `error`: the order would be refused, or would not end with a usable key.
    Severity = keyferry_domain::Severity::ALL.map(keyferry_domain::Severity::as_str);
    /// Kind of a finding. The reference page "Checks" describes each.
    CheckCode = keyferry_domain::CheckCode::ALL.iter().map(|code| code.as_str());
    /// State of a batch.
    BatchState = keyferry_domain::BatchStateName::ALL.iter().map(|state| state.as_str());
    /// What was done with a batch.
    BatchAct = keyferry_domain::BatchActKind::ALL.iter().map(|act| act.as_str());
    /// State of a row of a batch, or the phase of its shipment.
    RowState = keyferry_domain::RowState::ALL
        .into_iter()
        .map(keyferry_domain::RowState::as_str)
        .filter(|state| !shown_phases().any(|phase| phase == *state))
        .chain(shown_phases());
    /// What a report is grouped by.
    ReportGroup = ["batch", "product", "country"];
    /// Who gives the address. `person`: the person whom the key is for, after the order.
    AddressBy = keyferry_domain::AddressBy::ALL.map(keyferry_domain::AddressBy::as_str);
    /// How the PIN is chosen. `generate`: the factory chooses a random PIN.
    PinType = ["generate"];
    /// Decision of an operator.
    ResolveOutcome = ["complete", "retry", "adopted", "recalled"];
}

/// Kind of delivery: `1` normal, `2` expedited.
pub(crate) struct DeliveryType;

impl PartialSchema for DeliveryType {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([1, 2]));
        schema.description(Some("Kind of delivery. `1`: normal. `2`: expedited.")).into()
    }
}

impl ToSchema for DeliveryType {
    fn name() -> Cow<'static, str> {
        "DeliveryType".into()
    }
}

/// Returns the phases that responses contain, without repetitions.
pub(crate) fn shown_phases() -> impl Iterator<Item = &'static str> {
    keyferry_listing::shown_phases().map(PhaseName::as_str)
}
