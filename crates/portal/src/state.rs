//! State that the pages share.

use keyferry_engine::{Addresses, Engine, Objections, PassPages, PinPages, Preflight};
use keyferry_pages::{Area, Site};

use crate::pace::Pace;

/// The pages for people. Users need no role.
pub static AREA: Area = Area { start: "/me", needs_role: false };

/// State that the pages share. Cheap to clone for each request.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct PortalState {
    /// Sign-in and sessions.
    pub(crate) site: Site,
    /// PINs that wait for their addressees.
    pub(crate) pins: PinPages,
    /// Temporary access passes that wait for their addressees.
    pub(crate) passes: PassPages,
    /// Orders that wait for an address.
    pub(crate) addresses: Addresses,
    /// Countries to which keys can be sent.
    pub(crate) preflight: Preflight,
    /// Keys to which persons can object.
    pub(crate) objections: Objections,
    /// Pace of users.
    pub(crate) pace: Pace,
}

impl PortalState {
    /// Creates the state. `site` must be of [`AREA`].
    pub fn new(site: Site, engine: &Engine) -> Self {
        Self {
            site,
            pins: engine.pin_pages.clone(),
            passes: engine.pass_pages.clone(),
            addresses: engine.addresses.clone(),
            preflight: engine.preflight.clone(),
            objections: engine.objections.clone(),
            pace: Pace::default(),
        }
    }
}
