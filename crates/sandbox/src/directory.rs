//! The tenant's users and app registrations: the fixed world that the documentation shows.

use uuid::Uuid;

mod apps;
pub(crate) mod permissions;
mod users;

pub(crate) use apps::{App, CONNECTOR_URI, Certificate, Federated};
pub(crate) use users::User;

/// Tenant id, also inside the user handles.
pub(crate) const TENANT_ID: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
/// The tenant's initial domain.
pub(crate) const DOMAIN: &str = "contoso.onmicrosoft.com";
/// App id of Microsoft Graph.
pub(crate) const GRAPH_APP_ID: Uuid = Uuid::from_u128(0x0000_0003_0000_0000_c000_0000_0000_0000);

/// Users and apps.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) users: Vec<User>,
    pub(crate) apps: Vec<App>,
}

impl Directory {
    /// The fixed world.
    pub(crate) fn contoso() -> Self {
        Self { users: users::fixed(), apps: apps::fixed() }
    }

    /// By object id, or by user principal name without regard to case, as Graph does.
    pub(crate) fn user(&self, id_or_upn: &str) -> Option<&User> {
        let wanted = id_or_upn.to_lowercase();
        self.users.iter().find(|user| user.id.to_string() == wanted || user.upn.to_lowercase() == wanted)
    }

    /// By object id.
    pub(crate) fn user_by_id(&self, id: Uuid) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// By object id, to change it.
    pub(crate) fn user_mut(&mut self, id: Uuid) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// By user handle, as a key gives it back at sign-in.
    pub(crate) fn user_by_handle(&self, handle: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.handle() == handle)
    }

    /// By client id.
    pub(crate) fn app(&self, id: Uuid) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// By the identifier that a scope names: client id, `api://{client id}` or an App ID URI.
    pub(crate) fn app_by_audience(&self, audience: &str) -> Option<&App> {
        self.apps.iter().find(|app| {
            audience == app.id.to_string()
                || audience == format!("api://{}", app.id)
                || app.app_id_uri.as_deref() == Some(audience)
        })
    }
}
