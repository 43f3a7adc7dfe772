//! What surrounds each page: language, navigation, user.

use keyferry_access::{Operation, Principal, Visit};
pub(crate) use keyferry_pages::page;

use crate::assets;
use crate::messages::{Language, Messages};

/// Entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Work,
    Shipments,
    Order,
    Batches,
    People,
    Health,
    Audit,
    Elsewhere,
}

/// Entries of the navigation: address, the operation that the user must be permitted, and the text.
#[expect(clippy::type_complexity, reason = "a table")]
const NAVIGATION: [(Place, &str, Operation, fn(&Messages) -> &'static str); 8] = [
    (Place::Overview, "/console", Operation::CountShipments, |m| m.nav_overview),
    (Place::Work, "/console/work", Operation::ListShipments, |m| m.work.nav),
    (Place::Shipments, "/console/shipments", Operation::ListShipments, |m| m.nav_shipments),
    (Place::Order, "/console/order", Operation::QueueOrder, |m| m.order.nav),
    (Place::Batches, "/console/batches", Operation::ListBatches, |m| m.batches.nav),
    (Place::People, "/console/people", Operation::GetPerson, |m| m.people.nav),
    (Place::Health, "/console/health", Operation::GetStatus, |m| m.health.title),
    (Place::Audit, "/console/audit", Operation::ListEvents, |m| m.audit.title),
];

/// Link of the navigation.
pub(crate) struct Entry {
    pub(crate) address: &'static str,
    pub(crate) text: &'static str,
    pub(crate) is_here: bool,
}

/// What surrounds a page.
pub(crate) struct Frame {
    pub(crate) m: &'static Messages,
    pub(crate) user: Option<FrameUser>,
    pub(crate) place: Place,
}

/// Signed-in user, as the page shows it.
pub(crate) struct FrameUser {
    /// Display name, or else sign-in name, or else object id.
    pub(crate) name: String,
    /// Sign-in name, if the display name is shown.
    pub(crate) account: Option<String>,
    /// Token of the page's forms.
    pub(crate) csrf: String,
    principal: Principal,
}

impl Frame {
    /// Returns the frame of a page for a user who is not signed in.
    pub(crate) fn signed_out(language: Language) -> Self {
        Self { m: language.messages(), user: None, place: Place::Elsewhere }
    }

    /// Returns the frame of a page for a signed-in user.
    pub(crate) fn of(language: Language, visit: &Visit, place: Place) -> Self {
        let user = &visit.user;
        let (name, account) = match (&user.name, &user.user_name) {
            (Some(name), account) => (name.clone(), account.clone()),
            (None, Some(account)) => (account.clone(), None),
            (None, None) => (user.object_id.clone(), None),
        };
        let user = FrameUser { name, account, csrf: visit.session.csrf_token(), principal: visit.principal.clone() };
        Self { m: language.messages(), user: Some(user), place }
    }

    /// Returns the address of a file of this version.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Returns whether the user may use an operation.
    pub(crate) fn may(&self, operation: Operation) -> bool {
        self.user.as_ref().is_some_and(|user| user.principal.permits(operation).is_ok())
    }

    /// Returns whether the user may report a key as lost.
    pub(crate) fn may_lose_key(&self) -> bool {
        self.may(Operation::LoseKey)
    }

    /// Returns the links to the pages that the user may open.
    pub(crate) fn navigation(&self) -> impl Iterator<Item = Entry> {
        let permitted = NAVIGATION.into_iter().filter(|(_, _, operation, _)| self.may(*operation));
        permitted.map(|(place, address, _, text)| Entry { address, text: text(self.m), is_here: place == self.place })
    }
}
