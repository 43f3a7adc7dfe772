//! Guesses which member a header means.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::member::Member;

/// Headers by member, in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish and Japanese. A header
/// that means different members in two languages is missing here on purpose. So are employee numbers, and dates of
/// hire, which most exports contain for other purposes.
const SYNONYMS: &[(Member, &[&str])] = &[
    (
        Member::UserId,
        &[
            "user principal name",
            "UPN",
            "object id",
            "Entra object id",
            "Azure AD object id",
            "Entra user",
            "Benutzerprinzipalname",
            "Objekt-ID",
            "nom d'utilisateur principal",
            "nom principal de l'utilisateur",
            "identifiant d'objet",
            "nombre principal de usuario",
            "id. de objeto",
            "nome dell'entità utente",
            "nome principal do usuário",
            "nome principal do utilizador",
            "principal-naam van gebruiker",
            "główna nazwa użytkownika",
            "ユーザー プリンシパル名",
            "オブジェクト ID",
        ],
    ),
    (
        Member::RecipientFirstname,
        &[
            "first name",
            "given name",
            "forename",
            "Vorname",
            "prénom",
            "nombre",
            "nombre de pila",
            "nome",
            "voornaam",
            "roepnaam",
            "imię",
            "名",
            "名前（名）",
        ],
    ),
    (
        Member::RecipientLastname,
        &[
            "last name",
            "surname",
            "family name",
            "sn",
            "Nachname",
            "Familienname",
            "Zuname",
            "nom",
            "nom de famille",
            "apellido",
            "apellidos",
            "primer apellido",
            "cognome",
            "sobrenome",
            "apelido",
            "achternaam",
            "nazwisko",
            "姓",
            "名字",
        ],
    ),
    (
        Member::RecipientEmail,
        &[
            "email",
            "email address",
            "mail",
            "mail address",
            "work email",
            "business email",
            "E-Mail-Adresse",
            "Mailadresse",
            "courriel",
            "adresse e-mail",
            "adresse électronique",
            "correo",
            "correo electrónico",
            "posta elettronica",
            "indirizzo e-mail",
            "indirizzo di posta elettronica",
            "endereço de e-mail",
            "correio eletrónico",
            "e-mailadres",
            "adres e-mail",
            "メール",
            "メールアドレス",
        ],
    ),
    (
        Member::RecipientTelephone,
        &[
            "telephone",
            "telephone number",
            "phone",
            "phone number",
            "mobile",
            "mobile phone",
            "mobile number",
            "cell phone",
            "Telefon",
            "Telefonnummer",
            "Handy",
            "Handynummer",
            "Mobiltelefon",
            "Mobilnummer",
            "téléphone",
            "numéro de téléphone",
            "téléphone portable",
            "portable",
            "teléfono",
            "móvil",
            "teléfono móvil",
            "telefono",
            "cellulare",
            "numero di telefono",
            "telefone",
            "telemóvel",
            "celular",
            "telefoon",
            "telefoonnummer",
            "mobiel",
            "numer telefonu",
            "telefon komórkowy",
            "電話",
            "電話番号",
            "携帯電話",
        ],
    ),
    (
        Member::RecipientCompany,
        &[
            "company",
            "company name",
            "organization",
            "organisation",
            "Firma",
            "Firmenname",
            "Unternehmen",
            "société",
            "entreprise",
            "empresa",
            "azienda",
            "società",
            "ragione sociale",
            "bedrijf",
            "bedrijfsnaam",
            "会社",
            "会社名",
        ],
    ),
    (
        Member::StreetLine1,
        &[
            "street",
            "street address",
            "address",
            "address line 1",
            "address 1",
            "street 1",
            "Straße",
            "Straße und Hausnummer",
            "Straße Nr.",
            "Straße/Hausnummer",
            "Adresse",
            "Anschrift",
            "Adresszeile 1",
            "rue",
            "adresse postale",
            "adresse ligne 1",
            "adresse 1",
            "calle",
            "dirección",
            "dirección 1",
            "domicilio",
            "via",
            "indirizzo",
            "indirizzo 1",
            "rua",
            "endereço",
            "morada",
            "logradouro",
            "straat",
            "straatnaam",
            "adres",
            "adresregel 1",
            "ulica",
            "住所",
            "住所1",
            "番地",
        ],
    ),
    (
        Member::HouseNumber,
        &[
            "house number",
            "house no",
            "street number",
            "Hausnummer",
            "Hausnr",
            "Haus-Nr.",
            "numéro de rue",
            "numéro de voie",
            "número de calle",
            "numero civico",
            "civico",
            "número da casa",
            "número da porta",
            "huisnummer",
            "huisnr",
            "nr domu",
            "numer domu",
        ],
    ),
    (
        Member::StreetLine2,
        &[
            "street 2",
            "address line 2",
            "address 2",
            "apartment",
            "Adresszusatz",
            "Adresszeile 2",
            "Adresse 2",
            "complément d'adresse",
            "adresse ligne 2",
            "dirección 2",
            "complemento",
            "indirizzo 2",
            "complemento de endereço",
            "adresregel 2",
            "numer lokalu",
            "nr lokalu",
            "住所2",
            "建物名",
        ],
    ),
    (
        Member::City,
        &[
            "city",
            "town",
            "Stadt",
            "Ort",
            "Wohnort",
            "ville",
            "localité",
            "commune",
            "ciudad",
            "población",
            "localidad",
            "città",
            "comune",
            "località",
            "cidade",
            "localidade",
            "município",
            "plaats",
            "woonplaats",
            "miasto",
            "miejscowość",
            "市区町村",
            "市町村",
        ],
    ),
    (
        Member::Region,
        &[
            "state",
            "state or province",
            "state/province",
            "province",
            "region",
            "Bundesland",
            "Kanton",
            "région",
            "département",
            "provincia",
            "estado",
            "regione",
            "UF",
            "distrito",
            "provincie",
            "województwo",
            "都道府県",
        ],
    ),
    (
        Member::PostalCode,
        &[
            "postal code",
            "post code",
            "zip",
            "zip code",
            "PLZ",
            "Postleitzahl",
            "code postal",
            "CP",
            "código postal",
            "CAP",
            "codice postale",
            "codice di avviamento postale",
            "CEP",
            "postcode",
            "kod pocztowy",
            "郵便番号",
        ],
    ),
    (
        Member::CountryCode2,
        &[
            "country",
            "country code",
            "country or region",
            "country/region",
            "Land",
            "Ländercode",
            "Länderkürzel",
            "pays",
            "code pays",
            "país",
            "código de país",
            "paese",
            "nazione",
            "código do país",
            "landcode",
            "kraj",
            "kod kraju",
            "国",
            "国名",
        ],
    ),
    (Member::AddressBy, &["address from", "Anschrift von", "Adresse von"]),
    (Member::ProductId, &["Produkt-ID"]),
    (Member::InventoryProductId, &["inventory id"]),
    (Member::CustomizationId, &["customisation id"]),
    (Member::ProductQuantity, &["quantity", "Menge", "Anzahl", "quantité", "cantidad", "quantità", "ilość", "数量"]),
    (Member::EmailsTo, &["PIN to", "PIN contacts", "enrollment contacts"]),
    (Member::Reference, &["ticket", "ticket number", "request number"]),
    (Member::RequestedBy, &["requester"]),
    (Member::NotBefore, &["ship after", "frühestens am"]),
    (Member::NeededBy, &["due date", "required by"]),
];

