//! Checks before an order, of what would make the key useless.

use keyferry_domain::{Account, CreationOptions, Failure, Operation, UserRef};

use crate::failures::findings;

/// Rejects an order that cannot end with a usable key: the options are those of another user, the account is disabled,
/// or the user has as many credentials as the provider allows. Checks only what the provider returned.
pub(super) fn refuse_early(
    user: &UserRef,
    options: &CreationOptions,
    account: Option<&Account>,
    max_credentials: Option<usize>,
) -> Result<(), Failure> {
    let refuse = |code, message: String| {
        let mut failure = findings::identity(Operation::CreationOptions, code, message);
        failure.correlation.clone_from(&options.correlation);
        Err(failure)
    };
    if let (Some(account), Some(name)) = (account, options.user_name())
        && !UserRef::same_name(&account.user_name, name)
    {
        let message =
            format!("requested creation options for {user} ({}), but received those of {name}", account.user_name);
        let refused = refuse(findings::ANSWER_OF_ANOTHER_USER, message);
        if let Err(failure) = &refused {
            let remedy = failure.remedy();
            tracing::error!(%failure, remedy, "identity provider returned the answer to another call");
        }
        return refused;
    }
    if account.and_then(|account| account.enabled) == Some(false) {
        return refuse("account-disabled", format!("the account of {user} is disabled"));
    }
    let existing = options.existing_credentials;
    if max_credentials.is_some_and(|most| existing >= most) {
        return refuse("too-many-passkeys", format!("{user} already has {existing} passkeys, and no more are allowed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{FailureClass, ObjectId, UserHandle};
    use serde_json::json;

    use super::*;

    const ID: &str = "a1000000-0000-4000-8000-000000000001";

    fn options(existing_credentials: usize) -> CreationOptions {
        CreationOptions {
            public_key: json!({"user": {"id": "T0Y6", "name": "Ada@contoso.example"}}).as_object().cloned().unwrap(),
            challenge: "ZXlK".into(),
            rp_id: "login.example".into(),
            user_handle: UserHandle::new("T0Y6"),
            deadline: chrono::DateTime::UNIX_EPOCH,
            existing_credentials,
            correlation: Some("call".into()),
        }
    }

    fn account(name: &str, enabled: Option<bool>) -> Account {
        Account { id: ObjectId::parse(ID).unwrap(), user_name: name.into(), enabled, guest: None }
    }

    fn refusal(existing: usize, account: Option<&Account>, most: Option<usize>) -> Option<Failure> {
        refuse_early(&UserRef::parse(ID).unwrap(), &options(existing), account, most).err()
    }

    #[test]
    fn rejects_only_what_the_provider_returned() {
        let enabled = account("ada@contoso.example", Some(true));
        for (existing, account, most) in [
            (0, None, None),
            (99, None, None),
            (9, Some(&enabled), Some(10)),
            (9, Some(&account("ADA@contoso.example", None)), Some(10)),
        ] {
            assert_eq!(refusal(existing, account, most), None);
        }
        let disabled = account("ada@contoso.example", Some(false));
        for (existing, account, most, code, class) in [
            (0, Some(&disabled), None, "account-disabled", FailureClass::Rejected),
            (10, None, Some(10), "too-many-passkeys", FailureClass::Rejected),
            (11, Some(&enabled), Some(10), "too-many-passkeys", FailureClass::Rejected),
        ] {
            let failure = refusal(existing, account, most).unwrap();
            assert_eq!((failure.code(), failure.class()), (Some(code), class));
            assert!(failure.message.contains(ID), "{failure}");
            assert_eq!(failure.correlation.as_deref(), Some("call"));
        }
    }

    #[test]
    fn rejects_options_of_another_user() {
        let eve = account("eve@contoso.example", Some(true));
        let failure = refusal(0, Some(&eve), None).unwrap();
        let expected = (Some(findings::ANSWER_OF_ANOTHER_USER), FailureClass::InvalidResponse);
        assert_eq!((failure.code(), failure.class()), expected);
    }
}
