//! `GET /console/batches/new`: the form for a file, and the columns of a file that are mapped by hand.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;
use keyferry_sheet::{Member, Preview};
use serde_json::{Map, Value, json};

use crate::frame::{Frame, Place, page};
use crate::messages::Messages;
use crate::operations::Refusal;
use crate::order_form::{Choice, Offer, Reading, address_choices};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Members that have the same value in most rows of a file.
const DEFAULTS: [Member; 6] = [
    Member::ProductId,
    Member::InventoryProductId,
    Member::CustomizationId,
    Member::PinLength,
    Member::DeliveryType,
    Member::AddressBy,
];

/// Texts about the form of a file.
const FORM: [&str; 3] = ["delimiter", "date_format", "encoding"];

/// Target of a column that is not used.
const UNUSED: &str = "-";

/// Target of the column with the row key.
const ROW_KEY: &str = "row_key";

#[derive(Template)]
#[template(path = "batch_new.html")]
struct NewPage {
    frame: Frame,
    name: String,
    defaults: Vec<Default_>,
    form: Vec<Text>,
    is_form_open: bool,
    columns: Vec<Column>,
    refusal: Option<Refusal>,
    is_empty: bool,
}

struct Default_ {
    name: String,
    label: &'static str,
    value: String,
    choices: Vec<Choice>,
}

struct Text {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
}

struct Column {
    header: String,
    cells: String,
    choices: Vec<Choice>,
}

/// What the form shows.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) fields: Vec<(String, String)>,
    pub(super) preview: Preview,
    pub(super) refusal: Option<Refusal>,
    /// Whether no file was chosen.
    pub(super) is_empty: bool,
}

/// Shows the empty form.
pub(crate) async fn form(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::CreateBatch>,
) -> Result<Response, Problem> {
    Ok(show(&state, &visitor, Shown::default()).await)
}

/// Returns the form.
pub(super) async fn show(state: &ConsoleState, visitor: &Visitor, shown: Shown) -> Response {
    let frame = visitor.frame(Place::Batches);
    let (m, t) = (frame.m, frame.m.batches);
    let offer = Offer::read(&state.engine.preflight).await;
    let Shown { fields, preview, refusal, is_empty } = shown;
    let is_first = fields.is_empty();
    let get = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    let reading = Reading::of(&state.engine);
    let offered = DEFAULTS.into_iter().filter(|member| *member != Member::AddressBy || reading.offers_person());
    let defaults = offered.map(|member| {
        let name = format!("default.{}", member.name());
        let value = match member {
            Member::PinLength if is_first => "8".to_owned(),
            _ if is_first => offer.only(member).unwrap_or_default(),
            _ => get(&name).to_owned(),
        };
        let choices = match member {
            Member::AddressBy => address_choices(m.order.fields, reading, &value),
            member => offer.field_choices(m.order.fields, member, &value),
        };
        Default_ { name, label: (m.order.fields.label)(member), value, choices }
    });
    let labels = [t.delimiter, t.date_format, t.encoding];
    let hints = [t.delimiter_hint, t.date_format_hint, t.encoding_hint];
    let form = FORM.into_iter().zip(labels).zip(hints);
    let form: Vec<_> =
        form.map(|((name, label), hint)| Text { name, label, hint, value: get(name).to_owned() }).collect();
    let columns = preview.columns.into_iter().enumerate().map(|(index, column)| {
        let is_same = get(&format!("header.{index}")) == column.header;
        let chosen = if is_same { get(&format!("target.{index}")) } else { "" };
        let cells: Vec<_> = column.cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        Column { choices: targets(m, column.guess, chosen), cells: cells.join(" · "), header: column.header }
    });
    let page_of = NewPage {
        name: get("name").to_owned(),
        defaults: defaults.collect(),
        is_form_open: form.iter().any(|text| !text.value.is_empty()),
        form,
        columns: columns.collect(),
        is_empty,
        frame,
        refusal,
    };
    let status = match (&page_of.refusal, is_empty) {
        (Some(refusal), _) => refusal.status,
        (None, true) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, false) => StatusCode::OK,
    };
    page(status, &page_of)
}

/// Returns what a column can mean.
fn targets(m: &Messages, guess: Option<Member>, chosen: &str) -> Vec<Choice> {
    let label = |member| (m.order.fields.label)(member);
    let guessed = match guess {
        Some(member) => format!("{}: {}", m.batches.guessed, label(member)),
        None => format!("{}: {}", m.batches.guessed, m.batches.unused),
    };
    let first = [
        (String::new(), guessed),
        (UNUSED.to_owned(), m.batches.unused.to_owned()),
        (ROW_KEY.to_owned(), m.batches.row_key.to_owned()),
    ];
    let members = Member::ALL.into_iter().map(|member| (member.name().to_owned(), label(member).to_owned()));
    let choice = |(value, label): (String, String)| Choice { is_chosen: value == chosen, value, label };
    first.into_iter().chain(members).map(choice).collect()
}

/// Returns the mapping in the fields, as JSON. Empty if there is nothing to state.
pub(super) fn mapping(fields: &[(String, String)]) -> Map<String, Value> {
    let get = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    };
    let mut mapping = Map::new();
    let (mut columns, mut defaults) = (Map::new(), Map::new());
    for (index, header) in fields.iter().filter_map(|(name, header)| Some((name.strip_prefix("header.")?, header))) {
        match get(&format!("target.{index}")) {
            None => {}
            Some(UNUSED) => _ = columns.insert(header.clone(), Value::Null),
            Some(ROW_KEY) => _ = mapping.insert("row_key".to_owned(), json!(header)),
            Some(member) => _ = columns.insert(header.clone(), json!(member)),
        }
    }
    for member in DEFAULTS {
        if let Some(value) = get(&format!("default.{}", member.name())) {
            let number = value.parse::<i64>().ok().filter(|_| member != Member::CustomizationId);
            defaults.insert(member.name().to_owned(), number.map_or_else(|| json!(value), Value::from));
        }
    }
    for name in FORM {
        if let Some(value) = get(name) {
            mapping.insert(name.to_owned(), json!(value));
        }
    }
    for (name, members) in [("columns", columns), ("defaults", defaults)] {
        if !members.is_empty() {
            mapping.insert(name.to_owned(), Value::Object(members));
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_a_mapping() {
        let fields = [
            ("csrf", "x"),
            ("default.product_id", "29"),
            ("default.customization_id", "29"),
            ("default.pin_length", ""),
            ("delimiter", ";"),
            ("header.0", "Login"),
            ("target.0", "user_id"),
            ("header.1", "Notes"),
            ("target.1", "-"),
            ("header.2", "Nr"),
            ("target.2", "row_key"),
            ("header.3", "Vorname"),
            ("target.3", ""),
        ];
        let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let expected = json!({
            "columns": {"Login": "user_id", "Notes": null},
            "defaults": {"product_id": 29, "customization_id": "29"},
            "row_key": "Nr",
            "delimiter": ";",
        });
        let found = Value::Object(mapping(&fields));
        assert_eq!(found, expected);
        assert!(serde_json::from_value::<keyferry_sheet::Mapping>(found).is_ok());
        assert!(mapping(&[]).is_empty());
    }
}
