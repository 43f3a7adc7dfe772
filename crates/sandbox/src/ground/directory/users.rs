//! Users of the tenant. Some have names with characters that clients often encode wrongly.

use aws_lc_rs::digest;
use serde::Serialize;
use uuid::Uuid;

use super::tenant::{DOMAIN, TENANT_ID};

/// User of the tenant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) upn: String,
    pub(crate) display_name: String,
    pub(crate) mail: Option<String>,
    pub(crate) account_enabled: bool,
    pub(crate) manager: Option<Uuid>,
    /// Whether Graph can send mail as this user.
    pub(crate) has_mailbox: bool,
    /// Ids of the directory roles that are assigned to the user.
    pub(crate) roles: Vec<Uuid>,
}

impl User {
    /// Returns the WebAuthn user handle: `OF:`, the tenant's GUID with its first three groups little-endian, and
    /// 32 bytes that depend on the user. // inferred: the middle part from two captures; the last part is opaque.
    pub(crate) fn handle(&self) -> Vec<u8> {
        let own = digest::digest(&digest::SHA256, self.id.as_bytes());
        [b"OF:".as_slice(), &TENANT_ID.to_bytes_le(), own.as_ref()].concat()
    }
}

/// Returns the object id of the user with this number.
pub(crate) fn id(number: u8) -> Uuid {
    Uuid::from_u128(0xa100_0000_0000_4000_8000_0000_0000_0000 | u128::from(number))
}

/// Returns the initial users.
pub(super) fn fixed() -> Vec<User> {
    const GRACE: u8 = 2;
    const BOSS: u8 = 5;
    let row = |number, local: &str, display_name: &str, manager: Option<u8>| {
        let upn = format!("{local}@{DOMAIN}");
        User {
            id: id(number),
            mail: Some(upn.clone()),
            upn,
            display_name: display_name.to_owned(),
            account_enabled: true,
            manager: manager.map(id),
            has_mailbox: false,
            roles: Vec::new(),
        }
    };
    vec![
        row(1, "ada.lovelace", "Ada Lovelace", Some(GRACE)),
        row(GRACE, "grace.hopper", "Grace Hopper", None),
        row(3, "nomanager", "Noor Manager", None),
        row(4, "nomail", "Nomi Maillot", Some(BOSS)),
        User { mail: None, ..row(BOSS, "boss.without.mail", "Boss Without Mail", None) },
        User { account_enabled: false, ..row(6, "disabled", "Dina Sabled", Some(GRACE)) },
        row(7, "o'brien#test", "Brian O'Brien", Some(GRACE)),
        row(8, "$dollar", "Dolores Dollar", Some(GRACE)),
        row(9, "jürgen.weiß", "Jürgen Weiß", Some(GRACE)),
        row(10, "alan.turing", "Alan Turing", Some(GRACE)),
        User { has_mailbox: true, ..row(16, "keys", "Security Keys", None) },
    ]
}
