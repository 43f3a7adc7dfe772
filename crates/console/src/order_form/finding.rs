//! Findings about an order, at its fields.

use keyferry_domain::{RowFinding, RowMember, Severity};
use keyferry_sheet::Member;
use serde_json::Value;

/// Finding, in English, from the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) is_error: bool,
    /// Field. `None`: the finding is about the whole order.
    pub(crate) member: Option<Member>,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Code of the finding about a field that is empty.
const MISSING: &str = "missing-value";

impl Finding {
    /// Returns whether the field is empty. While a user fills a form in, that is no mistake yet.
    pub(crate) fn is_missing(&self) -> bool {
        self.code == MISSING
    }

    /// Returns the finding with a next step for a form: a missing value is not in a file.
    fn for_form(self) -> Self {
        match self.is_missing() {
            true => Self { remedy: "Enter a value.".to_owned(), ..self },
            false => self,
        }
    }

    /// Returns message and next step. The page names the field, so the path in front of the message is left out.
    pub(crate) fn text(&self) -> String {
        let without_path = self.message.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
        let message = match (self.member, without_path) {
            (Some(_), Some((_, rest))) => rest,
            _ => &self.message,
        };
        let end = if message.ends_with('.') { "" } else { "." };
        format!("{message}{end} {}", self.remedy).trim_end().to_owned()
    }

    /// Returns the colour.
    pub(crate) fn tone(&self) -> &'static str {
        if self.is_error { "bad" } else { "alert" }
    }

    /// Returns the id of the field, or that of the list of findings.
    pub(crate) fn input(&self) -> &'static str {
        self.member.map_or("person", Member::name)
    }
}

/// Returns the finding of reading a field.
pub(crate) fn of_sheet(found: &keyferry_sheet::RowFinding) -> Finding {
    Finding {
        is_error: found.severity() == keyferry_sheet::Severity::Error,
        member: found.member.and_then(Member::find),
        code: found.code.as_str().to_owned(),
        message: found.message.clone(),
        remedy: found.remedy().to_owned(),
    }
    .for_form()
}

/// Returns the findings of a check in a response of the API.
pub(crate) fn of_check(found: &Value) -> Vec<Finding> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |found: &Value| {
        Finding {
            is_error: found["severity"] == "error",
            member: found["member"].as_str().and_then(Member::find),
            code: text(&found["code"]),
            message: text(&found["message"]),
            remedy: text(&found["remedy"]),
        }
        .for_form()
    };
    found.as_array().into_iter().flatten().map(one).collect()
}

/// Returns the finding about a row of a batch.
pub(crate) fn of_row(found: &RowFinding) -> Finding {
    let member = found.member.as_ref().and_then(|member| match member {
        RowMember::User => Some(Member::UserId),
        RowMember::PinLength => Some(Member::PinLength),
        RowMember::Contacts => Some(Member::EmailsTo),
        RowMember::Parcel(path) | RowMember::Named(path) => Member::find(path),
    });
    Finding {
        is_error: found.severity == Severity::Error,
        member,
        code: found.code.clone(),
        message: found.message.clone(),
        remedy: found.remedy.clone(),
    }
    .for_form()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_names_no_path_of_a_field() {
        let found = json!([
            {"severity": "error", "member": "recipient_email", "message": "`a.b`: no address", "remedy": "Fix it."},
            {"severity": "error", "member": null, "message": "`a.b`: no address.", "remedy": ""},
            {"severity": "error", "member": "city", "code": "missing-value", "message": "`city` is missing"},
        ]);
        let texts: Vec<_> = of_check(&found).iter().map(Finding::text).collect();
        assert_eq!(texts, ["no address. Fix it.", "`a.b`: no address.", "`city` is missing. Enter a value."]);
    }

    #[test]
    fn every_path_of_a_member_leads_to_its_field() {
        let found = json!([
            {"severity": "error", "member": "user_id", "code": "unknown-user", "message": "m", "remedy": "r"},
            {"severity": "warning", "member": "yubico_shipment_request.recipient.recipient_lastname", "code": "x"},
            {"severity": "error", "member": null, "code": "y", "message": "m", "remedy": "r"},
        ]);
        let members: Vec<_> = of_check(&found).into_iter().map(|it| (it.member, it.is_error, it.input())).collect();
        let expected = [
            (Some(Member::UserId), true, "user_id"),
            (Some(Member::RecipientLastname), false, "recipient_lastname"),
            (None, true, "person"),
        ];
        assert_eq!(members, expected);
        let stored = |member| RowFinding {
            severity: Severity::Error,
            code: "x".to_owned(),
            member: Some(member),
            message: String::new(),
            remedy: String::new(),
        };
        for (member, expected) in [
            (RowMember::User, Member::UserId),
            (RowMember::Contacts, Member::EmailsTo),
            (RowMember::Parcel("mailing_address.city".to_owned()), Member::City),
            (RowMember::Parcel("shipment_items[0].inventory_product_id".to_owned()), Member::InventoryProductId),
            (RowMember::Named("pin_request.length".to_owned()), Member::PinLength),
        ] {
            assert_eq!(of_row(&stored(member)).member, Some(expected));
        }
    }
}
