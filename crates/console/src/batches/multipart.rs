//! Forms with a file (RFC 7578): the fields before the file, and the file as a stream.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use multer::{Field, Multipart};

/// Name of the field with the file. It is the last one.
const FILE: &str = "file";

/// Longest text of all fields together, in bytes.
const LONGEST: usize = 128 * 1024;

/// Most fields.
const MOST: usize = 1_000;

/// Fields of a form, and its file.
pub(super) struct FormWithFile {
    pub(super) fields: Vec<(String, String)>,
    /// `None`: the form has none.
    pub(super) file: Option<Field<'static>>,
}

/// What is wrong with a form. Browsers send none of these.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl FormWithFile {
    /// Reads the fields up to the file. Fields after it are not read.
    pub(super) async fn read(request: Request) -> Result<Self, Malformed> {
        let boundary = boundary(request.headers()).ok_or(Malformed)?;
        let body: BodyDataStream = Body::into_data_stream(request.into_body());
        let mut parts = Multipart::new(body, boundary);
        let (mut fields, mut length) = (Vec::new(), 0);
        loop {
            let Some(mut field) = parts.next_field().await.map_err(|_| Malformed)? else {
                return Ok(Self { fields, file: None });
            };
            let name = field.name().unwrap_or_default().to_owned();
            if name == FILE {
                return Ok(Self { fields, file: Some(field) });
            }
            let mut value = Vec::new();
            while let Some(part) = field.chunk().await.map_err(|_| Malformed)? {
                length += part.len();
                if length > LONGEST {
                    return Err(Malformed);
                }
                value.extend_from_slice(&part);
            }
            if fields.len() == MOST {
                return Err(Malformed);
            }
            fields.push((name, String::from_utf8(value).map_err(|_| Malformed)?));
        }
    }

    /// Returns the value of a field.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let media_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(media_type).ok()
}

/// Returns the start of the file: at least `wanted` bytes, unless the file is shorter. Also returns whether it is the
/// whole file.
pub(super) async fn head(file: &mut Field<'static>, wanted: usize) -> Result<(Vec<u8>, bool), Malformed> {
    let mut head: Vec<u8> = Vec::new();
    while head.len() < wanted {
        match file.chunk().await.map_err(|_| Malformed)? {
            Some(part) => head.extend_from_slice(&part),
            None => return Ok((head, true)),
        }
    }
    Ok((head, false))
}

/// Returns the next part of the file. `Err`: the connection was interrupted.
pub(super) async fn next(file: &mut Field<'static>) -> Result<Option<Bytes>, Malformed> {
    file.chunk().await.map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Request {
        Request::builder()
            .header("content-type", "multipart/form-data; boundary=XX")
            .body(Body::from(body.replace('\n', "\r\n")))
            .unwrap()
    }

    const FIELD: &str = "--XX\nContent-Disposition: form-data; name=\"name\"\n\nBerlin \n";
    const A_FILE: &str = "--XX\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\n\na,b\n1,2\n";

    #[tokio::test]
    async fn reads_fields_before_the_file_and_the_file() {
        let mut form = FormWithFile::read(request(&format!("{FIELD}{A_FILE}--XX--\n"))).await.unwrap();
        assert_eq!((form.get("name"), form.get("other")), ("Berlin", ""));
        let file = form.file.as_mut().unwrap();
        assert_eq!(file.file_name(), Some("a.csv"));
        assert_eq!(head(file, 1_000).await, Ok((b"a,b\r\n1,2".to_vec(), true)));
        assert_eq!(next(file).await, Ok(None));
    }

    #[tokio::test]
    async fn a_form_that_ends_early_is_no_whole_file() {
        let cut = request(&format!("{FIELD}{A_FILE}"));
        let mut form = FormWithFile::read(cut).await.unwrap();
        assert_eq!(head(form.file.as_mut().unwrap(), 1_000).await, Err(Malformed));
    }

    #[tokio::test]
    async fn malformed_forms_are_rejected() {
        let long = FIELD.replace("Berlin", &"x".repeat(LONGEST));
        assert!(FormWithFile::read(request(&format!("{long}--XX--\n"))).await.is_err());
        let many = FIELD.repeat(MOST + 1);
        assert!(FormWithFile::read(request(&format!("{many}--XX--\n"))).await.is_err());
        let plain = Request::builder().header("content-type", "text/plain").body(Body::empty()).unwrap();
        assert!(FormWithFile::read(plain).await.is_err());
        assert!(FormWithFile::read(request("nonsense")).await.is_err());
        let none = FormWithFile::read(request(&format!("{FIELD}--XX--\n"))).await.unwrap();
        assert!(none.file.is_none());
    }
}
