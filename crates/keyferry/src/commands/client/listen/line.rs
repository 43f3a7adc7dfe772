//! One line for each event.

use console::{measure_text_width, truncate_str};
use keyferry_client::model::Notice;
use keyferry_domain::Timestamp;
use keyferry_http::clean;
use serde::Serialize;

use super::super::webhooks::short;
use super::receiver::Forwarded;
use crate::terminal::{Paint, Screen};

/// Width of the column with the type: that of most types.
const TYPE: usize = 16;

/// Narrowest column with words about the shipment.
const LEAST_WORDS: usize = 8;

/// Event as JSON, as a receiver gets it, with the result of forwarding.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Notice,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded: Option<&'a Forwarded>,
}

/// Returns the event as one line of JSON.
pub(super) fn json(event: &Notice, forwarded: Option<&Forwarded>) -> String {
    // Cannot fail: all members are texts and numbers.
    serde_json::to_string(&Line { event, forwarded }).unwrap_or_default()
}

/// Returns the event as one line for people: time, type, shipment, the receiver's answer, user and reference. The last
/// two are cut to the width of the terminal.
pub(super) fn text(screen: &Screen, event: &Notice, forwarded: Option<&Forwarded>) -> String {
    let time = match event.timestamp.parse::<Timestamp>() {
        Ok(at) => at.format("%H:%M:%SZ").to_string(),
        Err(_) => clean(&event.timestamp),
    };
    let name = clean(short(&event.event_type));
    let fill = " ".repeat(TYPE.saturating_sub(measure_text_width(&name)));
    let data = &event.data;
    let mut line = format!(
        "{}  {}{fill}  {}",
        screen.painted(&time, Paint::Faint),
        screen.painted(&name, paint(&name)),
        clean(&data.id)
    );
    if let Some(forwarded) = forwarded {
        let paint = if forwarded.accepted { Paint::Good } else { Paint::Bad };
        line.push_str(&format!("  {}", screen.painted(&forwarded.to_string(), paint)));
    }
    let words = [&data.user, &data.reference].into_iter().flatten().map(|text| clean(text)).collect::<Vec<_>>();
    let words = words.join("  ");
    let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(measure_text_width(&line) + 2));
    if !words.is_empty() && room >= LEAST_WORDS {
        line.push_str(&format!("  {}", truncate_str(&words, room, "…")));
    }
    line
}

fn paint(name: &str) -> Paint {
    match name {
        "completed" | "obstacle_cleared" | "cancellation_confirmed" => Paint::Good,
        "refused" | "unconfirmed" | "obstacle" | "shipped_despite_cancellation" | "late" | "limit_reached" => {
            Paint::Bad
        }
        "deadline_near" | "cancelled" | "cancel_requested" | "abandoned" => Paint::Careful,
        _ => Paint::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Notice {
        let json = r#"{"type":"shipment.completed","timestamp":"2026-11-24T07:00:00Z","data":{
            "id":"0196f0a0-0000-7000-8000-00000000000a","event":6,"shipment_id":"8gYnYQk5vVqYzKqY1p2xTQ",
            "user":"adele\u001b[2J@contoso.example","phase":"complete","serial":"30000001","tracking":null,
            "reference":"RITM0010042","batch":null}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn forwarded(accepted: bool) -> Forwarded {
        let status = Some(if accepted { 204 } else { 500 });
        let message_id = "0196f0a0-0000-7000-8000-00000000000b".to_owned();
        Forwarded { message_id, accepted, status, milliseconds: 12, reason: None }
    }

    #[test]
    fn a_line_fits_the_terminal() {
        let event = event();
        let wide = text(&Screen::plain(None), &event, None);
        let id = "0196f0a0-0000-7000-8000-00000000000a";
        let expected = format!("07:00:00Z  completed         {id}  adele [2J@contoso.example  RITM0010042");
        assert_eq!(wide, expected, "control characters of others do not reach the terminal");
        let narrow = text(&Screen::plain(Some(80)), &event, None);
        assert!(narrow.ends_with('…') && measure_text_width(&narrow) == 80, "{narrow}");
        let narrow = text(&Screen::plain(Some(80)), &event, Some(&forwarded(true)));
        assert_eq!(narrow, format!("07:00:00Z  completed         {id}  204 12 ms"));
        let line = text(&Screen::plain(None), &event, Some(&forwarded(false)));
        assert!(line.contains(&format!("{id}  500 12 ms not accepted  adele")), "{line}");
    }

    #[test]
    fn json_is_the_event_with_the_result() {
        let event = event();
        assert_eq!(json(&event, None), serde_json::to_string(&event).unwrap());
        let line: serde_json::Value = serde_json::from_str(&json(&event, Some(&forwarded(true)))).unwrap();
        assert_eq!((&line["data"]["event"], &line["forwarded"]["status"]), (&6.into(), &204.into()));
    }
}
