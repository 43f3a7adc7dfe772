//! Schemas of the parts of requests that are parsed leniently.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, AnyOfBuilder, ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::kit::order::QueueOrder;

/// What the columns of a file, or the members of rows, mean.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"columns": {"Login": "user_id"}, "defaults": {"pin_length": 8}}))]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct BatchMapping {
    /// For each header, the member or members of the order that it fills. `null`: the column is not used. Columns that
    /// are not named here are guessed.
    #[schema(nullable = false)]
    columns: Option<BTreeMap<String, BatchTarget>>,
    /// Values of members that have no column or an empty cell. Objects may be nested as in an order.
    #[schema(schema_with = any_members)]
    defaults: Option<()>,
    /// Header of the column with the row key.
    #[schema(example = "Personnel number")]
    row_key: Option<String>,
    /// Character between cells. Default: detected in the header.
    #[schema(example = ";")]
    delimiter: Option<String>,
    /// Form of dates. Default: year, month, day.
    #[schema(example = "DD.MM.YYYY")]
    date_format: Option<String>,
    /// Encoding, by a name of the WHATWG Encoding Standard. Default: detected.
    #[schema(example = "windows-1250")]
    encoding: Option<String>,
}

fn any_members() -> Schema {
    let any = AdditionalProperties::FreeForm(true);
    let description = "Values of members that have no column or an empty cell. Objects may be nested as in an order.";
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(any))
        .description(Some(description))
        .into()
}

/// Member of an order, several members, or nothing.
pub(crate) struct BatchTarget;

impl PartialSchema for BatchTarget {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let null = ObjectBuilder::new().schema_type(Type::Null);
        let targets = OneOfBuilder::new().item(text()).item(ArrayBuilder::new().items(text())).item(null);
        targets
            .description(Some("Member of an order, several members, or `null` for a column that is not used."))
            .into()
    }
}

impl ToSchema for BatchTarget {
    fn name() -> Cow<'static, str> {
        "BatchTarget".into()
    }
}

/// Order with the key of its row.
pub(crate) struct BatchOrder;

impl PartialSchema for BatchOrder {
    fn schema() -> RefOr<Schema> {
        let key = ObjectBuilder::new().schema_type(Type::String).description(Some("Key of the row."));
        let key = ObjectBuilder::new().schema_type(Type::Object).property("row_key", key);
        let order = AllOfBuilder::new().item(Ref::from_schema_name("QueueOrder")).item(key);
        order.description(Some("Order as the body of Queue order, with the key of its row.")).into()
    }
}

impl ToSchema for BatchOrder {
    fn name() -> Cow<'static, str> {
        "BatchOrder".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((QueueOrder::name().into(), QueueOrder::schema()));
        QueueOrder::schemas(schemas);
    }
}

/// Row of a batch. It is not rejected for what is wrong with it: that becomes a finding about the row.
pub(crate) struct BatchRow;

impl PartialSchema for BatchRow {
    fn schema() -> RefOr<Schema> {
        let flat = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("Flat object, whose members have the names of columns."));
        let rows = AnyOfBuilder::new().item(Ref::from_schema_name("BatchOrder")).item(flat);
        rows.description(Some("Row of a batch.")).into()
    }
}

impl ToSchema for BatchRow {
    fn name() -> Cow<'static, str> {
        "BatchRow".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((BatchOrder::name().into(), BatchOrder::schema()));
        BatchOrder::schemas(schemas);
    }
}
