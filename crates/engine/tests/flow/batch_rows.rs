//! Correction of rows of a batch before it is submitted.

use std::time::Duration;

use keyferry_domain::ports::RowFilter;
use keyferry_domain::{BatchRow, BatchStateName, BatchStore as _, RowFinding, RowState, Severity};
use keyferry_engine::{BatchError, UploadRow};

use crate::batches::{Working, checked, ordered, row, rows, upload, view};
use crate::support::World;
use crate::support::world::{HOUR, caller};

const MINUTE: Duration = Duration::from_secs(60);

fn with_errors() -> RowFilter {
    RowFilter { states: vec![RowState::Invalid], ..RowFilter::default() }
}

/// Returns the codes of the findings.
fn codes(row: &BatchRow) -> Vec<&str> {
    row.findings().map(|finding| finding.code.as_str()).collect()
}

#[tokio::test]
async fn a_corrected_row_is_checked_alone_and_ordered_with_the_others() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let mut rows = rows(&world, 5);
    let finding = RowFinding {
        severity: Severity::Error,
        code: "missing-value".to_owned(),
        member: None,
        message: "`city` is missing".to_owned(),
        remedy: "Fill the cell.".to_owned(),
    };
    let content = Some("{\"user_id\": \"person1@contoso.example\"}".to_owned());
    rows[1] = UploadRow { order: None, content: content.clone(), findings: vec![finding], ..row(3, "person1") };
    rows[2] = row(4, "stranger");
    let id = upload(&engine, rows).await;
    let found = engine.batches.row(id, 3).await.unwrap();
    assert_eq!((found.content, found.order), (content, None), "its content can be corrected");

    // A draft is not checked yet, so a row of it is read only.
    let draft = engine.batches.change_row(id, row(3, "nobody"), &caller(), false).await.unwrap();
    assert_eq!((draft.row.state, codes(&draft.row)), (RowState::Ready, Vec::<&str>::new()));

    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    let invalid = engine.batches.rows(id, &with_errors(), 0, 9).await.unwrap();
    assert_eq!(invalid.iter().map(|row| row.row.row).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(codes(&invalid[0].row), ["unknown-user"]);

    let still = engine.batches.change_row(id, row(3, "person4"), &caller(), false).await.unwrap();
    assert_eq!((still.row.state, codes(&still.row)), (RowState::Invalid, vec!["repeated-user"]));
    let good = engine.batches.change_row(id, row(3, "person1"), &caller(), false).await.unwrap();
    assert_eq!((good.row.state, codes(&good.row)), (RowState::Ready, Vec::<&str>::new()));
    assert_eq!(good.row.changed.as_ref().map(|change| &change.by), Some(&caller()));
    let same_key = UploadRow { key: Some("K2".to_owned()), ..row(4, "person2") };
    let repeated = engine.batches.change_row(id, same_key, &caller(), false).await.unwrap();
    assert_eq!((repeated.row.state, codes(&repeated.row)), (RowState::Invalid, vec!["repeated-key"]));
    let own_key = UploadRow { key: None, ..row(4, "person2") };
    let own = engine.batches.change_row(id, own_key, &caller(), false).await.unwrap();
    assert_eq!(own.row.key.as_deref(), Some("K2"), "a missing key keeps the stored one");
    let fixed = engine.batches.change_row(id, row(4, "person2"), &caller(), false).await.unwrap();
    assert_eq!((fixed.row.state, fixed.row.shipment), (RowState::Ready, repeated.row.shipment));
    for (number, expected) in [(7, "has no row 7"), (1, "has no row 1"), (0, "has no row 0")] {
        let error = engine.batches.change_row(id, row(number, "person1"), &caller(), false).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    let submitted = engine.batches.submit(id, &caller(), false, 5).await.unwrap();
    assert_eq!(submitted.rows.of(RowState::Ready), 5);
    let late = engine.batches.change_row(id, row(3, "person1"), &caller(), false).await;
    assert!(matches!(late, Err(BatchError::WrongState(_))), "{late:?}");
    working.pass(HOUR).await;
    assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Finished);
    assert_eq!(ordered(&world).len(), 5);
    assert_eq!(world.batches.orders(), 0, "no address is kept");
    working.end().await;
}

#[tokio::test]
async fn nothing_else_is_done_with_a_batch_while_a_row_is_being_changed() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 2)).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    // A process began to change a row, and died.
    let stored = world.batches.batch(id).await.unwrap().unwrap();
    let now = world.clock.now();
    let marked = stored.batch.begin_row_change(now).unwrap();
    world.batches.commit_batch(&marked, &stored.version).await.unwrap();
    let by = caller();
    let asked = {
        let engine = engine.clone();
        tokio::spawn(async move {
            let submitted = engine.batches.submit(id, &by, false, 2).await;
            let cancelled = engine.batches.cancel(id, &by, "x").await;
            let changed = engine.batches.change_row(id, row(2, "person0"), &by, false).await;
            (submitted, cancelled, changed)
        })
    };
    working.pass(MINUTE).await;
    let (submitted, cancelled, changed) = asked.await.unwrap();
    assert!(matches!(submitted, Err(BatchError::Busy)), "{submitted:?}");
    assert!(matches!(cancelled, Err(BatchError::Busy)), "{cancelled:?}");
    assert!(matches!(changed, Err(BatchError::Busy)), "{changed:?}");
    assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Checked);
    working.pass(2 * MINUTE).await;
    engine.batches.change_row(id, row(2, "person0"), &caller(), false).await.unwrap();
    engine.batches.submit(id, &caller(), false, 2).await.unwrap();
    working.end().await;
}
