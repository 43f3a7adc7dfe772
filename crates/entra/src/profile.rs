//! Data of a user as the recipient of a parcel (<https://learn.microsoft.com/graph/api/resources/user>).

use keyferry_domain::text::{is_blank, is_deceptive};
use keyferry_domain::{AddressDraft, EmailAddress, Failure, Operation, Profile, RecipientDraft, UserRef};

use crate::user_object::{ParcelObject, UserObject, failure};
use crate::{Entra, graph};

/// Only what an order can lack, and what identifies the user. The address is not among the basic properties that
/// `User.ReadBasic.All` covers.
const SELECT: &str = "$select=id,userPrincipalName,givenName,surname,mail,mobilePhone,companyName,streetAddress,city,\
                      state,postalCode,country";

/// Longest value, in characters. The limits of the delivery service are lower, and are checked later.
const LONGEST: usize = 1024;

/// Returns the user's data. A value that an order could not contain counts as missing.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Profile, Failure> {
    const OPERATION: Operation = Operation::ReadProfile;
    let answer = entra.get_user(user, SELECT, OPERATION).await?;
    if answer.status != 200 {
        return Err(failure(&answer, OPERATION, user));
    }
    let found = UserObject::read(entra, &answer, OPERATION, user)?;
    let id = found.object_id();
    let id = id.ok_or_else(|| graph::not_understood(&answer, OPERATION, "expected a UUID in the user's id"))?;
    let UserObject { mail, parcel, .. } = found;
    let ParcelObject {
        given_name,
        surname,
        company_name,
        mobile_phone,
        street_address,
        city,
        state,
        postal_code,
        country,
    } = parcel;
    let (street_line1, street_line2) = street(street_address);
    Ok(Profile {
        id,
        recipient: RecipientDraft {
            recipient_company: usable(company_name),
            recipient_email: usable(mail).filter(|mail| EmailAddress::parse(mail).is_ok()),
            recipient_firstname: usable(given_name),
            recipient_lastname: usable(surname),
            recipient_telephone: usable(mobile_phone),
        },
        address: AddressDraft {
            street_line1,
            street_line2,
            city: usable(city),
            region: usable(state),
            postal_code: usable(postal_code),
            // Free text in Graph: a code, or a name in any language. `usageLocation` is always a code, but it is where
            // the user's licences are used, and not part of the address.
            country_code_2: usable(country)
                .and_then(|country| keyferry_sheet::country_code(&country).map(str::to_owned)),
        },
    })
}

/// Returns the value as an order could contain it.
fn usable(text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    let is_usable =
        !is_blank(&text) && text.chars().count() <= LONGEST && !text.chars().any(|c| c.is_control() || is_deceptive(c));
    is_usable.then_some(text)
}

/// Returns the two lines of a street. In directories that are synchronised from Active Directory, a street can have
/// several lines.
fn street(text: Option<String>) -> (Option<String>, Option<String>) {
    let Some(text) = text else { return (None, None) };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().map(str::to_owned);
    let rest = lines.collect::<Vec<_>>().join(", ");
    let has_more = !rest.is_empty();
    match (usable(first), usable(Some(rest))) {
        // An unusable line makes the whole street unusable: half of it could lead elsewhere.
        (None, _) => (None, None),
        (Some(_), None) if has_more => (None, None),
        lines => lines,
    }
}
