//! Parsing of a shipment's state. `crate::states` maps it to the progress of the order.

use keyferry_domain::DeliveryState;
use serde::Deserialize;

use super::text::Text;

/// The members that contain the state: nested under `shipment_state` in responses of the `/fpr` calls, flat in those of
/// the older `shipments_exact`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct States {
    #[serde(default)]
    shipment_state: Option<Nested>,
    #[serde(default)]
    shipment_state_id: Text,
    #[serde(default)]
    shipment_state_message: Text,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Nested {
    Object {
        #[serde(default)]
        shipment_state_id: Text,
        // inferred: only the id of the nested object is documented. The flat form has `shipment_state_message`.
        #[serde(default)]
        shipment_state_message: Text,
        #[serde(default)]
        message: Text,
    },
    Id(Text),
}

impl From<States> for DeliveryState {
    /// Converts the state. The id is `None` if it is missing or not a number.
    fn from(states: States) -> Self {
        let (id, message) = match states.shipment_state {
            Some(Nested::Object { shipment_state_id, shipment_state_message, message }) => {
                (shipment_state_id, shipment_state_message.or(message))
            }
            Some(Nested::Id(id)) => (id, Text::default()),
            None => Default::default(),
        };
        Self {
            id: id.or(states.shipment_state_id).into_option().and_then(|id| id.parse().ok()),
            message: message.or(states.shipment_state_message).cleaned(200),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_state_in_all_documented_forms() {
        for json in [
            r#"{"shipment_state":{"shipment_state_id":103,"color":"green"}}"#,
            r#"{"shipment_state":{"shipment_state_id":"103"}}"#,
            r#"{"shipment_state_id":103}"#,
            r#"{"shipment_state_id":"103","shipment_state":null}"#,
            r#"{"shipment_state":{},"shipment_state_id":103}"#,
            r#"{"shipment_state":103}"#,
        ] {
            let state: DeliveryState = serde_json::from_str::<States>(json).unwrap().into();
            assert_eq!(state, DeliveryState { id: Some(103), message: None }, "{json}");
        }
    }

    #[test]
    fn missing_state_is_none_and_unknown_state_is_kept() {
        for json in
            ["{}", r#"{"shipment_state":{}}"#, r#"{"shipment_state_id":"shipped"}"#, r#"{"shipment_state_id":null}"#]
        {
            let state: DeliveryState = serde_json::from_str::<States>(json).unwrap().into();
            assert_eq!(state.id, None, "{json}");
        }
        let unknown: States = serde_json::from_str(r#"{"shipment_state_id":424242}"#).unwrap();
        assert_eq!(DeliveryState::from(unknown).id, Some(424_242));
    }

    #[test]
    fn parses_message_of_state() {
        for json in [
            r#"{"shipment_state":{"shipment_state_id":3,"message":"Awaiting Validation"}}"#,
            r#"{"shipment_state":{"shipment_state_id":3,"shipment_state_message":"Awaiting Validation"}}"#,
            r#"{"shipment_state_id":3,"shipment_state_message":"Awaiting Validation"}"#,
        ] {
            let state: DeliveryState = serde_json::from_str::<States>(json).unwrap().into();
            assert_eq!(state.message.as_deref(), Some("Awaiting Validation"), "{json}");
        }
    }
}
