//! Caller of the API: the application, and the person for whom it acts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::CallerId;

/// Caller of the API. Displayed as `APPLICATION`, or `APPLICATION for USER NAME (OBJECT ID)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// Calling application.
    pub application: CallerId,
    /// Signed-in user for whom the application acts. `None` if it acts as itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ActingUser>,
}

/// Signed-in user for whom an application acts, as named in its access token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActingUser {
    /// Object id of the user, the claim `oid`.
    pub object_id: String,
    /// Sign-in name, the claim `preferred_username` or `upn`. It can change: for people, not for decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Display name, the claim `name`. It can change: for people, not for decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Caller {
    /// Returns an application that acts as itself.
    pub fn application(id: CallerId) -> Self {
        Self { application: id, user: None }
    }

    /// Returns whether both are the same application acting for the same user. Names are not compared.
    pub fn is_same(&self, other: &Self) -> bool {
        let user = |caller: &Self| caller.user.as_ref().map(|user| user.object_id.clone());
        self.application == other.application && user(self) == user(other)
    }

    /// Returns a text that is equal for two callers exactly if they are [the same](Self::is_same): `APPLICATION`, or
    /// `APPLICATION USER`. Ids of applications and users contain no spaces.
    pub fn key(&self) -> String {
        match &self.user {
            None => self.application.to_string(),
            Some(user) => format!("{} {}", self.application, user.object_id),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.application.fmt(f)?;
        match &self.user {
            None => Ok(()),
            Some(ActingUser { object_id, user_name: None, .. }) => write!(f, " for user {object_id}"),
            Some(ActingUser { object_id, user_name: Some(name), .. }) => write!(f, " for {name} ({object_id})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acting(object_id: &str, user_name: Option<&str>) -> Caller {
        let user = ActingUser { object_id: object_id.into(), user_name: user_name.map(Into::into), name: None };
        Caller { user: Some(user), ..Caller::application(CallerId::new("portal")) }
    }

    #[test]
    fn displays_application_and_user() {
        assert_eq!(Caller::application(CallerId::new("portal")).to_string(), "portal");
        assert_eq!(acting("0a1b", None).to_string(), "portal for user 0a1b");
        assert_eq!(acting("0a1b", Some("adele@contoso.com")).to_string(), "portal for adele@contoso.com (0a1b)");
    }

    #[test]
    fn is_same_ignores_names_but_not_users() {
        assert!(acting("0a1b", None).is_same(&acting("0a1b", Some("adele@contoso.com"))));
        assert!(!acting("0a1b", None).is_same(&acting("0a1c", None)));
        assert!(!acting("0a1b", None).is_same(&Caller::application(CallerId::new("portal"))));
        assert_eq!(acting("0a1b", None).key(), acting("0a1b", Some("adele@contoso.com")).key());
        let keys = [acting("0a1b", None), acting("0a1c", None), Caller::application(CallerId::new("portal"))];
        assert_eq!(keys.map(|caller| caller.key()), ["portal 0a1b", "portal 0a1c", "portal"]);
    }
}
