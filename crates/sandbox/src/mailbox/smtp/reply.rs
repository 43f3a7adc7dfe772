//! SMTP replies: a code, an enhanced code (RFC 2034) and a text.

/// Reply of one line, without the line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    text: String,
}

impl Reply {
    pub(super) fn new(code: u16, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub(super) fn ok() -> Self {
        Self::new(250, "2.0.0 OK")
    }

    pub(super) fn out_of_order(text: &str) -> Self {
        Self::new(503, format!("5.5.1 {text}"))
    }

    /// Returns the reply of an injected fault: `status`, or `otherwise` if `status` is not an SMTP error code.
    pub(super) fn fault(status: Option<u16>, otherwise: u16) -> Self {
        let code = status.filter(|code| (400..600).contains(code)).unwrap_or(otherwise);
        Self::new(code, format!("{}.3.0 Fault injected by the sandbox", code / 100))
    }

    pub(super) fn to_line(&self) -> String {
        format!("{} {}\r\n", self.code, self.text)
    }
}
