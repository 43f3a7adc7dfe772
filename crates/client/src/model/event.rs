//! Events of all shipments.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::word::Phase;

/// Events after a position.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventPage {
    pub events: Vec<Notice>,
    pub next: String,
}

/// Event of a shipment. Written as JSON, it is the body that a webhook receives: the members have the API's order, and
/// members that this version does not contain follow them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    #[serde(rename = "type")]
    pub event_type: String,
    pub timestamp: String,
    pub data: NoticeData,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Shipment of an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoticeData {
    pub id: String,
    pub event: u32,
    pub shipment_id: Option<String>,
    pub user: Option<String>,
    pub phase: Option<Phase>,
    pub serial: Option<String>,
    pub tracking: Option<String>,
    pub reference: Option<String>,
    pub batch: Option<String>,
    /// Stock of an event of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<Stock>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Number of keys in an inventory, and the threshold that it crossed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stock {
    pub inventory: i64,
    pub quantity: i64,
    pub threshold: i64,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_it_was_read() {
        let text = concat!(
            r#"{"type":"shipment.completed","timestamp":"2026-11-24T07:00:00Z","data":{"id":"0196","event":6,"#,
            r#""shipment_id":null,"user":"j\u00fcrgen \u0001@contoso.example","phase":"complete","serial":"1","#,
            r#""tracking":null,"reference":"a \"b\"","batch":null,"later":{"z":[1,null]}},"new":true}"#
        );
        let text = text.replace(r"\u00fc", "ü");
        let notice: Notice = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&notice).unwrap(), text);
    }
}
