//! Generated users: a workforce with managers and addresses. The seed determines everything.

use serde::Serialize;
use uuid::Uuid;

use super::tenant::DOMAIN;
use super::users::{Profile, User, UserType, id};
use crate::ground::seeded_random::SeededRandom;

/// Object ids of generated users: the last 32 bits are their numbers.
const PEOPLE: u128 = 0xb200_0000_0000_4000_8000_0000_0000_0000;
/// Size of a team, including its head.
const TEAM: u32 = 12;
/// Object id of the head of the first team's manager: Grace Hopper.
const TOP: u8 = 2;

/// What is special about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Ordinary,
    /// 1 in 100.
    NoManager,
    /// 2 in 100: the account is disabled.
    Disabled,
    /// 1 in 100.
    Guest,
    /// 1 in 100: no mail address.
    NoMail,
    /// 1 in 200: has the maximum number of passkeys.
    AtLimit,
}

/// Generated user.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) kind: Kind,
    pub(crate) user: User,
    /// 2-letter code of the country of the address, which the profile names in full.
    pub(crate) country_code: &'static str,
}

/// Place in which people live: in postal codes, `#` is a digit and `@` a letter.
struct Place {
    code: &'static str,
    country: &'static str,
    city: &'static str,
    region: &'static str,
    postal_code: &'static str,
    street: &'static str,
    telephone: &'static str,
}

const fn place(texts: [&'static str; 7]) -> Place {
    let [code, country, city, region, postal_code, street, telephone] = texts;
    Place { code, country, city, region, postal_code, street, telephone }
}

const PLACES: [Place; 12] = [
    place(["US", "United States", "Seattle", "WA", "981##", "Pine Street", "+1 206 555 01##"]),
    place(["US", "United States", "Austin", "TX", "787##", "Congress Avenue", "+1 512 555 01##"]),
    place(["US", "United States", "Boston", "MA", "021##", "Beacon Street", "+1 617 555 01##"]),
    place(["CA", "Canada", "Toronto", "ON", "M5@ #@#", "King Street West", "+1 416 555 01##"]),
    place(["GB", "United Kingdom", "Leeds", "", "LS# #@@", "Albion Street", "+44 113 496 0###"]),
    place(["DE", "Germany", "München", "", "80###", "Sendlinger Straße", "+49 89 555 0###"]),
    place(["DE", "Germany", "Köln", "", "506##", "Hohe Straße", "+49 221 555 0###"]),
    place(["FR", "France", "Lyon", "", "6900#", "Rue de la République", "+33 4 72 00 0###"]),
    place(["SE", "Sweden", "Malmö", "", "211 ##", "Södergatan", "+46 40 600 0###"]),
    place(["CH", "Switzerland", "Zürich", "", "80##", "Bahnhofstrasse", "+41 44 668 1###"]),
    place(["IN", "India", "Pune", "", "4110##", "Senapati Bapat Road", "+91 20 2555 0###"]),
    place(["BR", "Brazil", "São Paulo", "", "013##-000", "Avenida Paulista", "+55 11 5555 0###"]),
];

const FIRST: [&str; 24] = [
    "Anna", "Ben", "Chloé", "David", "Elena", "Frank", "Grace", "Hugo", "Inês", "Jonas", "Karin", "Liam", "Maria",
    "Noah", "Olivia", "Peter", "Rosa", "Samuel", "Tara", "Uwe", "Vera", "William", "Yara", "Zoë",
];
const LAST: [&str; 24] = [
    "Almeida", "Berg", "Carter", "Dubois", "Evans", "Fischer", "García", "Hansen", "Iyer", "Jansson", "Keller",
    "Lefèvre", "Müller", "Nguyen", "O'Neill", "Patel", "Quinn", "Rossi", "Smith", "Tanaka", "Ullmann", "Vogel",
    "Weber", "Young",
];
const DEPARTMENTS: [&str; 6] = ["Finance", "Engineering", "Sales", "Operations", "Legal", "Support"];

/// Returns the generated people. Their numbers count from 1.
pub(crate) fn all(count: u32, seed: u64) -> impl ExactSizeIterator<Item = Person> {
    (0..count).map(move |index| person(index, seed))
}

fn person(index: u32, seed: u64) -> Person {
    let chance = SeededRandom::new(seed ^ (u64::from(index) << 32));
    let first = pick(&FIRST, &chance);
    let last = pick(&LAST, &chance);
    let place = pick(&PLACES, &chance);
    let department = *pick(&DEPARTMENTS, &chance);
    let number = index + 1;
    let name = format!("{}.{}.{number}", plain(first), plain(last));
    let mut user = User::new(person_id(index), format!("{name}@{DOMAIN}"), format!("{first} {last}"));
    let kind = kind(index, seed);
    user.account_enabled = kind != Kind::Disabled;
    user.manager = (kind != Kind::NoManager).then(|| manager(index));
    match kind {
        Kind::NoMail => user.mail = None,
        Kind::Guest => {
            user.user_type = UserType::Guest;
            user.mail = Some(format!("{name}@partner.example"));
            user.upn = format!("{name}_partner.example#EXT#@{DOMAIN}");
        }
        Kind::Ordinary | Kind::NoManager | Kind::Disabled | Kind::AtLimit => {}
    }
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    user.profile = Profile {
        given_name: some(first),
        surname: some(last),
        company_name: some("Contoso"),
        department: some(department),
        employee_id: Some(format!("E{number:06}")),
        mobile_phone: Some(filled(place.telephone, &chance)),
        street_address: Some(format!("{} {}", 1 + chance.below(180), place.street)),
        city: some(place.city),
        state: some(place.region),
        postal_code: Some(filled(place.postal_code, &chance)),
        country: some(place.country),
    };
    Person { kind, user, country_code: place.code }
}

/// Each hundred people have the same number of each kind, at places that depend on the seed.
fn kind(index: u32, seed: u64) -> Kind {
    match (u64::from(index) + seed % 200) % 200 {
        3 | 103 => Kind::NoManager,
        7 | 57 | 107 | 157 => Kind::Disabled,
        11 | 111 => Kind::Guest,
        17 | 117 => Kind::NoMail,
        23 => Kind::AtLimit,
        _ => Kind::Ordinary,
    }
}

/// Returns the head of the person's team. The heads of twelve teams are a team themselves.
fn manager(index: u32) -> Uuid {
    let mut size = TEAM;
    while index.is_multiple_of(size) {
        if index == 0 {
            return id(TOP);
        }
        size = size.saturating_mul(TEAM);
    }
    person_id(index - index % size)
}

/// Returns whether the object id is that of a generated user.
pub(crate) fn is_generated(id: Uuid) -> bool {
    id.as_u128() >> 32 == PEOPLE >> 32
}

fn person_id(index: u32) -> Uuid {
    Uuid::from_u128(PEOPLE | u128::from(index + 1))
}

fn pick<'a, T>(from: &'a [T], chance: &SeededRandom) -> &'a T {
    let index = chance.below(u64::try_from(from.len()).unwrap_or(1));
    &from[usize::try_from(index).unwrap_or_default()]
}

