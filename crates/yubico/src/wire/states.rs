//! Parsing of a shipment's state. `crate::states` maps it to the progress of the order.

use std::collections::BTreeSet;
use std::fmt;

use keyferry_domain::DeliveryState;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::text::{Info, Text};

/// `shipment_state_id`: an integer, as a number or a text. Null and blank texts count as missing.
///
/// The state decides what is done with a shipment, so every other value is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StateId(Option<i64>);

impl StateId {
    pub(super) fn id(self) -> Option<i64> {
        self.0
    }

    fn parse<E: de::Error>(text: Text) -> Result<Self, E> {
        let id = text.into_option().map(|id| id.parse().map_err(|_| E::custom("not an integer of 64 bits")));
        id.transpose().map(Self)
    }
}

impl<'de> Deserialize<'de> for StateId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Text::deserialize(deserializer)?)
    }
}

/// `shipment_state`: an object in responses of the `/fpr` calls. A bare id is accepted as well.
#[derive(Debug, Default)]
pub(super) struct Nested(NestedObject);

#[derive(Debug, Default, Deserialize)]
struct NestedObject {
    #[serde(default)]
    shipment_state_id: StateId,
    // inferred: only the id of the nested object is documented. The flat form has `shipment_state_message`.
    #[serde(default)]
    shipment_state_message: Info,
    #[serde(default)]
    message: Info,
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor)
    }
}

/// Not an untagged enum: that buffers the object, and [`Info`] cannot be read from the buffer.
struct NestedVisitor;

impl NestedVisitor {
    fn bare<E: de::Error>(id: Text) -> Result<Nested, E> {
        Ok(Nested(NestedObject { shipment_state_id: StateId::parse(id)?, ..NestedObject::default() }))
    }
}

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `shipment_state_id`, or an integer")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Nested, A::Error> {
        NestedObject::deserialize(MapAccessDeserializer::new(members)).map(Nested)
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<Nested, E> {
        Self::bare(Text::from(id))
    }

    fn visit_u64<E: de::Error>(self, id: u64) -> Result<Nested, E> {
        Self::bare(Text::from(&*id.to_string()))
    }

    fn visit_i64<E: de::Error>(self, id: i64) -> Result<Nested, E> {
        Self::bare(Text::from(&*id.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Nested, E> {
        Ok(Nested::default())
    }
}

/// Returns the state: from `shipment_state`, or else from the flat members of the older `shipments_exact`.
///
/// The id is `None` if it is missing. Adds the names of unreadable members to `unreadable`.
pub(super) fn state(
    Nested(nested): Nested,
    flat_id: StateId,
    flat_message: Info,
    unreadable: &mut BTreeSet<&'static str>,
) -> DeliveryState {
    const MESSAGE: &str = "shipment_state_message";
    let message = nested.shipment_state_message.read(MESSAGE, unreadable);
    let message = message.or(nested.message.read("message", unreadable)).or(flat_message.read(MESSAGE, unreadable));
    DeliveryState { id: nested.shipment_state_id.0.or(flat_id.0), message: message.cleaned(200) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct States {
        #[serde(default)]
        shipment_state: Nested,
        #[serde(default)]
        shipment_state_id: StateId,
        #[serde(default)]
        shipment_state_message: Info,
    }

    fn read(json: &str) -> Result<(DeliveryState, BTreeSet<&'static str>), serde_json::Error> {
        let mut unreadable = BTreeSet::new();
        let States { shipment_state, shipment_state_id, shipment_state_message } = serde_json::from_str(json)?;
        let state = state(shipment_state, shipment_state_id, shipment_state_message, &mut unreadable);
        Ok((state, unreadable))
    }

    #[test]
    fn parses_state_in_all_documented_forms() {
        for json in [
            r#"{"shipment_state":{"shipment_state_id":103,"color":"green"}}"#,
            r#"{"shipment_state":{"shipment_state_id":"103"}}"#,
            r#"{"shipment_state_id":103}"#,
            r#"{"shipment_state_id":"103","shipment_state":null}"#,
            r#"{"shipment_state":{},"shipment_state_id":103}"#,
            r#"{"shipment_state":103}"#,
            r#"{"shipment_state":"103"}"#,
        ] {
            assert_eq!(read(json).unwrap().0, DeliveryState { id: Some(103), message: None }, "{json}");
        }
    }

    #[test]
    fn missing_state_is_none_and_unknown_state_is_kept() {
        for json in ["{}", r#"{"shipment_state":{}}"#, r#"{"shipment_state_id":null}"#, r#"{"shipment_state":" "}"#] {
            assert_eq!(read(json).unwrap().0.id, None, "{json}");
        }
        assert_eq!(read(r#"{"shipment_state_id":424242}"#).unwrap().0.id, Some(424_242));
    }

    #[test]
    fn rejects_state_that_cannot_be_read() {
        for id in ["\"shipped\"", "\"1 3\"", "103.0", "[103]", "{}", "true", "1e400", "18446744073709551615"] {
            for json in [
                format!(r#"{{"shipment_state":{{"shipment_state_id":{id}}}}}"#),
                format!(r#"{{"shipment_state_id":{id},"shipment_state":{{"shipment_state_id":103}}}}"#),
            ] {
                assert!(read(&json).is_err(), "{json}");
            }
        }
        for json in [r#"{"shipment_state":[103]}"#, r#"{"shipment_state":true}"#, r#"{"shipment_state":"shipped"}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn parses_message_of_state() {
        for json in [
            r#"{"shipment_state":{"shipment_state_id":3,"message":"Awaiting Validation"}}"#,
            r#"{"shipment_state":{"shipment_state_id":3,"shipment_state_message":"Awaiting Validation"}}"#,
            r#"{"shipment_state_id":3,"shipment_state_message":"Awaiting Validation"}"#,
        ] {
            assert_eq!(read(json).unwrap().0.message.as_deref(), Some("Awaiting Validation"), "{json}");
        }
    }

    #[test]
    fn unreadable_message_is_missing_and_noted() {
        let (state, unreadable) =
            read(r#"{"shipment_state":{"shipment_state_id":103,"message":{"en":"Shipped"}}}"#).unwrap();
        assert_eq!(state, DeliveryState { id: Some(103), message: None });
        assert_eq!(unreadable, BTreeSet::from(["message"]));
    }
}
