//! Audit records of operations on passkeys.

use std::sync::{Mutex, PoisonError};

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::ids::Ids;
use crate::entra::AppClaims;
use crate::ground::directory::User;
use crate::ground::random;

/// Operation on a user's passkeys, successful or not.
pub(super) struct Audit<'a> {
    pub(super) activity: &'a str,
    pub(super) user: &'a User,
    pub(super) success: bool,
    pub(super) reason: &'a str,
}

/// Store of all audit records, newest last.
#[derive(Debug, Default)]
pub(super) struct Audits(Mutex<Vec<Value>>);

impl Audits {
    /// Writes a record. It is visible at once; in the real log it takes minutes.
    pub(super) fn record(&self, ids: &Ids, caller: &AppClaims, audit: Audit<'_>) {
        let Audit { activity, user, success, reason } = audit;
        let record = json!({
            "id": format!("Authentication Methods_{}", random::uuid()),
            "category": "UserManagement",
            // inferred: the caller's client-request-id. The guide describes only that they are related.
            "correlationId": ids.client,
            "result": if success { "success" } else { "failure" },
            "resultReason": reason,
            "activityDisplayName": activity,
            "activityDateTime": ids.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "loggedByService": "Authentication Methods",
            "operationType": "Add",
            "initiatedBy": {"user": null, "app": {"appId": caller.app_id, "servicePrincipalId": caller.object_id}},
            "targetResources": [{
                "id": user.id, "type": "User", "userPrincipalName": user.upn, "displayName": user.display_name,
            }],
            "additionalDetails": [],
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }

    /// Reads the records, oldest first.
    pub(super) fn read<T>(&self, read: impl FnOnce(&[Value]) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Deletes all records.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
