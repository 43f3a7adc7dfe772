//! Filter and order of a listing, from parameters.

use keyferry_access::Principal;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, TimeRange};
use keyferry_domain::{BatchId, ObstacleClass, PhaseName, SerialNumber, UserKey, UserRef};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::kit::parameters::Parameters;
use crate::kit::problem::Problem;
use crate::kit::{schemas, time};

/// Longest value of a text, in characters.
const LONGEST: usize = 200;

/// Names of the parameters.
pub(crate) const FILTERS: [&str; 16] = [
    "phase",
    "obstacle",
    "code",
    "user",
    "serial",
    "tracking",
    "reference",
    "batch",
    "product",
    "created_from",
    "created_to",
    "updated_from",
    "updated_to",
    "deadline_from",
    "deadline_to",
    "needs_human",
];

/// Conditions of a listing. All must match. Several values of a parameter are separated by commas: one must match.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct FilterParameters {
    /// Phases. Separate several by commas.
    #[param(value_type = Option<Vec<schemas::Phase>>, style = Form, explode = false, min_items = 1,
        example = json!(["accepted"]))]
    phase: Option<String>,
    /// Classes of the obstacle. `none`: without an obstacle. Separate several by commas.
    #[param(value_type = Option<Vec<schemas::ObstacleFilter>>, style = Form, explode = false, min_items = 1,
        example = json!(["attention", "final"]))]
    obstacle: Option<String>,
    /// Codes of the obstacle. Separate several by commas.
    #[param(
        example = "no-manager",
        max_length = 200,
        pattern = r"^[^,\x00-\x1f\x7f-\x9f]+(,[^,\x00-\x1f\x7f-\x9f]+)*$"
    )]
    code: Option<String>,
    /// Holder of the key: object id or user principal name.
    #[param(
        example = "adele@contoso.example",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    user: Option<String>,
    /// Serial number of a key.
    #[param(example = "20123456", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    serial: Option<String>,
    /// Tracking number of the parcel. Case and spaces do not matter.
    #[param(example = "794953535000", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    tracking: Option<String>,
    /// The caller's own number of the order. Case does not matter.
    #[param(example = "REQ0010042", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    reference: Option<String>,
    /// Id of the batch.
    #[param(
        format = "uuid",
        example = "019a0000-0000-7000-8000-000000000001",
        pattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
    )]
    batch: Option<String>,
    /// Product id of the first key.
    #[param(example = 1)]
    product: Option<i64>,
    /// Created at or after this time or date (begin in UTC).
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    created_from: Option<String>,
    /// Created before this time or date.
    #[param(format = DateTime, example = "2026-12-01T00:00:00Z")]
    created_to: Option<String>,
    /// Changed at or after this time or date.
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    updated_from: Option<String>,
    /// Changed before this time or date.
    #[param(format = DateTime, example = "2026-12-01T00:00:00Z")]
    updated_to: Option<String>,
    /// With a deadline of the registration at or after this time or date.
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    deadline_from: Option<String>,
    /// With a deadline of the registration before this time or date.
    #[param(format = DateTime, example = "2026-12-01T00:00:00Z")]
    deadline_to: Option<String>,
    /// `true`: only shipments that cannot progress without an operator.
    #[param(value_type = Option<schemas::OnlyTrue>, example = "true")]
    needs_human: Option<String>,
}

/// The same conditions as members of an object.
#[derive(ToSchema)]
#[schema(example = json!({"phase": ["registered"], "code": ["no-manager"]}))]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct FilterBody {
    /// Phases, or one of them.
    #[schema(schema_with = phases)]
    phase: Option<Vec<schemas::Phase>>,
    /// Classes of the obstacle, or one of them. `none`: without an obstacle.
    #[schema(schema_with = obstacles)]
    obstacle: Option<Vec<schemas::ObstacleFilter>>,
    /// Codes of the obstacle, or one of them.
    #[schema(schema_with = codes)]
    code: Option<Vec<String>>,
    /// Holder of the key: object id or user principal name.
    #[schema(
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "adele@contoso.example"
    )]
    user: Option<String>,
    /// Serial number of a key.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", example = "20123456")]
    serial: Option<String>,
    /// Tracking number of the parcel.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", example = "794953535000")]
    tracking: Option<String>,
    /// The caller's own number of the order.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", example = "REQ0010042")]
    reference: Option<String>,
    /// Id of the batch.
    #[schema(
        format = "uuid",
        pattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        example = "019a0000-0000-7000-8000-000000000001"
    )]
    batch: Option<String>,
    /// Product id of the first key.
    product: Option<i64>,
    /// Created at or after this time or date (begin in UTC).
    #[schema(format = DateTime, example = "2026-11-01T00:00:00Z")]
    created_from: Option<String>,
    /// Created before this time or date.
    #[schema(format = DateTime, example = "2026-12-01T00:00:00Z")]
    created_to: Option<String>,
    /// Changed at or after this time or date.
    #[schema(format = DateTime, example = "2026-11-01T00:00:00Z")]
    updated_from: Option<String>,
    /// Changed before this time or date.
    #[schema(format = DateTime, example = "2026-12-01T00:00:00Z")]
    updated_to: Option<String>,
    /// With a deadline of the registration at or after this time or date.
    #[schema(format = DateTime, example = "2026-11-01T00:00:00Z")]
    deadline_from: Option<String>,
    /// With a deadline of the registration before this time or date.
    #[schema(format = DateTime, example = "2026-12-01T00:00:00Z")]
    deadline_to: Option<String>,
    /// `true`: only shipments that cannot progress without an operator.
    needs_human: Option<bool>,
}

