//! Response body: a person's passkeys, compared with the records.

use keyferry_engine::{Listing, Passkey, PersonPasskeys, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Passkeys of a person: of the records and of the identity provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct MethodsBody {
    /// The person, as in the path.
    #[schema(example = "adele@contoso.example")]
    user_id: String,
    /// Directory object id. `null` if Keyferry may not read it.
    #[schema(format = "uuid", example = "7dc95e2f-53b1-4b0a-9b7c-0d5b7e6f2a11")]
    object_id: Option<String>,
    /// Whether the account is enabled. `null` if Keyferry may not read it.
    account_enabled: Option<bool>,
    /// Whether `methods` contains all passkeys of the person. Otherwise, `incomplete_because` states why not.
    complete: bool,
    /// Why passkeys are missing or not checked, and what to do.
    incomplete_because: Option<String>,
    /// Passkeys: first those that records name, newest first.
    methods: Vec<MethodBody>,
}

/// Passkey of a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct MethodBody {
    /// Identity provider's id of the authentication method.
    #[schema(example = "2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1")]
    method_id: String,
    /// Name of the passkey at the identity provider.
    display_name: Option<String>,
    /// AAGUID of the authenticator's model.
    #[schema(format = "uuid", example = "a25342c0-3cdc-4414-8e46-f4807fca511c")]
    aaguid: Option<String>,
    /// Name of the model, as the identity provider returns it.
    model: Option<String>,
    /// Time of the registration.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    created_at: Option<String>,
    /// `registered`: record and identity provider have it. `missing`: only the record has it. `revoked`: Keyferry
    /// deleted it. `without_record`: only the identity provider has it. `without_record_of_ordered_model`: the same, on
    /// a model that Keyferry orders. `other_account`: it belongs to another account, because the user name was
    /// reassigned. `unchecked`: the record has it, and the identity provider did not answer.
    #[schema(value_type = schemas::MethodStanding)]
    standing: &'static str,
    /// Time of the revocation.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    revoked_at: Option<String>,
    /// Keyferry's id of the shipment whose record names the passkey.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    id: Option<String>,
    /// Serial number of the key.
    serial_number: Option<String>,
}

impl MethodsBody {
    pub(super) fn new(user_id: String, found: PersonPasskeys) -> Self {
        let PersonPasskeys { account, passkeys, listing, .. } = found;
        Self {
            user_id,
            object_id: account.as_ref().map(|account| account.id.to_string()),
            account_enabled: account.and_then(|account| account.enabled),
            complete: listing == Listing::Complete,
            incomplete_because: match listing {
                Listing::Complete => None,
                Listing::OnlyOwn(why) | Listing::Failed(why) => Some(why),
            },
            methods: passkeys.into_iter().map(MethodBody::from).collect(),
        }
    }
}

impl From<Passkey> for MethodBody {
    fn from(passkey: Passkey) -> Self {
        Self {
            method_id: passkey.method_id,
            display_name: passkey.display_name,
            aaguid: passkey.aaguid,
            model: passkey.model,
            created_at: passkey.created_at.map(rfc3339),
            standing: passkey.standing.as_str(),
            revoked_at: match passkey.standing {
                Standing::Revoked(at) => Some(rfc3339(at)),
                _ => None,
            },
            id: passkey.shipment.map(|(id, _)| id.to_string()),
            serial_number: passkey.serial.map(|serial| serial.to_string()),
        }
    }
}
