//! Rules for failures of a call that mean the same for every party. Adapters include them in their failure tables.

use keyferry_domain::{FailureClass, Rule, When};

/// Code of a failure because the response belongs to another call.
pub const RESPONSE_TO_ANOTHER_CALL: &str = "response-to-another-call";
/// Code of a failure because the server's TLS certificate is not valid or not trusted.
pub const CERTIFICATE_REJECTED: &str = "certificate-rejected";

/// Classifies a response that belongs to another call.
pub const ANOTHER_CALL: Rule = Rule::new(
    When::Code(RESPONSE_TO_ANOTHER_CALL),
    FailureClass::InvalidResponse,
    "A proxy or gateway on the way to the service confuses responses. Keyferry did not use this response, closed its \
     connections, and retries in the next run. Bypass or repair the proxy, for example its TLS inspection.",
);

/// Classifies a rejected TLS certificate. Nothing was sent.
pub const CERTIFICATE: Rule = Rule::new(
    When::Code(CERTIFICATE_REJECTED),
    FailureClass::Misconfigured,
    "The TLS certificate of the server, or of a proxy in between, was rejected, and nothing was sent. The message \
     contains the reason and what to check. Keyferry retries in the next run.",
);
