//! Entity group transactions: several writes in one partition that succeed or fail together
//! (<https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions>).
//!
//! A transaction is an OData batch with one change set: a multipart body whose parts are HTTP requests.

use std::fmt::Write as _;

use keyferry_http::{Error, UrlExt as _, encode_segment};
use serde_json::Value;
use url::Url;

use super::columns::Columns;
use super::key::quoted;

/// Maximum number of operations in a transaction.
pub(super) const MAX_OPERATIONS: usize = 100;

/// Header of operations that write columns.
const JSON: &str = "Content-Type: application/json\r\n";

/// Headers of all operations.
const COMMON: &str = "Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0;\r\n";

/// ETag that matches any version of an existing row.
pub(super) const ANY: &str = "*";

/// One write. A transaction may contain each row only once.
#[derive(Clone, Debug)]
pub(super) enum RowWrite {
    /// Inserts a new row.
    Insert { key: String, columns: Columns },
    /// Merges columns into a row that still has this ETag.
    Merge { key: String, etag: String, columns: Columns },
    /// Merges columns into a row, or inserts the row if it does not exist.
    Upsert { key: String, columns: Columns },
    /// Deletes a row that still has this ETag.
    Delete { key: String, etag: String },
}

impl RowWrite {
    /// Returns the key of the row.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Insert { key, .. }
            | Self::Merge { key, .. }
            | Self::Upsert { key, .. }
            | Self::Delete { key, .. } => key,
        }
    }
}

/// Table and partition of an operation.
pub(super) struct Target<'a> {
    pub(super) endpoint: &'a Url,
    pub(super) table: &'a str,
    pub(super) partition: &'a str,
}

impl Target<'_> {
    /// Returns the URL of the table.
    fn table_url(&self) -> Result<Url, Error> {
        self.endpoint.join_segments([self.table])
    }

    /// Returns the URL of a row.
    pub(super) fn row_url(&self, key: &str) -> Result<Url, Error> {
        let [partition, key] = [self.partition, key].map(|key| encode_segment(&quoted(key)));
        let segment = format!("{}(PartitionKey={partition},RowKey={key})", encode_segment(self.table));
        self.endpoint.join_encoded([segment])
    }
}

/// Returns the `Content-Type` of the body. `name` consists of letters and digits and is unique.
pub(super) fn content_type(name: &str) -> String {
    format!("multipart/mixed; boundary=batch_{name}")
}

/// Returns the body of a transaction with at most [`MAX_OPERATIONS`] operations.
///
/// Columns cannot contain a boundary, because JSON escapes line breaks in strings.
///
/// # Errors
/// Fails if the URL of a row or the table is invalid.
pub(super) fn body(operations: &[RowWrite], target: &Target<'_>, name: &str) -> Result<String, Error> {
    let mut body = format!("--batch_{name}\r\nContent-Type: multipart/mixed; boundary=changeset_{name}\r\n\r\n");
    for operation in operations {
        let request = request(operation, target)?;
        // Writing to a `String` does not fail.
        let _ = write!(
            body,
            "--changeset_{name}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             {request}\r\n"
        );
    }
    body.push_str(&format!("--changeset_{name}--\r\n--batch_{name}--\r\n"));
    Ok(body)
}

fn request(operation: &RowWrite, target: &Target<'_>) -> Result<String, Error> {
    Ok(match operation {
        RowWrite::Insert { key, columns } => {
            let mut columns = columns.clone();
            columns.insert("PartitionKey".into(), target.partition.into());
            columns.insert("RowKey".into(), key.as_str().into());
            let url = target.table_url()?;
            format!("POST {url} HTTP/1.1\r\n{JSON}{COMMON}Prefer: return-no-content\r\n\r\n{}", Value::from(columns))
        }
        RowWrite::Merge { key, etag, columns } => {
            let (url, columns) = (target.row_url(key)?, Value::from(columns.clone()));
            format!("PATCH {url} HTTP/1.1\r\n{JSON}{COMMON}If-Match: {}\r\n\r\n{columns}", one_line(etag))
        }
        RowWrite::Upsert { key, columns } => {
            let (url, columns) = (target.row_url(key)?, Value::from(columns.clone()));
            format!("PATCH {url} HTTP/1.1\r\n{JSON}{COMMON}\r\n{columns}")
        }
        RowWrite::Delete { key, etag } => {
            let url = target.row_url(key)?;
            format!("DELETE {url} HTTP/1.1\r\n{COMMON}If-Match: {}\r\n\r\n", one_line(etag))
        }
    })
}

/// Removes control characters from an ETag. ETags come from versions and answers, and must not add a header.
fn one_line(etag: &str) -> String {
    etag.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoint: &Url) -> Target<'_> {
        Target { endpoint, table: "fprshipments", partition: "keyferry" }
    }

    #[test]
    fn body_has_a_part_for_each_operation() {
        let endpoint = Url::parse("https://account.table.core.windows.net").unwrap();
        let columns = Columns::from_iter([("phase".to_owned(), Value::from("line\nbreak"))]);
        let operations = [
            RowWrite::Insert { key: "new".into(), columns: columns.clone() },
            RowWrite::Merge { key: "it's".into(), etag: "W/\"1\"\r\nX: y".into(), columns: columns.clone() },
            RowWrite::Upsert { key: "index".into(), columns },
            RowWrite::Delete { key: "old".into(), etag: ANY.into() },
        ];
        let body = body(&operations, &target(&endpoint), "7f").unwrap();
        let part = "--changeset_7f\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n";
        let table = "https://account.table.core.windows.net/fprshipments";
        let common = "Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0;\r\n";
        let json = format!("Content-Type: application/json\r\n{common}");
        let expected = [
            "--batch_7f\r\nContent-Type: multipart/mixed; boundary=changeset_7f\r\n\r\n".to_owned(),
            format!("{part}POST {table} HTTP/1.1\r\n{json}Prefer: return-no-content\r\n\r\n"),
            "{\"phase\":\"line\\nbreak\",\"PartitionKey\":\"keyferry\",\"RowKey\":\"new\"}\r\n".to_owned(),
            format!("{part}PATCH {table}(PartitionKey=%27keyferry%27,RowKey=%27it%27%27s%27) HTTP/1.1\r\n"),
            format!("{json}If-Match: W/\"1\"X: y\r\n\r\n{{\"phase\":\"line\\nbreak\"}}\r\n"),
            format!("{part}PATCH {table}(PartitionKey=%27keyferry%27,RowKey=%27index%27) HTTP/1.1\r\n"),
            format!("{json}\r\n{{\"phase\":\"line\\nbreak\"}}\r\n"),
            format!("{part}DELETE {table}(PartitionKey=%27keyferry%27,RowKey=%27old%27) HTTP/1.1\r\n"),
            format!("{common}If-Match: *\r\n\r\n\r\n"),
            "--changeset_7f--\r\n--batch_7f--\r\n".to_owned(),
        ];
        let sorted = |text: &str| {
            text.replace(
                "{\"PartitionKey\":\"keyferry\",\"RowKey\":\"new\",\"phase\":\"line\\nbreak\"}",
                "{\"phase\":\"line\\nbreak\",\"PartitionKey\":\"keyferry\",\"RowKey\":\"new\"}",
            )
        };
        assert_eq!(sorted(&body), expected.concat());
    }
}
