//! `GET /console/shipments.csv`: everything that matches, page by page, so that memory does not grow with its number.
//! The columns are those of the API's export.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::stream;
use keyferry_access::may;
use keyferry_domain::ports::{Page, StoreError, Summary};
use keyferry_domain::{PhaseName, time_text};
use keyferry_engine::Engine;

use super::conditions::{Conditions, Listing};
use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

/// Number of shipments that are in memory at once.
const PAGE: u32 = 500;

type Cell = fn(&Summary) -> Option<String>;

const COLUMNS: [(&str, Cell); 23] = [
    ("id", |it| Some(it.id.to_string())),
    ("shipment_id", |it| it.delivery_id.as_ref().map(ToString::to_string)),
    ("shipment_state", |it| Some(if is_complete(it) { "complete" } else { "ongoing" }.to_owned())),
    ("phase", |it| Some(it.phase.shown().to_owned())),
    ("obstacle_class", |it| it.obstacle.as_ref().map(|(class, _)| class.as_str().to_owned())),
    ("obstacle_code", |it| it.obstacle.as_ref().map(|(_, code)| code.clone())),
    ("error_message", |it| it.error_message.clone()),
    ("needs_human", |it| Some(it.needs_human.to_string())),
    ("user_id", |it| it.user.clone()),
    ("object_id", |it| it.object_id.map(|id| id.to_string())),
    ("serial_number", |it| it.serial.as_ref().map(ToString::to_string)),
    ("tracking_number", |it| it.tracking.clone()),
    ("batch", |it| it.batch.map(|batch| batch.to_string())),
    ("product_id", |it| it.product.map(|id| id.to_string())),
    ("reference", |it| it.reference.clone()),
    ("country", |it| it.country.clone()),
    ("not_before", |it| it.not_before.map(|day| day.to_string())),
    ("needed_by", |it| it.needed_by.map(|day| day.to_string())),
    ("created_at", |it| Some(time_text(it.created_at))),
    ("updated_at", |it| Some(time_text(it.updated_at))),
    ("deadline", |it| it.deadline.map(time_text)),
    ("next_attempt", |it| it.next_attempt.map(time_text)),
    // Of a record that cannot be read, only this and the id are known.
    ("unreadable", |_| None),
];

fn is_complete(summary: &Summary) -> bool {
    summary.phase == PhaseName::Complete || summary.set_by_hand
}

/// What is left to export.
struct Rest {
    engine: Engine,
    listing: Listing,
    is_first: bool,
    is_done: bool,
}

/// Returns all matches. If the store fails on the way, the connection is closed before the end of the body, so that a
/// part is not taken for the whole.
pub(crate) async fn export(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (conditions, _) = Conditions::read(query.as_deref().unwrap_or_default());
    let frame = visitor.frame(Place::Shipments);
    // The list explains what is wrong with the conditions.
    let Ok(mut listing) = conditions.listing(visitor.principal(), frame.m) else {
        return Ok(Redirect::to(&conditions.address("/console/shipments", None)).into_response());
    };
    listing.after = None;
    tracing::info!(caller = %visitor.principal().caller(), "operator exported shipments");
    let mut rest = Rest { engine: state.engine.clone(), listing, is_first: true, is_done: false };
    let first = rest.next().await.map_err(|error| Problem::of_store(frame, &error))?;
    let more = stream::try_unfold(rest, async |mut rest: Rest| {
        if rest.is_done {
            return Ok(None);
        }
        match rest.next().await {
            Ok(bytes) => Ok(Some((bytes, rest))),
            Err(error) => {
                tracing::warn!(%error, "could not read the rest of an export; the response ends early");
                Err(std::io::Error::other("the store failed"))
            }
        }
    });
    let first = stream::once(async { Ok::<_, std::io::Error>(first) });
    let body = Body::from_stream(stream::StreamExt::chain(first, more));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"shipments.csv\"")),
    ];
    Ok((headers, body).into_response())
}

impl Rest {
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        let Listing { filter, sort, after } = &self.listing;
        let page = self.engine.views.list(filter, *sort, after.as_ref(), PAGE).await?;
        self.listing.after.clone_from(&page.next);
        self.is_done = page.next.is_none();
        Ok(csv(page, std::mem::replace(&mut self.is_first, false)).into())
    }
}

/// The writer keeps spreadsheets from calculating cells.
fn csv(page: Page<Summary>, with_header: bool) -> Vec<u8> {
    let mut writer = keyferry_sheet::Writer::default();
    if with_header {
        writer.row(COLUMNS.map(|(name, _)| name));
    }
    for summary in page.items {
        writer.row(COLUMNS.map(|(_, cell)| cell(&summary).unwrap_or_default()));
    }
    for (id, reason) in page.broken {
        writer.row(COLUMNS.map(|(name, _)| match name {
            "id" => id.as_str(),
            "unreadable" => reason.as_str(),
            _ => "",
        }));
    }
    writer.take()
}
