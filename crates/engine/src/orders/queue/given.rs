//! Address and data of the recipient, as a form or a request has them.

use keyferry_domain::{AddressDraft, CheckCode, EmailAddress, Member, OrderFinding, RecipientDraft, text};

/// Longest value, in characters. The delivery service has shorter limits of its own.
const LONGEST: usize = 510;

/// Data for an order that lacks its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenAddress {
    /// Data of the recipient. Only what the order lacks is used.
    pub recipient: RecipientDraft,
    /// Postal address.
    pub address: AddressDraft,
}

impl GivenAddress {
    /// Reads texts by the names of their members, for example `street_line1`. Blank texts count as missing, and other
    /// names are ignored.
    ///
    /// # Errors
    /// One finding for each text that no order can contain.
    pub fn read<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<OrderFinding>> {
        let (mut given, mut findings) = (Self::default(), Vec::new());
        for (name, text) in texts {
            let Some((path, member)) = given.member(name) else { continue };
            match checked(path, text) {
                Ok(text) => *member = text,
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(given) } else { Err(findings) }
    }

    fn member(&mut self, name: &str) -> Option<(&'static str, &mut Option<String>)> {
        let (recipient, address) = (&mut self.recipient, &mut self.address);
        Some(match name {
            "recipient_company" => ("recipient.recipient_company", &mut recipient.recipient_company),
            "recipient_email" => (EMAIL, &mut recipient.recipient_email),
            "recipient_firstname" => ("recipient.recipient_firstname", &mut recipient.recipient_firstname),
            "recipient_lastname" => ("recipient.recipient_lastname", &mut recipient.recipient_lastname),
            "recipient_telephone" => ("recipient.recipient_telephone", &mut recipient.recipient_telephone),
            "street_line1" => ("mailing_address.street_line1", &mut address.street_line1),
            "street_line2" => ("mailing_address.street_line2", &mut address.street_line2),
            "city" => ("mailing_address.city", &mut address.city),
            "region" => ("mailing_address.region", &mut address.region),
            "postal_code" => ("mailing_address.postal_code", &mut address.postal_code),
            "country_code_2" => (COUNTRY, &mut address.country_code_2),
            _ => return None,
        })
    }
}

const EMAIL: &str = "recipient.recipient_email";
const COUNTRY: &str = "mailing_address.country_code_2";

/// Returns the value that an order can contain. `None` for a blank text.
fn checked(path: &'static str, text: &str) -> Result<Option<String>, OrderFinding> {
    let finding = |code, what: &str| OrderFinding::new(code, Member::Parcel(path), format!("`{path}` {what}"));
    let text = text.trim();
    if text::is_blank(text) {
        return Ok(None);
    }
    if text.chars().count() > LONGEST {
        return Err(finding(CheckCode::TooLong, "is too long"));
    }
    if text.chars().any(text::is_deceptive) {
        return Err(finding(CheckCode::InvalidCharacters, "contains a line break or an invisible character"));
    }
    match path {
        EMAIL if EmailAddress::parse(text).is_err() => Err(finding(CheckCode::InvalidMember, "is not a mail address")),
        COUNTRY if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Err(finding(CheckCode::InvalidCountry, "is not a code of two letters"))
        }
        COUNTRY => Ok(Some(text.to_ascii_uppercase())),
        _ => Ok(Some(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_texts_by_name_and_leaves_out_blank_ones() {
        let texts =
            [("street_line1", " 1 Way "), ("street_line2", " \u{200b}"), ("country_code_2", "de"), ("csrf", "x")];
        let given = GivenAddress::read(texts).unwrap();
        assert_eq!(given.address.street_line1.as_deref(), Some("1 Way"));
        assert_eq!((given.address.street_line2, given.address.country_code_2.as_deref()), (None, Some("DE")));
        assert_eq!(given.recipient, RecipientDraft::default());
    }

    #[test]
    fn names_each_text_that_no_order_can_contain() {
        let long = "x".repeat(LONGEST + 1);
        let texts = [
            ("street_line1", "1 Way\r\nX: y"),
            ("city", "Lon\u{202e}don"),
            ("recipient_email", "ada"),
            ("country_code_2", "Germany"),
            ("postal_code", long.as_str()),
            ("region", "IL"),
        ];
        let codes: Vec<_> = GivenAddress::read(texts).unwrap_err().into_iter().map(|finding| finding.code).collect();
        use CheckCode::{InvalidCharacters, InvalidCountry, InvalidMember, TooLong};
        assert_eq!(codes, [InvalidCharacters, InvalidCharacters, InvalidMember, InvalidCountry, TooLong]);
    }
}
