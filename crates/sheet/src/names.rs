//! Names in a mapping.

use crate::error::Error;
use crate::guess::normalized;
use crate::member::Member;

/// Finds a member by a name in the mapping.
pub(crate) fn find(place: &'static str, name: &str) -> Result<Member, Error> {
    Member::find(name).ok_or_else(|| Error::NoSuchMember {
        place,
        name: name.to_owned(),
        suggestion: similar(name, Member::ALL.iter().map(|member| member.name())),
    })
}

/// Returns the most similar of some names.
pub(crate) fn similar<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    // Of a path, the last part is compared.
    let wanted = normalized(name.rsplit('.').next().unwrap_or(name));
    let scored = names.map(|other| (strsim::jaro_winkler(&wanted, &normalized(other)), other));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 > 0.8).then(|| best.1.to_owned())
}
