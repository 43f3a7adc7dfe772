//! Response body.

use keyferry_domain::{OrderFinding, Severity};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::order::path;
use crate::kit::schemas;

/// Findings of a check.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckedOrders {
    /// One entry for each order, in the order of the request.
    pub(super) rows: Vec<CheckedRow>,
    /// Findings about the whole check: what was not checked for any order, and what prevents all orders.
    pub(super) findings: Vec<FindingBody>,
    /// Number of findings with severity `error`.
    #[schema(example = 1)]
    pub(super) errors: usize,
    /// Number of findings with severity `warning`.
    #[schema(example = 1)]
    pub(super) warnings: usize,
}

/// Findings about one order.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckedRow {
    /// Number of the order in the request. The first one is 1.
    #[schema(example = 1)]
    pub(super) row: u64,
    /// Findings. Empty if nothing was found.
    pub(super) findings: Vec<FindingBody>,
}

/// Finding about an order, or about the whole check.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FindingBody {
    /// `error`: the order would be refused, or would not end with a usable key. `warning`: look at it first.
    #[schema(value_type = schemas::Severity, example = "error")]
    pub(super) severity: &'static str,
    /// Path of the member of the order. `null` if the finding is not about one.
    #[schema(example = "yubico_shipment_request.recipient.recipient_lastname")]
    pub(super) member: Option<String>,
    /// Kind of the finding.
    #[schema(value_type = schemas::CheckCode, example = "too-long")]
    pub(super) code: &'static str,
    /// What was found, for humans.
    #[schema(example = "Input for Last Name exceeded limit of 20 characters")]
    pub(super) message: String,
    /// What to do, for humans.
    #[schema(example = "Shorten the value.")]
    pub(super) remedy: &'static str,
}

impl FindingBody {
    /// Returns the finding about the member at this path of the order.
    pub(super) fn at(finding: OrderFinding, member: Option<String>) -> Self {
        Self {
            severity: finding.code.severity().as_str(),
            member,
            code: finding.code.as_str(),
            message: finding.message,
            remedy: finding.code.remedy(),
        }
    }
}

impl From<OrderFinding> for FindingBody {
    fn from(finding: OrderFinding) -> Self {
        let member = finding.member.map(path);
        Self::at(finding, member)
    }
}

impl CheckedOrders {
    pub(super) fn new(rows: Vec<CheckedRow>, findings: Vec<FindingBody>) -> Self {
        let all = || rows.iter().flat_map(|row| &row.findings).chain(&findings);
        let errors = all().filter(|finding| finding.severity == Severity::Error.as_str()).count();
        let warnings = all().count() - errors;
        Self { rows, findings, errors, warnings }
    }
}
