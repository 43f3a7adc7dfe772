//! Rows of a file as rows of a batch.

use std::collections::BTreeMap;

use keyferry_domain::{BatchColumn, CheckCode, OrderFinding, RowFinding, RowMember, RowOrder, Severity};
use keyferry_engine::{Completion, UploadRow};
use keyferry_sheet::{Columns, Options, Reader, Row};
use serde_json::Value;

use crate::kit::body;
use crate::kit::order::{QueueOrder, QueuedOrder};
use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Returns how files are read.
pub(crate) fn options(completion: Completion) -> Options {
    Options {
        fill_from_directory: completion.directory,
        asks_person: completion.asks_person(None),
        ..Options::default()
    }
}

/// Converts a row. What is wrong with it becomes a finding. Data of the recipient may be missing as far as something
/// completes it.
pub(crate) fn upload_row(row: Row, treatment: UnknownMembers, completion: Completion) -> UploadRow {
    let user = row.order.get("user_id").and_then(Value::as_str).unwrap_or_default();
    let user: String = keyferry_http::clean(user).chars().take(256).collect();
    let mut findings: Vec<_> = row.findings.iter().map(finding).collect();
    // What cannot be stored as an order is kept for its correction.
    let content = (!row.order.is_empty()).then(|| Value::Object(row.order.clone()).to_string());
    let has_errors = row.has_errors();
    let parsed = body::parse_value::<QueueOrder>(Value::Object(row.order), treatment)
        .map_err(|problem| vec![problem])
        .and_then(|(request, unknown)| Ok((request.into_parts(completion)?, unknown)));
    let order = match parsed {
        Ok((QueuedOrder { order, info, additional }, unknown)) => {
            findings.extend(unknown.descriptions().into_iter().map(|member| {
                let message = format!("The member is unknown and ignored: {member}");
                RowFinding::from(OrderFinding::general(CheckCode::UnknownMember, message))
            }));
            (!has_errors).then_some(RowOrder { order, info, additional })
        }
        // A member with an error is left out of the order, and would be reported as missing.
        Err(_) if has_errors => None,
        Err(problems) => {
            findings.extend(problems.into_iter().map(invalid));
            None
        }
    };
    let content = content.filter(|_| order.is_none());
    UploadRow { row: row.number, key: row.key, user, order, content, findings }
}

fn invalid(problem: Problem) -> RowFinding {
    let (member, message) = problem.into_fault();
    let finding = RowFinding::from(OrderFinding::general(CheckCode::InvalidMember, message));
    RowFinding { member: member.map(RowMember::Named), ..finding }
}

fn finding(finding: &keyferry_sheet::RowFinding) -> RowFinding {
    let severity = match finding.severity() {
        keyferry_sheet::Severity::Error => Severity::Error,
        keyferry_sheet::Severity::Warning => Severity::Warning,
    };
    RowFinding {
        severity,
        code: finding.code.as_str().to_owned(),
        member: finding.member.map(|member| RowMember::Named(member.to_owned())),
        message: match &finding.column {
            Some(column) => format!("Column {column:?}: {}", finding.message),
            None => finding.message.clone(),
        },
        remedy: finding.remedy().to_owned(),
    }
}

/// Returns the findings about rows whose key a later row repeats.
pub(crate) fn later(repeated: &[(u32, u32)]) -> Vec<(u32, RowFinding)> {
    // A file may repeat every second key: no search through a list for each of them.
    let mut later = BTreeMap::new();
    for (first, other) in repeated {
        later.entry(*first).or_insert_with(|| finding(&keyferry_sheet::RowFinding::repeated_key(*other)));
    }
    later.into_iter().collect()
}

/// Returns the columns of a file.
pub(crate) fn columns(columns: Option<Columns>) -> Vec<BatchColumn> {
    let Some(columns) = columns else { return Vec::new() };
    let key = columns.row_key.clone();
    let used = columns.used.into_iter().map(|column| BatchColumn {
        members: column.members.iter().map(|member| member.path().to_owned()).collect(),
        header: column.header,
    });
    let unused = columns.unused.into_iter().map(|header| BatchColumn { header, members: Vec::new() });
    let mut columns: Vec<_> = used.chain(unused).collect();
    if let Some(key) = key {
        match columns.iter_mut().find(|column| column.header == key) {
            Some(column) => column.members.push("row_key".to_owned()),
            None => columns.push(BatchColumn { header: key, members: vec!["row_key".to_owned()] }),
        }
    }
    columns
}

/// Returns the findings about the whole file.
pub(crate) fn warnings(reader: &Reader) -> Vec<RowFinding> {
    let warnings = reader.warnings().into_iter().map(|warning| RowFinding {
        severity: Severity::Warning,
        code: warning.code.to_owned(),
        member: None,
        message: warning.message,
        remedy: "Check the rows before you submit the batch.".to_owned(),
    });
    warnings.collect()
}
