//! What surrounds each page: language, navigation, user.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keyferry_access::{Operation, Visit};

use crate::assets;
use crate::messages::{Language, Messages};

/// Entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Shipments,
    Order,
    Batches,
    Health,
    Audit,
    Elsewhere,
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
    may_order: bool,
    may_read_batches: bool,
    may_create_batches: bool,
    /// Whether the user may see the health of the service, and the events of all shipments.
    pub(crate) sees_health: bool,
    pub(crate) sees_audit: bool,
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
        let may = |operation| visit.principal.permits(operation).is_ok();
        let user = FrameUser {
            name,
            account,
            csrf: visit.session.csrf_token(),
            may_order: may(Operation::QueueOrder),
            may_read_batches: may(Operation::ListBatches),
            may_create_batches: may(Operation::CreateBatch),
            sees_health: may(Operation::GetStatus),
            sees_audit: may(Operation::ListEvents),
        };
        Self { m: language.messages(), user: Some(user), place }
    }

    /// Returns the address of a file of this version.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    pub(crate) fn is_at_overview(&self) -> bool {
        self.place == Place::Overview
    }

    pub(crate) fn is_at_order(&self) -> bool {
        self.place == Place::Order
    }

    pub(crate) fn is_at_batches(&self) -> bool {
        self.place == Place::Batches
    }

    pub(crate) fn may_order(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.may_order)
    }

    pub(crate) fn may_read_batches(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.may_read_batches)
    }

    pub(crate) fn may_create_batches(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.may_create_batches)
    }

    pub(crate) fn is_at_shipments(&self) -> bool {
        self.place == Place::Shipments
    }

    pub(crate) fn is_at_health(&self) -> bool {
        self.place == Place::Health
    }

    pub(crate) fn is_at_audit(&self) -> bool {
        self.place == Place::Audit
    }
}

/// Returns the response with a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, html)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "could not render a page of the console");
            (StatusCode::INTERNAL_SERVER_ERROR, "Keyferry could not write this page.").into_response()
        }
    }
}