/// Returns the schema of one value, several values, or `null`.
fn one_or_several(description: &str, value: impl Into<RefOr<Schema>>) -> Schema {
    let value = value.into();
    let several = ArrayBuilder::new().items(value.clone()).min_items(Some(1));
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(value).item(several).item(null).description(Some(description)).into()
}

fn phases() -> Schema {
    one_or_several("Phases, or one of them.", Ref::from_schema_name("Phase"))
}

fn obstacles() -> Schema {
    let description = "Classes of the obstacle, or one of them. `none`: without an obstacle.";
    one_or_several(description, Ref::from_schema_name("ObstacleFilter"))
}

fn codes() -> Schema {
    let code = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST));
    one_or_several("Codes of the obstacle, or one of them.", code.pattern(Some(r"^[^,\x00-\x1f\x7f-\x9f]+$")))
}

/// Returns what a member of a filter must be, if the value has another type.
pub(crate) fn wrong_type(name: &str, value: &Value) -> Option<&'static str> {
    let are_texts = |values: &Vec<Value>| !values.is_empty() && values.iter().all(Value::is_string);
    let (fits, expected) = match name {
        "phase" | "obstacle" | "code" => {
            (value.is_string() || value.as_array().is_some_and(are_texts), "a text, or an array of texts")
        }
        "product" => (value.is_i64(), "a product id (a whole number)"),
        "needs_human" => (*value == Value::Bool(true), "true"),
        _ => (value.is_string(), "a text"),
    };
    (!fits).then_some(expected)
}

/// Returns the filter for a caller: with the conditions of the parameters, and without the shipments that the caller
/// may not see.
///
/// # Errors
/// 400 with the name of the invalid parameter.
pub(crate) fn filter(parameters: &Parameters, principal: &Principal) -> Result<ShipmentFilter, Problem> {
    let text = |text: &str| {
        let is_text = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_text.then(|| text.to_owned())
    };
    let range = |from: &str, to: &str| -> Result<TimeRange, Problem> {
        let at = |name| parameters.parsed(name, "a time (2026-11-28T07:00:00Z) or a date (2026-11-28)", time::parse);
        Ok(TimeRange { from: at(from)?, before: at(to)? })
    };
    let shown_phases = schemas::shown_phases().collect::<Vec<_>>().join(", ");
    let phases = parameters.all("phase", &format!("one of: {shown_phases}"), |name| {
        let meant: Vec<_> = PhaseName::ALL.into_iter().filter(|phase| phase.shown() == name).collect();
        (!meant.is_empty()).then_some(meant)
    })?;
    let obstacle = |name: &str| if name == "none" { Some(None) } else { ObstacleClass::parse(name).map(Some) };
    let only_true = parameters.parsed("needs_human", "true", |value| (value == "true").then_some(true))?;
    Ok(ShipmentFilter {
        phases: phases.into_iter().flatten().collect(),
        obstacles: parameters.all("obstacle", "one of: retry, attention, final, none", obstacle)?,
        codes: parameters.all("code", "the code of an obstacle", text)?,
        person: parameters.parsed("user", "an object id or a user principal name", |user| {
            UserRef::parse(user).as_ref().map(UserKey::from)
        })?,
        serial: parameters.parsed("serial", "a serial number", |number| text(number).map(SerialNumber::new))?,
        tracking: parameters.parsed("tracking", "a tracking number", text)?,
        reference: parameters.parsed("reference", "the caller's number of an order", text)?,
        batch: parameters.parsed("batch", "the id of a batch (a UUID)", BatchId::parse)?,
        product: parameters.parsed("product", "a product id (a whole number)", |id| id.parse().ok())?,
        created: range("created_from", "created_to")?,
        updated: range("updated_from", "updated_to")?,
        deadline: range("deadline_from", "deadline_to")?,
        needs_human: only_true.unwrap_or_default(),
        requested_by: (!principal.sees_all()).then(|| principal.caller().clone()),
        ..ShipmentFilter::default()
    })
}

/// Returns the order of a listing.
///
/// # Errors
/// 400 for an unknown order.
pub(crate) fn sort(parameters: &Parameters) -> Result<ShipmentSort, Problem> {
    let expected = "one of: id, newest, updated, deadline, next_attempt";
    let sort = parameters.parsed("sort", expected, |name| match name {
        "id" => Some(ShipmentSort::Id),
        "newest" => Some(ShipmentSort::Newest),
        "updated" => Some(ShipmentSort::Updated),
        "deadline" => Some(ShipmentSort::Deadline),
        "next_attempt" => Some(ShipmentSort::NextAttempt),
        _ => None,
    })?;
    Ok(sort.unwrap_or_default())
}
