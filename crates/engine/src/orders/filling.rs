//! Data of the recipient that an order lacks, filled from the directory.

use keyferry_domain::{CheckCode, Directory, Failure, FilledOrder, Member, ObjectId, Order, OrderDraft, OrderFinding};
use keyferry_domain::{Operation, UserRef};

use crate::context::Context;
use crate::failures::findings;

/// Complete order of the queue.
pub(super) struct Filled {
    pub(super) order: Order,
    /// Paths of the members that were filled.
    pub(super) members: Vec<&'static str>,
    /// Object id of the user whose data was filled in. `None` if the order lacked nothing.
    pub(super) person: Option<ObjectId>,
}

/// Completes an order right before it is sent. An order that lacks nothing causes no call.
///
/// # Errors
/// The failure of the call, or what the directory's data lacks. Messages contain names of members, never values.
pub(super) async fn fill(context: &Context, draft: OrderDraft) -> Result<Filled, Failure> {
    if let Some(order) = draft.complete() {
        return Ok(Filled { order, members: Vec::new(), person: None });
    }
    if !context.settings.fill_from_directory {
        let message = "the order lacks data of the recipient, and KEYFERRY_FILL_FROM_DIRECTORY is off";
        return Err(findings::queued_order("filling-off", message));
    }
    let directory = context.directory(context.ports.providers.default_id())?;
    let profile = directory.profile(&draft.user).await?;
    let person = profile.id;
    let FilledOrder { order, members } = draft.fill(profile).map_err(|missing| {
        let message = format!("neither order nor directory has a usable value of {}", missing.join(", "));
        findings::queued_order("recipient-incomplete", message)
    })?;
    // The limits of complete orders were checked when they were accepted.
    let found = context.ports.delivery_service.check(&order);
    let unusable: Vec<_> = found.iter().filter(|finding| finding.is_error()).map(name).collect();
    if !unusable.is_empty() {
        let message = format!("the delivery service does not accept the filled order: {}", unusable.join(", "));
        return Err(findings::queued_order("recipient-unusable", message));
    }
    Ok(Filled { order, members, person: Some(person) })
}

fn name(finding: &OrderFinding) -> String {
    let code = finding.code.as_str();
    match finding.member {
        Some(Member::Parcel(path)) => format!("{path} ({code})"),
        _ => code.to_owned(),
    }
}

/// Checks that the user name still belongs to the user whose data was filled in: it could have been reassigned between
/// two calls, and the key of one user would be sent to the address of another.
pub(super) async fn same_person(directory: &dyn Directory, user: &UserRef, person: ObjectId) -> Result<(), Failure> {
    if matches!(user, UserRef::ObjectId(_)) {
        return Ok(());
    }
    let now = directory.entry(user, false).await?;
    match now.person.id {
        Some(id) if id == person => Ok(()),
        _ => {
            let message = format!("the user name {user} was given to another user while the order was being filled");
            Err(findings::identity(Operation::ReadUser, "user-reassigned", message))
        }
    }
}

/// Replaces messages that could contain values of the directory. The caller of a check may not be permitted to read
/// them, and batches keep findings in plain text.
pub(super) fn conceal(findings: &mut [OrderFinding], filled: &[&str]) {
    let is_address_filled = filled.iter().any(|member| member.starts_with(ADDRESS));
    for finding in findings {
        let Some(Member::Parcel(path)) = finding.member else { continue };
        // The message about the type of delivery contains the country.
        let is_about_address = path.starts_with(ADDRESS) || finding.code == CheckCode::UnknownDeliveryType;
        if filled.contains(&path) || (is_address_filled && is_about_address) {
            finding.message = format!("The order is filled from the directory. {}", finding.code.meaning());
        }
    }
}

const ADDRESS: &str = "mailing_address.";
