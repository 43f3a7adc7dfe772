//! Users of the tenant. Some have names with characters that clients often encode wrongly.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::tenant::{DOMAIN, TENANT_ID};

/// Whether a user belongs to the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UserType {
    #[default]
    Member,
    Guest,
}

/// Contact data of a user, under Graph's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Profile {
    pub(crate) given_name: Option<String>,
    pub(crate) surname: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) employee_id: Option<String>,
    pub(crate) mobile_phone: Option<String>,
    pub(crate) street_address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: Option<String>,
}

/// User of the tenant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) upn: String,
    pub(crate) display_name: String,
    pub(crate) mail: Option<String>,
    pub(crate) account_enabled: bool,
    pub(crate) user_type: UserType,
    pub(crate) manager: Option<Uuid>,
    /// Language with a country or without, for example `de-DE`.
    pub(crate) preferred_language: Option<String>,
    /// Whether Graph can send mail as this user.
    pub(crate) has_mailbox: bool,
    /// Ids of the directory roles that are assigned to the user.
    pub(crate) roles: Vec<Uuid>,
    /// App roles on the connector's API that are assigned to the user.
    pub(crate) app_roles: Vec<String>,
    #[serde(flatten)]
    pub(crate) profile: Profile,
}

impl User {
    /// Creates an enabled member without a manager, whose mail address is the user principal name.
    pub(crate) fn new(id: Uuid, upn: String, display_name: String) -> Self {
        Self {
            id,
            mail: Some(upn.clone()),
            upn,
            display_name,
            account_enabled: true,
            user_type: UserType::Member,
            manager: None,
            preferred_language: None,
            has_mailbox: false,
            roles: Vec::new(),
            app_roles: Vec::new(),
            profile: Profile::default(),
        }
    }

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
        let user = User::new(id(number), format!("{local}@{DOMAIN}"), display_name.to_owned());
        User { manager: manager.map(id), ..user }
    };
    let with = |user, names: &[&str]| User {
        app_roles: names.iter().map(|name| format!("Keyferry.{name}")).collect(),
        ..user
    };
    vec![
        row(1, "ada.lovelace", "Ada Lovelace", Some(GRACE)),
        with(row(GRACE, "grace.hopper", "Grace Hopper", None), &["Order", "Read", "Operate", "Pin", "Audit", "Admin"]),
        row(3, "nomanager", "Noor Manager", None),
        row(4, "nomail", "Nomi Maillot", Some(BOSS)),
        User { mail: None, ..row(BOSS, "boss.without.mail", "Boss Without Mail", None) },
        User { account_enabled: false, ..with(row(6, "disabled", "Dina Sabled", Some(GRACE)), &["Read", "Operate"]) },
        with(row(7, "o'brien#test", "Brian O'Brien", Some(GRACE)), &["Order"]),
        row(8, "$dollar", "Dolores Dollar", Some(GRACE)),
        with(row(9, "jürgen.weiß", "Jürgen Weiß", Some(GRACE)), &["Order", "Read", "Operate"]),
        with(row(10, "alan.turing", "Alan Turing", Some(GRACE)), &["Read", "Audit"]),
        User { has_mailbox: true, ..row(16, "keys", "Security Keys", None) },
    ]
}
