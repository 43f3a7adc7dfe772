//! Response body: figures about a period.

use keyferry_engine::{Durations, Figures, Report, ReportGroup};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::shipments::UnreadableBody;

/// Figures about the shipments that were ordered in a period.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportBody {
    /// Figures by group. Groups without shipments are omitted.
    groups: Vec<GroupBody>,
    /// Shipments whose records cannot be read. They are in no figure.
    unreadable: Vec<UnreadableBody>,
}

/// Figures about a group of shipments.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupBody {
    /// Batch. `null` without a batch, or if the report is not by batch.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-0000000000b1")]
    batch: Option<String>,
    /// Product id of the first key. `null` if the report is not by product.
    #[schema(example = 1)]
    product_id: Option<i64>,
    /// Country of the delivery. `null` if the report is not by country.
    #[schema(example = "US")]
    country: Option<String>,
    /// Recorded orders, whatever became of them.
    #[schema(example = 200)]
    ordered: u64,
    /// Orders that were not placed.
    refused: u64,
    /// Shipments whose key was made and shipped.
    shipped: u64,
    /// Shipments whose key was registered.
    registered: u64,
    /// Shipments whose PIN was delivered.
    pin_delivered: u64,
    /// Complete shipments, also those that an operator completed.
    completed: u64,
    /// Cancelled and abandoned shipments.
    cancelled: u64,
    /// Shipments that need an operator, by reason.
    stuck: Vec<StuckBody>,
    /// Days of each leg.
    days: DaysBody,
}

/// Number of shipments that need an operator for the same reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct StuckBody {
    /// Code of the obstacle, or name of the phase.
    #[schema(example = "no-manager")]
    reason: String,
    /// Number of shipments.
    #[schema(example = 3)]
    shipments: u64,
}

/// Days of each leg of the way. Times are those at which Keyferry saw it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DaysBody {
    /// From the order until the key was shipped.
    ordered_to_shipped: LegBody,
    /// From then until the key was registered.
    shipped_to_registered: LegBody,
    /// From then until the PIN was delivered.
    registered_to_pin_delivered: LegBody,
    /// From the order until the PIN was delivered.
    ordered_to_pin_delivered: LegBody,
}

/// Days of one leg. `null`: no shipment has completed it.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegBody {
    /// Median.
    #[schema(example = 4.5)]
    median: Option<f64>,
    /// 95th percentile.
    #[schema(example = 9.25)]
    percentile_95: Option<f64>,
}

impl From<&Durations> for LegBody {
    fn from(durations: &Durations) -> Self {
        let rounded = |percent| durations.percentile(percent).map(|days| (days * 100.0).round() / 100.0);
        Self { median: rounded(50), percentile_95: rounded(95) }
    }
}

impl From<(ReportGroup, Figures)> for GroupBody {
    fn from((group, figures): (ReportGroup, Figures)) -> Self {
        Self {
            batch: group.batch.map(|batch| batch.to_string()),
            product_id: group.product,
            country: group.country,
            ordered: figures.ordered,
            refused: figures.refused,
            shipped: figures.shipped,
            registered: figures.registered,
            pin_delivered: figures.pin_delivered,
            completed: figures.completed,
            cancelled: figures.cancelled,
            days: DaysBody {
                ordered_to_shipped: (&figures.until_shipped).into(),
                shipped_to_registered: (&figures.until_registered).into(),
                registered_to_pin_delivered: (&figures.until_pin_delivered).into(),
                ordered_to_pin_delivered: (&figures.whole).into(),
            },
            stuck: figures.stuck.into_iter().map(|(reason, shipments)| StuckBody { reason, shipments }).collect(),
        }
    }
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        Self {
            groups: report.groups.into_iter().map(GroupBody::from).collect(),
            unreadable: report.unreadable.into_iter().map(UnreadableBody::from).collect(),
        }
    }
}
