//! Rows of a check: orders that can be checked, and what is wrong with the others.

use keyferry_domain::{CheckCode, OrderFinding, OrderInfo};
use keyferry_engine::{CheckRow, Completion};
use serde_json::Value;

use super::response::FindingBody;
use crate::kit::body;
use crate::kit::order::{QueueOrder, QueuedOrder};
use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Row of the request.
pub(super) struct Row {
    /// The order, if it is valid.
    pub(super) order: Option<CheckRow>,
    /// Findings about the form of the order.
    pub(super) findings: Vec<FindingBody>,
}

impl Row {
    /// Parses an order. All its invalid members are findings.
    pub(super) fn parse(row: u64, order: Value, treatment: UnknownMembers, completion: Completion) -> Self {
        if !order.is_object() {
            let finding = OrderFinding::general(CheckCode::InvalidMember, "The order must be a JSON object");
            return Self { order: None, findings: vec![finding.into()] };
        }
        let (request, unknown) = match body::parse_value::<QueueOrder>(order, treatment) {
            Ok(parsed) => parsed,
            Err(problem) => return Self { order: None, findings: vec![invalid(problem)] },
        };
        let unknown = unknown.descriptions().into_iter().map(|member| {
            let message = format!("The member is unknown and ignored: {member}");
            FindingBody::from(OrderFinding::general(CheckCode::UnknownMember, message))
        });
        let mut findings: Vec<_> = unknown.collect();
        match request.into_parts(completion) {
            Ok(QueuedOrder { order, info, additional }) => {
                let OrderInfo { needed_by, not_before, address_by, .. } = info;
                Self { order: Some(CheckRow { row, order, additional, address_by, needed_by, not_before }), findings }
            }
            Err(problems) => {
                findings.extend(problems.into_iter().map(invalid));
                Self { order: None, findings }
            }
        }
    }
}

fn invalid(problem: Problem) -> FindingBody {
    let (member, message) = problem.into_fault();
    FindingBody::at(OrderFinding::general(CheckCode::InvalidMember, message), member)
}
