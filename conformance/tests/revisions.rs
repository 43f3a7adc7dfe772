//! Compatibility tests of records: during a rolling update, two versions of Keyferry read each other's records.

use std::path::Path;

use keyferry_conformance::samples::{at, in_phase, obstructed};
use keyferry_domain::ports::RecordColumns;
use keyferry_domain::{Change, PhaseName, Shipment};
use serde_json::{Value, json};

fn sample(name: PhaseName) -> Shipment {
    let change = in_phase(name);
    match change.shipment().state() {
        "ongoing" => change.then(|shipment| obstructed(&shipment)).into_shipment(),
        _ => change.into_shipment(),
    }
}

fn read(columns: &RecordColumns, record: &str) -> Result<Shipment, String> {
    RecordColumns::read(&columns.id, columns.phase, columns.state, record, at(0)).map(Change::into_shipment)
}

/// Adds members that this version does not know, at every level.
fn extend(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(extend);
            // An object with one member is an externally tagged enum, where an added member would be another variant.
            if members.len() > 1 {
                members.insert("of_a_later_version".to_owned(), json!({ "some": ["thing"] }));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(extend),
        _ => {}
    }
}

#[test]
fn ignores_members_of_a_later_version() {
    for name in PhaseName::ALL {
        let shipment = sample(name);
        let columns = RecordColumns::of(&shipment).unwrap();
        let mut record: Value = serde_json::from_str(&columns.record).unwrap();
        extend(&mut record);
        assert_eq!(read(&columns, &record.to_string()).as_ref(), Ok(&shipment), "{}", name.as_str());
    }
}

/// Returns whether `new` contains everything in `old`.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(name, old)| new.get(name).is_some_and(|new| holds(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}

/// The files are records of the first version. They must not be regenerated after the first release, because records in
/// deployed stores do not change either.
#[test]
fn reads_records_of_the_first_version_without_loss() {
    for name in PhaseName::ALL {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/records/{}.json", name.as_str()));
        let record = std::fs::read_to_string(&file).unwrap();
        let old: Value = serde_json::from_str(&record).unwrap();
        let (id, state) = (old["id"].as_str().unwrap(), in_phase(name).shipment().state());
        let change = RecordColumns::read(id, name.as_str(), state, &record, at(0)).unwrap();
        let new: Value = serde_json::from_str(&RecordColumns::of(change.shipment()).unwrap().record).unwrap();
        assert!(holds(&new, &old), "{new}\n{old}");
    }
}

#[test]
fn rejects_record_of_a_later_format() {
    let columns = RecordColumns::of(&sample(PhaseName::Accepted)).unwrap();
    let record = columns.record.replace(r#""v":1"#, r#""v":2"#);
    let why = read(&columns, &record).unwrap_err();
    assert_eq!(why, "it has format 2, but this version of the service supports only format 1");
}

/// Regenerates the records, until the first release only. Run:
/// `KEYFERRY_RECORDS=1 cargo test -p keyferry-conformance --test revisions`.
#[test]
fn regenerates_records_on_request() {
    if std::env::var_os("KEYFERRY_RECORDS").is_none() {
        return;
    }
    for name in PhaseName::ALL {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/records/{}.json", name.as_str()));
        std::fs::write(&file, RecordColumns::of(&sample(name)).unwrap().record + "\n").unwrap();
    }
}
