//! What the page shows of a person.

use keyferry_access::Operation;
use keyferry_domain::ports::{Page, StoreError, Summary};
use keyferry_domain::{PhaseName, UserRef};
use keyferry_engine::{Listing, Passkey, PersonPasskeys, Standing};

use super::address;
use super::passkey::{PasskeyRow, standing_tone};
use crate::messages::Messages;
use crate::shipment::is_replaceable;
use crate::shipments::tone;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::Visitor;

/// Phases in which an order can be cancelled.
const CANCELLABLE: [PhaseName; 4] =
    [PhaseName::Queued, PhaseName::Unconfirmed, PhaseName::Accepted, PhaseName::Fulfilled];

/// A person, with keys and passkeys.
pub(super) struct PersonView {
    /// Display name, or else as entered.
    pub(super) name: String,
    pub(super) account: Option<AccountView>,
    /// Manager, who receives the PINs unless an order names others.
    pub(super) manager: Option<String>,
    pub(super) keys: Vec<KeyRow>,
    pub(super) unreadable: Vec<(String, String)>,
    /// `None` if the user may not see them.
    pub(super) passkeys: Option<PasskeysView>,
    /// Number of orders that can be stopped, and the address of the form.
    pub(super) stop: Option<(u64, String)>,
    /// Address of the form that offboards the person.
    pub(super) offboard: Option<String>,
}

/// Account at the identity provider.
pub(super) struct AccountView {
    pub(super) user_name: String,
    pub(super) object_id: String,
    pub(super) enabled: Option<bool>,
    pub(super) is_guest: bool,
}

/// Passkeys of the person.
pub(super) struct PasskeysView {
    pub(super) rows: Vec<PasskeyRow>,
    /// Number of differences between records and identity provider.
    pub(super) differences: u64,
    /// Why it is incomplete, in English.
    pub(super) note: Option<String>,
}

/// Key that was ordered.
pub(super) struct KeyRow {
    pub(super) address: String,
    pub(super) serial: Option<String>,
    pub(super) product: Option<i64>,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) needs_human: bool,
    /// That the passkey of the key cannot be used, with the tone.
    pub(super) passkey: Option<(&'static str, &'static str)>,
    pub(super) created: Instant,
    /// Address of the form that orders a new key in its place.
    pub(super) replace: Option<String>,
    /// Address of the form that reports it as lost.
    pub(super) lost: Option<String>,
}

/// Returns the shipments for a person that the user may see.
pub(super) async fn shipments(
    state: &ConsoleState,
    visitor: &Visitor,
    user: &UserRef,
) -> Result<Page<Summary>, StoreError> {
    let principal = visitor.principal();
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    state.engine.views.person(user, requested_by).await
}

/// Returns the ids of the orders that can be stopped.
pub(super) fn stoppable(shipments: &[Summary]) -> Vec<String> {
    let open = shipments.iter().filter(|one| CANCELLABLE.contains(&one.phase) && !one.set_by_hand);
    open.map(|one| one.id.to_string()).collect()
}

impl PersonView {
    /// Reads what is known about the person. `given` is the text that the user entered.
    pub(super) async fn read(
        state: &ConsoleState,
        visitor: &Visitor,
        user: &UserRef,
        given: &str,
        m: &'static Messages,
    ) -> Result<Self, StoreError> {
        let found = shipments(state, visitor, user).await?;
        let held = match visitor.may(Operation::ListMethods) {
            true => Some(state.engine.people.passkeys(user).await?),
            false => None,
        };
        let may_stop = visitor.may(Operation::ActOnShipments) && visitor.may(Operation::CancelShipment);
        let open = stoppable(&found.items).len() as u64;
        let has_keys = !found.items.is_empty();
        let may = May { replace: visitor.may(Operation::ReplaceShipment), lose: visitor.may(Operation::LoseKey) };
        let (account, entry) = match &held {
            Some(held) => (held.account.as_ref(), held.entry.as_ref()),
            None => (None, None),
        };
        let manager = entry.and_then(|entry| entry.manager.as_ref()).map(|manager| {
            let mail = manager.mail.as_ref().map(|mail| mail.as_str());
            match (&manager.display_name, mail) {
                (Some(name), Some(mail)) => format!("{name} ({mail})"),
                (Some(name), None) => format!("{name} ({})", m.people.without_mail),
                (None, mail) => mail.unwrap_or_default().to_owned(),
            }
        });
        Ok(Self {
            name: entry.and_then(|entry| entry.person.display_name.clone()).unwrap_or_else(|| given.to_owned()),
            account: account.map(|account| AccountView {
                user_name: account.user_name.clone(),
                object_id: account.id.to_string(),
                enabled: account.enabled,
                is_guest: account.guest == Some(true),
            }),
            manager,
            keys: found.items.into_iter().map(|summary| KeyRow::new(summary, held.as_ref(), &may, given, m)).collect(),
            unreadable: found.broken,
            passkeys: held.map(|held| PasskeysView::new(held, given, visitor.may(Operation::RevokeMethod), m)),
            offboard: (visitor.may(Operation::OffboardPerson) && has_keys).then(|| address::offboard(given)),
            stop: (may_stop && open > 0).then(|| (open, address::stop(given))),
        })
    }
}

impl PasskeysView {
    fn new(held: PersonPasskeys, given: &str, may_revoke: bool, m: &'static Messages) -> Self {
        let note = match held.listing {
            Listing::Complete => None,
            Listing::OnlyOwn(why) | Listing::Failed(why) => Some(why),
        };
        let differs = |standing: Standing| {
            let same = matches!(standing, Standing::Registered | Standing::Revoked(_) | Standing::Unchecked);
            !same
        };
        let differences = held.passkeys.iter().filter(|passkey| differs(passkey.standing)).count() as u64;
        let rows = held.passkeys.into_iter().map(|passkey| PasskeyRow::new(passkey, given, may_revoke, m));
        Self { rows: rows.collect(), differences, note }
    }
}

/// What the user may do about keys.
struct May {
    replace: bool,
    lose: bool,
}

/// Returns whether the page offers to report the key as lost: its order was placed and not cancelled.
fn can_be_lost(summary: &Summary) -> bool {
    use PhaseName::{Accepted, Complete, Fulfilled, Registered};
    matches!(summary.phase, Accepted | Fulfilled | Registered | Complete)
}

impl KeyRow {
    fn new(summary: Summary, held: Option<&PersonPasskeys>, may: &May, given: &str, m: &'static Messages) -> Self {
        let of_key = |passkey: &&Passkey| passkey.shipment.is_some_and(|(id, _)| id == summary.id);
        let standing = held.and_then(|held| held.passkeys.iter().find(of_key)).map(|passkey| passkey.standing);
        let is_gone =
            |standing: &Standing| matches!(standing, Standing::Missing | Standing::Revoked(_) | Standing::OtherAccount);
        let phase = if summary.set_by_hand { PhaseName::Complete } else { summary.phase };
        let address = format!("/console/shipments/{}", summary.id);
        Self {
            lost: (may.lose && can_be_lost(&summary)).then(|| address::lost_key(given, &summary.id.to_string())),
            replace: (may.replace && is_replaceable(summary.phase)).then(|| format!("{address}/replace")),
            address,
            serial: summary.serial.map(|serial| serial.to_string()),
            product: summary.product,
            state: (m.phase)(phase),
            tone: tone(phase),
            needs_human: summary.needs_human,
            passkey: standing.filter(is_gone).map(|standing| ((m.people.standing)(standing), standing_tone(standing))),
            created: summary.created_at.into(),
        }
    }
}
