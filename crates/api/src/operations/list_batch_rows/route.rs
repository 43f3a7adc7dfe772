//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::ports::RowFilter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchKey, RowBody, RowsBody, unknown_batch};
use crate::kit::limited_log::LimitedLog;
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::state::ApiState;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// Log of the reads: rows contain personal data.
static READS: LimitedLog = LimitedLog::new();

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_batch_rows))
}

/// List rows of a batch
///
/// Returns a page of rows by number, with their findings and what became of them. Never an address or a PIN.
#[utoipa::path(
    get,
    path = "/v1/batches/{batch_id}/rows",
    tag = "batches",
    params(
        ("batch_id" = String, Path, description = "Id of the batch"),
        ("findings" = Option<schemas::OnlyTrue>, Query, description = "`true`: only rows with findings",
            example = "true"),
        ("cursor" = Option<i64>, Query, minimum = 0, maximum = 4294967295_i64, example = 101,
            description = "`next_cursor` of the previous page: only rows with a greater number"),
        ("limit" = Option<u32>, Query, description = "Largest number of rows in the page. Default: 100",
            minimum = 1, maximum = 500, example = 100),
    ),
    responses(
        (status = 200, description = "Rows of the batch", body = RowsBody),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_batch_rows(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ListBatchRows>,
    BatchKey(id): BatchKey,
    uri: Uri,
) -> Result<Json<RowsBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["findings", "cursor", "limit"])?;
    let with_findings = parameters.parsed("findings", "true", |text| (text == "true").then_some(true))?;
    let after = parameters.parsed("cursor", "the `next_cursor` of a response", |text| text.parse::<u32>().ok())?;
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let (after, limit) = (after.unwrap_or_default(), limit.unwrap_or(DEFAULT_LIMIT));
    let filter = RowFilter { with_findings: with_findings.unwrap_or_default(), ..RowFilter::default() };
    let rows = state.engine.batches.rows(id, &filter, after, limit).await?;
    if rows.is_empty() && !state.engine.batches.exists(id).await? {
        return Err(unknown_batch(&id.to_string()));
    }
    let line = || tracing::info!(caller = %principal.caller(), batch = %id, "caller read rows of a batch");
    READS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "callers read rows of batches more often than is logged one by one");
    });
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|last| last.row.row.to_string());
    Ok(Json(RowsBody { rows: rows.into_iter().map(RowBody::from).collect(), next_cursor: next }))
}