static TABLE: LazyLock<HashMap<String, Member>> = LazyLock::new(|| {
    let names = Member::ALL.into_iter().map(|member| (normalized(member.name()), member));
    let synonyms = SYNONYMS.iter().flat_map(|(member, words)| words.iter().map(|word| (normalized(word), *member)));
    names.chain(synonyms).collect()
});

/// Returns the member that a header means, if it is recognised. Case, diacritics, spaces and punctuation do not matter.
pub(crate) fn guess(header: &str) -> Option<Member> {
    TABLE.get(&normalized(header)).copied()
}

/// Returns the headers that are recognised for a member besides its name, for the reference page.
pub fn synonyms(member: Member) -> &'static [&'static str] {
    SYNONYMS.iter().find(|(other, _)| *other == member).map_or(&[], |(_, words)| words)
}

/// Returns letters and digits of a text, without case and diacritics.
pub(crate) fn normalized(text: &str) -> String {
    let mut normalized = String::new();
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()) {
        match c {
            'ß' | 'ẞ' => normalized.push_str("ss"),
            'ł' | 'Ł' => normalized.push('l'),
            'ø' | 'Ø' => normalized.push('o'),
            'æ' | 'Æ' => normalized.push_str("ae"),
            'œ' | 'Œ' => normalized.push_str("oe"),
            'đ' | 'Đ' => normalized.push('d'),
            'ı' => normalized.push('i'),
            c if c.is_alphanumeric() => normalized.extend(c.to_lowercase()),
            // Diacritics, spaces, punctuation.
            _ => {}
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_means_two_members() {
        let mut seen = HashMap::new();
        for (member, words) in SYNONYMS {
            for word in *words {
                let before = seen.insert(normalized(word), *member);
                assert!(before.is_none() || before == Some(*member), "{word}: {member:?} and {before:?}");
                assert_eq!(guess(word), Some(*member), "{word}");
            }
        }
        for member in Member::ALL {
            assert_eq!(guess(member.name()), Some(member), "{member:?}");
        }
    }

    #[test]
    fn case_diacritics_and_punctuation_do_not_matter() {
        for (header, member) in [
            ("userPrincipalName", Member::UserId),
            ("USER_PRINCIPAL_NAME", Member::UserId),
            ("E-Mail", Member::RecipientEmail),
            ("e mail", Member::RecipientEmail),
            ("STRASSE", Member::StreetLine1),
            ("Strasse", Member::StreetLine1),
            ("Prenom", Member::RecipientFirstname),
            ("IMIĘ", Member::RecipientFirstname),
            ("Miejscowosc", Member::City),
            ("Code Postal :", Member::PostalCode),
            ("電話番号", Member::RecipientTelephone),
            ("ﾒｰﾙｱﾄﾞﾚｽ", Member::RecipientEmail),
        ] {
            assert_eq!(guess(header), Some(member), "{header}");
        }
    }

    #[test]
    fn identifiers_of_employees_are_not_guessed() {
        for header in [
            "",
            "id",
            "Personalnummer",
            "employee id",
            "employeeId",
            "matricule",
            "username",
            "login",
            "Name",
            "row_key",
        ] {
            assert_eq!(guess(header), None, "{header}");
        }
    }
}