/// Replaces `#` by a digit and `@` by a letter that postal codes of Canada use at every place.
fn filled(pattern: &str, chance: &SeededRandom) -> String {
    let one = |from: &[u8]| char::from(*pick(from, chance));
    let fill = |c| match c {
        '#' => one(b"0123456789"),
        '@' => one(b"ABCEGHJKLMNPRSTVXY"),
        other => other,
    };
    pattern.chars().map(fill).collect()
}

/// Returns a name in ASCII letters, as an address uses it.
fn plain(name: &str) -> String {
    let letter = |c| match c {
        'á' | 'ã' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' => Some('i'),
        'ü' => Some('u'),
        '\'' => None,
        other => Some(other.to_ascii_lowercase()),
    };
    name.chars().filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Directory;
    use super::*;

    #[test]
    fn the_seed_determines_people() {
        let make = |seed| all(500, seed).map(|person| format!("{person:?}")).collect::<Vec<_>>();
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
    }

    #[test]
    fn a_large_tenant_has_each_kind_and_managers_that_exist() {
        let people: Vec<Person> = all(20_000, 9).collect();
        let count = |kind| people.iter().filter(|person| person.kind == kind).count();
        assert_eq!(
            [Kind::NoManager, Kind::Disabled, Kind::Guest, Kind::NoMail, Kind::AtLimit].map(count),
            [200, 400, 200, 200, 100]
        );
        let directory = Directory::new(20_000, 9);
        assert_eq!(directory.users.iter().len(), 20_011);
        let names: BTreeSet<_> = directory.users.iter().map(|user| user.upn.to_lowercase()).collect();
        assert_eq!(names.len(), 20_011);
        for person in &people {
            let user = &person.user;
            assert_eq!(directory.user(&user.upn).unwrap().id, user.id);
            assert_eq!(directory.user_by_handle(&user.handle()).unwrap().id, user.id);
            assert!(user.upn.is_ascii(), "{}", user.upn);
            let manager = user.manager.map(|id| directory.user_by_id(id).unwrap().id);
            assert!(manager != Some(user.id) && manager.is_some() == (person.kind != Kind::NoManager));
        }
        let heads: BTreeSet<_> = people.iter().filter_map(|person| person.user.manager).collect();
        assert!((1_600..1_800).contains(&heads.len()), "{}", heads.len());
    }
}
