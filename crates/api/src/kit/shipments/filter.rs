//! Filter and order of a listing, from parameters.

use keyferry_access::Principal;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort};
use keyferry_listing::Fault;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::kit::parameters::{Parameters, invalid};
use crate::kit::problem::Problem;
use crate::kit::schemas;

/// Longest code, in characters.
const LONGEST_CODE: usize = 200;

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
    /// Country of the delivery: ISO 3166-1 alpha-2 code. Case does not matter.
    #[param(example = "US", pattern = "^[A-Za-z]{2}$")]
    country: Option<String>,
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
    /// Needed by this day or a later one (`needed_by` of the order).
    #[param(format = Date, example = "2026-11-01")]
    needed_from: Option<String>,
    /// Needed by a day before this one.
    #[param(format = Date, example = "2026-12-01")]
    needed_to: Option<String>,
    /// `true`: only shipments that cannot progress without an operator.
    #[param(value_type = Option<schemas::OnlyTrue>, example = "true")]
    needs_human: Option<String>,
    /// `true`: only queued orders that wait for the address, which the person gives.
    #[param(value_type = Option<schemas::OnlyTrue>, example = "true")]
    awaits_address: Option<String>,
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
    /// Country of the delivery: ISO 3166-1 alpha-2 code. Case does not matter.
    #[schema(example = "US", pattern = "^[A-Za-z]{2}$")]
    country: Option<String>,
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
    /// Needed by this day or a later one (`needed_by` of the order).
    #[schema(format = Date, example = "2026-11-01")]
    needed_from: Option<String>,
    /// Needed by a day before this one.
    #[schema(format = Date, example = "2026-12-01")]
    needed_to: Option<String>,
    /// `true`: only shipments that cannot progress without an operator.
    needs_human: Option<bool>,
    /// `true`: only queued orders that wait for the address, which the person gives.
    awaits_address: Option<bool>,
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
    let code = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_CODE));
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
        "needs_human" | "awaits_address" => (*value == Value::Bool(true), "true"),
        _ => (value.is_string(), "a text"),
    };
    (!fits).then_some(expected)
}

/// Returns the filter for a caller: with the conditions of the parameters, and without the shipments that the caller
/// may not see.
///
/// # Errors
/// 400 with the name of the first invalid parameter.
pub(crate) fn filter(parameters: &Parameters, principal: &Principal) -> Result<ShipmentFilter, Problem> {
    let filter = keyferry_listing::filter(|name| parameters.get(name), principal);
    filter.map_err(|faults| faults.first().map_or_else(Problem::internal, problem))
}

/// Returns the order of a listing.
///
/// # Errors
/// 400 for an unknown order.
pub(crate) fn sort(parameters: &Parameters) -> Result<ShipmentSort, Problem> {
    let sort = keyferry_listing::sort(|name| parameters.get(name));
    Ok(sort.map_err(|fault| problem(&fault))?.unwrap_or_default())
}

fn problem(fault: &Fault) -> Problem {
    invalid(fault.parameter, &fault.expected, &fault.value)
}
