//! How single events stand in the chain, without reading all of it.

use keyferry_domain::ports::StoreError;

use crate::entry::sha256;
use crate::verify::without_repetition;
use crate::{EvidenceStore, Head, Link};

/// How an event stands in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The event is as its entry covers it, and the entry follows on the one before. This does not show whether entries
    /// and checkpoint were computed anew: see [`verify`](crate::verify()).
    Intact(Head),
    /// The event has no entry.
    Missing,
    /// The event or its entry was changed. The text is the reason.
    Changed(&'static str),
}

/// Compares an event with its entry, and the entry with the one before it.
///
/// # Errors
/// The error of the store.
pub async fn standing(store: &dyn EvidenceStore, shipment: &str, seq: u32) -> Result<Standing, StoreError> {
    let Some(position) = store.position(shipment, seq).await? else { return Ok(Standing::Missing) };
    let links = store.links(position.saturating_sub(2), position, 2).await?;
    let (before, link) = match &links[..] {
        [link] if position == 1 => (Head::start(), link),
        [before, link] => (before.entry.head(), link),
        _ => return Ok(Standing::Changed("the entry before it was deleted")),
    };
    Ok(judge(&before, link, (position, shipment, seq)))
}

fn judge(before: &Head, link: &Link, (position, shipment, seq): (u64, &str, u32)) -> Standing {
    let entry = &link.entry;
    if (entry.position, entry.shipment.as_str(), entry.seq) != (position, shipment, seq) {
        return Standing::Missing;
    }
    if before.position + 1 != position || entry.hash != entry.expected_hash(&before.hash) {
        return Standing::Changed("its hash does not follow from the entry before");
    }
    let is_as_covered = link.content.as_deref().is_some_and(|content| {
        let of = |text: &str| without_repetition(text);
        sha256(content) == entry.digest
            && link.latest.as_deref().is_none_or(|latest| of(latest).is_some() && of(latest) == of(content))
    });
    if is_as_covered { Standing::Intact(entry.head()) } else { Standing::Changed("its content was changed") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    #[test]
    fn event_stands_only_as_its_entry_covers_it() {
        let before = Head::start().next(&Content { shipment: "r", seq: 1, text: "{}" }).head();
        let text = r#"{"kind":"accepted","times":1}"#;
        let entry = before.next(&Content { shipment: "s", seq: 1, text });
        let link = Link { entry: entry.clone(), content: Some(text.into()), latest: None };
        let place = (2, "s", 1);
        assert_eq!(judge(&before, &link, place), Standing::Intact(entry.head()));
        let repeated = Link { latest: Some(r#"{"kind":"accepted","times":9}"#.into()), ..link.clone() };
        assert_eq!(judge(&before, &repeated, place), Standing::Intact(entry.head()));
        let changed = |standing| assert!(matches!(standing, Standing::Changed(_)), "{standing:?}");
        changed(judge(&before, &Link { content: Some(text.replace("accepted", "refused")), ..link.clone() }, place));
        changed(judge(&before, &Link { content: None, ..link.clone() }, place));
        let latest = Some(r#"{"kind":"refused","times":9}"#.into());
        changed(judge(&before, &Link { latest, ..link.clone() }, place));
        changed(judge(&Head { hash: "0".repeat(64), ..before.clone() }, &link, place));
        changed(judge(&Head { position: 0, ..before.clone() }, &link, place));
        assert_eq!(judge(&before, &link, (2, "t", 1)), Standing::Missing);
    }
}
