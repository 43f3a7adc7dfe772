//! Property tests of schedules and templates written by operators.

use keyferry_domain::{Hardware, Product, SerialNumber, Timestamp};
use keyferry_engine::{DisplayName, Schedule};
use keyferry_testkit::mutation::{any_text, config, edited, edits};
use proptest::prelude::*;

fn cron_like() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        Just("*".to_owned()),
        Just("?".to_owned()),
        "[0-9]{1,2}",
        "[0-9]{1,2}-[0-9]{1,2}",
        "(\\*|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2})/[0-9]{1,3}",
        "[0-9]{1,2}(,[0-9]{1,2}){1,3}",
        "(MON|TUE|wed|JAN|DEC|L|LW|15W|L-3|FRIL|5L|MON#2|2#5)",
    ];
    prop_oneof![
        any_text(),
        prop::collection::vec(field, 5..8).prop_map(|fields| fields.join(" ")),
        "[-0-9*?/,LW# A-Z]{0,30}",
        edits().prop_map(|edits| String::from_utf8_lossy(&edited(b"0 0/15 8-18 ? * MON-FRI", &edits)).into_owned()),
        "@[a-z]{0,9}",
    ]
}

proptest! {
    #![proptest_config(config(256))]

    /// A valid schedule round-trips through its text, and its next time is in the future.
    #[test]
    fn valid_schedule_round_trips_and_advances(text in cron_like(), now in 0..4_102_444_800i64) {
        let Ok(schedule) = Schedule::parse(&text) else { return Ok(()) };
        let again = Schedule::parse(&schedule.to_string()).unwrap();
        let now = Timestamp::from_timestamp(now, 0).unwrap();
        let next = schedule.next_as_spring(now);
        prop_assert_eq!(again.next_as_spring(now), next);
        prop_assert!(next.is_none_or(|next| next > now && next.timestamp_subsec_nanos() == 0));
    }

    /// A template accepted at start renders for every key, as one line of at most 30 characters.
    #[test]
    fn display_name_has_1_to_30_characters(
    template in prop_oneof![
        any_text(),
        "(Key |\\{\\{ (serial|firmware|product_id|x) \\}\\}|\\{% (if|for|raw) [a-z]* %\\}|ü){0,5}",
    ],
        serial in any_text(),
        firmware in prop::option::of(any_text()),
    ) {
        let Ok(name) = DisplayName::new(&template) else { return Ok(()) };
        let hardware = Hardware { serial: SerialNumber::new(serial), firmware };
        let product = Product { product_id: 29, inventory_product_id: 38, customization_id: "RXJN83".into() };
        let name = name.render(&hardware, &product);
        prop_assert!((1..=30).contains(&name.chars().count()), "{:?}", name);
        prop_assert!(!name.chars().any(char::is_control), "{:?}", name);
    }
}
