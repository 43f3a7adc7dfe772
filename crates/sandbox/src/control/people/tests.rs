use std::collections::BTreeSet;

use serde_json::Value;

use crate::options::SandboxOptions;
use crate::testing::{Bench, read};

async fn bench(people: u32) -> Bench {
    Bench::with(SandboxOptions { people, ..SandboxOptions::ephemeral() }).await
}

#[tokio::test]
async fn export_has_the_wanted_defects_and_duplicates() {
    let bench = bench(200).await;
    let (_, rows) = read(bench.get("control/people?bad=12&duplicates=5")).await;
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 205);
    let with = |member: &str| rows.iter().filter(|row| !row[member].is_null()).count();
    assert_eq!((with("defect"), with("duplicate_of")), (12, 5));
    let defects: BTreeSet<_> = rows.iter().filter_map(|row| row["defect"].as_str()).collect();
    assert_eq!(defects.len(), 7, "{defects:?}");
    let disabled = rows.iter().filter(|row| row["kind"] == "disabled" && row["duplicate_of"].is_null()).count();
    assert_eq!(disabled, 4);
    let text = bench.get("control/people.csv?bad=12&duplicates=5").send().await.unwrap().text().await.unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 206);
    assert!(lines[0].starts_with("Employee ID,User principal name,First name"), "{}", lines[0]);
    let countries: BTreeSet<_> = lines[1..].iter().map(|line| line.rsplit(',').nth(1).unwrap()).collect();
    assert!(countries.len() > 5 && countries.contains("XX"), "{countries:?}");
    for row in rows.iter().filter(|row| !row["duplicate_of"].is_null()) {
        let cells = |row: &Value| {
            let line = lines[usize::try_from(row.as_u64().unwrap()).unwrap()];
            line.split(',').nth(1).unwrap().to_lowercase()
        };
        assert_eq!(cells(&row["row"]), cells(&row["duplicate_of"]));
    }
    let (status, _) = read(bench.get("control/people?bad=150&duplicates=51")).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn export_can_have_other_separators_and_encodings() {
    let bench = bench(3).await;
    let bytes = async |query: &str| {
        bench.get(&format!("control/people.csv?{query}")).send().await.unwrap().bytes().await.unwrap()
    };
    let plain = bytes("separator=semicolon").await;
    assert!(plain.starts_with(b"Employee ID;User principal name;"));
    assert!(bytes("encoding=utf8_bom&separator=semicolon").await.ends_with(&plain));
    let units: Vec<u16> = bytes("encoding=utf16&separator=semicolon")
        .await
        .chunks(2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
        .collect();
    assert_eq!(String::from_utf16(&units).unwrap().trim_start_matches('\u{feff}').as_bytes(), plain);
}

#[test]
fn special_cells_are_quoted() {
    assert_eq!(super::line(&["a", "b,c", "d\"e", "f\ng"], ','), "a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n");
    assert_eq!(super::line(&["b,c", "d;e"], ';'), "b,c;\"d;e\"\r\n");
}
