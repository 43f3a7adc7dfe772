//! Enumerations of the OpenAPI document. Responses carry the domain's names; tests compare both lists.
#![allow(dead_code, reason = "only the derived schemas are used")]

use utoipa::ToSchema;

/// State of a shipment in the guide's view.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ShipmentState {
    /// Not complete yet.
    Ongoing,
    /// The key is registered and the PIN is delivered.
    Complete,
}

/// Kind of an error in the guide's view.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
pub(crate) enum ErrorKind {
    /// The only kind.
    General,
}

/// Phase of a shipment.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// The intent is durable; the order is being sent.
    Submitting,
    /// The order was not placed.
    Refused,
    /// The order was sent and the response was lost.
    Unconfirmed,
    /// The delivery service has the order.
    Accepted,
    /// The key is made.
    Fulfilled,
    /// The credential is registered.
    Registered,
    /// The PIN is delivered.
    Complete,
    /// The delivery service does not know the order any more.
    Cancelled,
}

/// Class of an obstacle.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ObstacleClass {
    /// Temporary. The next run retries.
    Retry,
    /// An operator must fix something. Every run retries.
    Attention,
    /// Permanent. Nothing is retried until an operator acts.
    Final,
}

/// Kind of an event.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum EventKind {
    /// The intent was made durable.
    Submitted,
    /// The delivery service accepted the order.
    Accepted,
    /// The delivery service refused the order.
    Refused,
    /// The response to the order was lost.
    Unconfirmed,
    /// An operator named the order at the delivery service.
    Adopted,
    /// The delivery service reported another state.
    StateChanged,
    /// The key was made.
    Fulfilled,
    /// The credential was registered.
    Registered,
    /// The PIN was delivered again.
    PinResent,
    /// The shipment is complete.
    Completed,
    /// The shipment is cancelled.
    Cancelled,
    /// An obstacle appeared.
    Obstacle,
    /// The obstacle disappeared.
    ObstacleCleared,
    /// The challenge expires soon.
    DeadlineNear,
    /// An operator requested a retry.
    RetryRequested,
}

/// How a PIN is chosen.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum PinType {
    /// The factory chooses a random PIN.
    Generate,
}

/// Decision of an operator.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ResolveOutcome {
    /// The shipment needs no more processing.
    Complete,
    /// Retry although the obstacle is final.
    Retry,
    /// The unconfirmed order is the delivery service's `shipment_id`.
    Adopted,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;

    fn values<T: PartialSchema>() -> BTreeSet<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["enum"].as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        names.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn enumerations_are_those_of_the_domain() {
        assert_eq!(values::<Phase>(), names(keyferry_domain::PhaseName::ALL.map(|phase| phase.as_str())));
        assert_eq!(values::<ObstacleClass>(), names(keyferry_domain::ObstacleClass::ALL.map(|class| class.as_str())));
        assert_eq!(values::<EventKind>(), names(keyferry_domain::EventKind::ALL.map(|kind| kind.as_str())));
        assert_eq!(values::<ShipmentState>(), names(["ongoing", "complete"]));
        assert_eq!(values::<ErrorKind>(), names(["GENERAL"]));
    }
}
