//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use keyferry_sheet::{JsonRows, Mapping, Reader};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::{CreateBatch, Media, mapping, media, name, parameters};
use super::rows::{Reading, store_file, store_json};
use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchBody, rejected_file};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Largest body with rows in JSON, in bytes.
const LARGEST_JSON: usize = 4 * 1024 * 1024;

/// Most rows in one JSON document.
const MOST_JSON: usize = 1000;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create_batch))
}

/// Create batch
///
/// Stores the rows of an order file as a draft: CSV, JSON Lines (one object per line), or up to 1,000 rows in one JSON
/// document. Nothing is checked at other systems and nothing is ordered. A file may have up to 100,000 rows. A row with
/// errors does not affect the others; a file that cannot be read as a whole is rejected. The columns of a CSV file are
/// guessed by their headers, in several languages, unless `mapping` names them: see the reference page "Order files".
#[utoipa::path(
    post,
    path = "/v1/batches",
    tag = "batches",
    params(
        ("name" = Option<String>, Query, description = "Name of the batch, for humans. Not for JSON, whose body \
            contains it.", max_length = 100, example = "Berlin, December"),
        ("mapping" = Option<String>, Query, description = "Mapping of the columns, as JSON. Not for JSON, whose body \
            contains it.", example = r#"{"defaults": {"pin_length": 8}}"#),
    ),
    request_body(content(
        (String = "text/csv"),
        (String = "application/jsonl"),
        (CreateBatch = "application/json"),
    )),
    responses(
        (status = 201, description = "The batch is a draft", body = BatchBody,
            headers(
                ("Location" = String, description = "Path of the batch"),
                ("Keyferry-Warning" = Option<String>,
                    description = "Members of the request that the API does not know and ignored"),
            )),
        (status = 400, description = "The file or a parameter is invalid. Nothing was stored.", body = ErrorBody,
            example = json!({"error_code": "api_error",
                "error_message": "No column and no default for `user_id`. Name the column in the mapping. Nothing was \
                    stored.",
                "error_data": {"error_type": "validation", "code": "missing-columns"}})),
        CommonErrors,
    )
)]
async fn create_batch(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CreateBatch>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<BatchBody>), Problem> {
    let (batches, treatment) = (&state.engine.batches, state.unknown_members);
    let completion = state.engine.orders.completion();
    let reading = Reading { unknown_members: treatment, completion };
    let by = principal.caller().clone();
    let (stored, mut answer) = match media(&headers)? {
        Media::File(format) => {
            let (name, mapping) = parameters(&uri)?;
            let reader = Reader::new(format, mapping, reading.options()).map_err(|error| rejected_file(&error))?;
            let mut upload = batches.begin(name, by).await?;
            let stored = store_file(&mut upload, reader, body, reading).await;
            (upload.settled(stored).await?, HeaderMap::new())
        }
        Media::Json => {
            let bytes = body::read_up_to(LARGEST_JSON, &headers, body).await?;
            let (request, unknown) = body::parse::<CreateBatch>(&bytes, treatment)?;
            let stored = async {
                let CreateBatch { name: given, mapping: value, rows } = request;
                if !(1..=MOST_JSON).contains(&rows.len()) {
                    let message = format!(
                        "`rows`: expected 1 to {MOST_JSON} rows, but got {}. Send more as application/jsonl",
                        rows.len()
                    );
                    return Err(Problem::field("rows", message));
                }
                let (name, mapping): (String, Mapping) = (name(given.as_deref())?, mapping(value)?);
                let reader = JsonRows::new(mapping, reading.options()).map_err(|error| rejected_file(&error))?;
                let mut upload = batches.begin(name, by).await?;
                let stored = store_json(&mut upload, reader, rows, reading).await;
                upload.settled(stored).await
            };
            let stored = stored.await.map_err(|problem| unknown.report_on(problem))?;
            (stored, unknown.headers())
        }
    };
    let id = stored.id;
    // An id consists of characters that are valid in a header.
    answer.extend(HeaderValue::try_from(format!("/v1/batches/{id}")).ok().map(|path| (header::LOCATION, path)));
    let view = batches.get(id).await?.ok_or_else(Problem::internal)?;
    Ok((StatusCode::CREATED, answer, Json(view.into())))
}
