//! A small batch: three good rows, two with the same row key, and an invalid one.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{LONGEST, QueueRun};
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

impl QueueRun<'_> {
    fn document(&self) -> Value {
        let mut rows: Vec<_> =
            self.orders.iter().map(|order| (order.body(), format!("row-{}", order.number))).collect();
        // Rows with the same key: neither is ordered.
        rows.extend([0, 0].map(|number| (self.orders[number].body(), "row-again".to_owned())));
        let mut invalid = self.orders[1].body();
        invalid["yubico_shipment_request"]["mailing_address"]["country_code_2"] = json!("");
        rows.push((invalid, "row-invalid".to_owned()));
        let rows = rows.into_iter().map(|(mut row, key)| {
            row["row_key"] = json!(key);
            row
        });
        json!({ "name": "crash", "rows": rows.collect::<Vec<_>>() })
    }

    /// Uploads, checks and submits the batch, and waits until all its rows are queued.
    pub(super) async fn roll_out(&mut self, connector: &Connector) -> Result<(), Stop> {
        if self.batch.is_none() {
            let batch = self.done(connector, Method::POST, "/v1/batches", Some(&self.document())).await?;
            self.batch = Some(batch["id"].as_str().unwrap_or_default().to_owned());
        }
        let path = self.path();
        let start = Instant::now();
        loop {
            let batch = self.done(connector, Method::GET, &path, None).await?;
            match batch["state"].as_str().unwrap_or_default() {
                "draft" => drop(self.done(connector, Method::POST, &format!("{path}/check"), Some(&json!({}))).await?),
                "checked" => {
                    if batch["rows"]["to_send"] != 3 {
                        let rows = self.done(connector, Method::GET, &format!("{path}/rows"), None).await?;
                        return Err(Stop::Broken(format!("3 rows should be sent: {batch} {rows}")));
                    }
                    let confirm = json!({ "confirm": 3 });
                    self.done(connector, Method::POST, &format!("{path}/submit"), Some(&confirm)).await?;
                    // A second submit must order nothing more.
                    self.call(connector, Method::POST, &format!("{path}/submit"), Some(&confirm)).await?;
                }
                "finished" => return Ok(()),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken(format!("the batch does not finish: {batch}")));
            }
            if batch["state"] == "submitted" && self.is_only_interrupted(&batch) {
                self.run_once(connector).await?;
            }
        }
    }

    /// Returns whether the rest of the batch are orders that a killed process was sending.
    fn is_only_interrupted(&self, batch: &Value) -> bool {
        self.case_was_killed() && batch["rows"]["waiting"] == 0 && batch["rows"]["queued"] == 0
    }

    /// Compares the counts of the batch with the records, and submits it again.
    pub(super) async fn check_batch(&mut self, connector: &Connector) -> Result<(), Stop> {
        let path = self.path();
        let batch = self.done(connector, Method::GET, &path, None).await?;
        let records = self.records()?;
        let count = |phase: &str| records.iter().filter(|record| record.phase == phase).count();
        let rows = &batch["rows"];
        let expected = json!({ "total": 6, "invalid": 3, "sent": count("accepted"), "waiting": 0,
            "needs_human": count("unconfirmed") });
        for (name, number) in expected.as_object().unwrap() {
            if rows[name] != *number {
                let what = format!("the batch counts {} rows as {name}, but there are {number}: {rows}", rows[name]);
                self.breaks(Promise::CallerAnswerIsTrue, what);
            }
        }
        let confirm = json!({ "confirm": 3 });
        let again = self.call(connector, Method::POST, &format!("{path}/submit"), Some(&confirm)).await?;
        if again.status >= 500 {
            return Err(Stop::Broken(format!("a repeated submit failed: {} {}", again.status, again.body)));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        if self.records()?.len() > records.len() {
            self.breaks(Promise::NotOrderedTwice, "a repeated submit queued orders again");
        }
        Ok(())
    }

    fn path(&self) -> String {
        format!("/v1/batches/{}", self.batch.as_deref().unwrap_or_default())
    }

    /// Calls the API, which must succeed.
    async fn done(
        &self,
        connector: &Connector,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Stop> {
        let answer = self.call(connector, method, path, body).await?;
        match answer.status {
            200..300 => Ok(answer.body),
            status => Err(Stop::Broken(format!("{path} failed with {status}: {}", answer.body))),
        }
    }
}
