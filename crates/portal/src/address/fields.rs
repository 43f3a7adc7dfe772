//! Fields of the form. Their names are those of the members of an order.

use keyferry_domain::ports::Country;
use keyferry_domain::{CheckCode, Member, OrderFinding, RecipientDraft};
use url::form_urlencoded;

use crate::messages::PersonMessages;

/// Field of the form.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) is_optional: bool,
    /// `type` of the input.
    pub(crate) kind: &'static str,
    /// `autocomplete` of the input, so that browsers fill it in.
    pub(crate) autocomplete: &'static str,
    /// Code and name of each choice. Empty for an input.
    pub(crate) choices: Vec<(String, String)>,
    /// What is wrong.
    pub(crate) findings: Vec<Problem>,
}

/// What is wrong with an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// In the language of the page.
    pub(crate) text: String,
    /// What exists in English only, for example the answer of the delivery service.
    pub(crate) quote: Option<String>,
}

/// What a form contained.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(Vec<(String, String)>);

impl Values {
    /// Reads the body of a form.
    pub(crate) fn of_form(body: &str) -> Self {
        Self(form_urlencoded::parse(body.as_bytes()).into_owned().collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn get(&self, name: &str) -> &str {
        self.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }
}

/// Name, type and `autocomplete` of a field.
type Shape = (&'static str, &'static str, &'static str);

const ADDRESS: [Shape; 6] = [
    ("street_line1", "text", "address-line1"),
    ("street_line2", "text", "address-line2"),
    ("postal_code", "text", "postal-code"),
    ("city", "text", "address-level2"),
    ("region", "text", "address-level1"),
    ("country_code_2", "text", "country"),
];

/// Returns the fields: those of the recipient that the order lacks, and those of the address.
pub(crate) fn fields(
    m: &PersonMessages,
    recipient: &RecipientDraft,
    values: &Values,
    countries: &[Country],
    findings: &[OrderFinding],
) -> Vec<Field> {
    let missing = [
        (recipient.recipient_firstname.is_none(), ("recipient_firstname", "text", "given-name")),
        (recipient.recipient_lastname.is_none(), ("recipient_lastname", "text", "family-name")),
        (recipient.recipient_company.is_none(), ("recipient_company", "text", "organization")),
        (recipient.recipient_email.is_none(), ("recipient_email", "email", "email")),
        (recipient.recipient_telephone.is_none(), ("recipient_telephone", "tel", "tel")),
    ];
    let shapes = missing.into_iter().filter_map(|(is_missing, shape)| is_missing.then_some(shape)).chain(ADDRESS);
    shapes.map(|shape| field(m, shape, values, countries, findings)).collect()
}

fn field(
    m: &PersonMessages,
    (name, kind, autocomplete): Shape,
    values: &Values,
    countries: &[Country],
    findings: &[OrderFinding],
) -> Field {
    let own = findings.iter().filter(|finding| name_of(finding) == Some(name));
    let choices = if name == "country_code_2" { countries } else { &[] };
    Field {
        name,
        label: (m.address_label)(name),
        value: values.get(name).to_owned(),
        is_optional: matches!(name, "street_line2" | "region"),
        kind,
        autocomplete,
        choices: choices.iter().map(|one| (one.code.clone(), label(one))).collect(),
        findings: own.map(|finding| problem(m, finding)).collect(),
    }
}

fn label(country: &Country) -> String {
    match &country.name {
        Some(name) => format!("{name} ({})", country.code),
        None => country.code.clone(),
    }
}

/// Returns the name of the field that a finding is about.
fn name_of(finding: &OrderFinding) -> Option<&'static str> {
    match finding.member {
        Some(Member::Parcel(path)) => path.rsplit('.').next(),
        _ => None,
    }
}

/// Returns the findings that belong to no field.
pub(crate) fn others(m: &PersonMessages, fields: &[Field], findings: &[OrderFinding]) -> Vec<Problem> {
    let has_field = |finding: &OrderFinding| fields.iter().any(|field| name_of(finding) == Some(field.name));
    findings.iter().filter(|finding| !has_field(finding)).map(|finding| problem(m, finding)).collect()
}

fn problem(m: &PersonMessages, finding: &OrderFinding) -> Problem {
    match ((m.address_problem)(finding.code), m.in_english) {
        (Some(text), _) => {
            // Of this finding, the message ends with what the delivery service answered.
            let is_answer = finding.code == CheckCode::UndeliverableAddress;
            let answer = finding.message.split_once(": ").filter(|_| is_answer);
            Problem { text: text.to_owned(), quote: answer.map(|(_, answer)| answer.to_owned()) }
        }
        (None, Some(announced)) => Problem { text: announced.to_owned(), quote: Some(english(finding)) },
        (None, None) => Problem { text: english(finding), quote: None },
    }
}

fn english(finding: &OrderFinding) -> String {
    // The page names the field, so the path in front of the message is left out.
    let message = finding.message.split_once("` ").map_or(finding.message.as_str(), |(_, rest)| rest);
    let message = message.trim_end_matches('.');
    format!("{message}. {}", finding.code.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages;

    #[test]
    fn asks_only_for_what_the_order_lacks_and_shows_findings_at_their_fields() {
        let m = messages::preferred(&axum::http::HeaderMap::new()).person;
        let values = Values::of_form("city=Lon%3Cdon&csrf=x");
        let city = Member::Parcel("mailing_address.city");
        let found = [
            OrderFinding::new(CheckCode::InvalidCharacters, city, "`mailing_address.city` contains a line break"),
            OrderFinding::general(CheckCode::NotChecked, "something else"),
        ];
        let known = RecipientDraft { recipient_company: Some("Contoso".into()), ..RecipientDraft::default() };
        let fields = fields(m, &known, &values, &[], &found);
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert!(!names.contains(&"recipient_company") && names.contains(&"recipient_lastname"), "{names:?}");
        let city = fields.iter().find(|field| field.name == "city").unwrap();
        assert_eq!(city.value, "Lon<don");
        assert!(city.findings[0].text.starts_with("contains a line break. "), "{:?}", city.findings);
        assert_eq!(others(m, &fields, &found).len(), 1);
        assert!(fields.iter().all(|field| !field.label.is_empty()));
    }

    /// The delivery service answers in English. A page in German announces that, so that it can be marked as English.
    #[test]
    fn page_in_german_has_english_only_as_a_quote() {
        let headers = axum::http::HeaderMap::from_iter([(axum::http::header::ACCEPT_LANGUAGE, "de".parse().unwrap())]);
        let m = messages::preferred(&headers).person;
        let street = Member::Parcel("mailing_address.street_line1");
        let refused = "The delivery service cannot deliver to the address: street not found: 1 Way";
        let problem = |code, message: &str| super::problem(m, &OrderFinding::new(code, street, message));
        let found = problem(CheckCode::UndeliverableAddress, refused);
        assert_eq!(found.quote.as_deref(), Some("street not found: 1 Way"));
        assert!(found.text.ends_with("Antwort des Versanddienstes (auf Englisch):"), "{}", found.text);
        let long = problem(CheckCode::TooLong, "`mailing_address.street_line1` is too long");
        assert_eq!((long.quote, long.text.contains("zu lang")), (None, true));
        let other = problem(CheckCode::NotChecked, "something else");
        assert!(other.text.contains("Englisch") && other.quote.unwrap().starts_with("something else. "));
    }
}
