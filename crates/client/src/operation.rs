//! Operations of the API that the client uses.

/// Method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Changes nothing.
    Get,
    /// May change something.
    Post,
    /// Sets something. A repetition changes nothing more.
    Put,
    /// Changes some members.
    Patch,
    /// Deletes something.
    Delete,
}

impl Method {
    /// Returns the name as in the OpenAPI document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// Operation of the API, as in the OpenAPI document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `operationId`.
    pub id: &'static str,
    /// Method.
    pub method: Method,
    /// Path with parameters in braces.
    pub path: &'static str,
    /// Names of the query parameters that the client sends.
    pub query: &'static [&'static str],
}

const fn get(id: &'static str, path: &'static str, query: &'static [&'static str]) -> Operation {
    Operation { id, method: Method::Get, path, query }
}

const fn post(id: &'static str, path: &'static str, query: &'static [&'static str]) -> Operation {
    Operation { id, method: Method::Post, path, query }
}

const fn put(id: &'static str, path: &'static str) -> Operation {
    Operation { id, method: Method::Put, path, query: &[] }
}

const fn patch(id: &'static str, path: &'static str) -> Operation {
    Operation { id, method: Method::Patch, path, query: &[] }
}

const fn delete(id: &'static str, path: &'static str) -> Operation {
    Operation { id, method: Method::Delete, path, query: &[] }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)+) => {
        $($(#[$doc])* pub const $name: Operation = $operation;)+

        /// All operations that the client uses.
        pub const ALL: &[Operation] = &[$($name),+];
    };
}

operations! {
    /// Effective settings of the connector.
    GET_STATUS = get("get_status", "/v1/status", &[]);
    /// What can be ordered.
    LIST_PRODUCTS = get("list_products", "/v1/products", &[]);
    /// Where keys can be ordered to.
    LIST_COUNTRIES = get("list_countries", "/v1/countries", &[]);
    /// Processes open shipments.
    PROCESS_SHIPMENTS = post("post_process_shipments", "/v1/operations/process-shipments", &[]);
    /// Revokes the passkeys and cancels the orders of a person who left.
    OFFBOARD = post("offboard_person", "/v1/people/{user}/offboard", &[]);
    /// Reports a key as lost, and orders the next one.
    LOSE_KEY = post("lose_key", "/v1/people/{user}/lost-key", &[]);
    /// Marks a key as returned.
    RETURN_KEY = post("return_key", "/v1/keys/{serial}/return", &[]);
    /// Part of the comparison of both sides.
    RECONCILE = get("reconcile", "/v1/reconciliation", &["cursor"]);
    /// Queues one order.
    QUEUE_ORDER = post("queue_order", "/v1/orders", &[]);
    /// Shipments that match a filter, by page or as an export.
    LIST_SHIPMENTS = get("list_shipments", "/v1/shipments", LISTING);
    /// Numbers of shipments that match a filter, by phase and obstacle.
    COUNT_SHIPMENTS = get("count_shipments", "/v1/shipments/counts", FILTER);
    /// Details of a shipment.
    GET_DETAILS = get("get_details", "/v1/shipments/{shipment_id}", &[]);
    /// Keys of a person.
    GET_PERSON = get("get_person", "/v1/people/{user}", &[]);
    /// Figures about a period.
    GET_REPORT = get("get_report", "/v1/report", &["from", "to", "by"]);
    /// Has the next run process a shipment.
    RETRY = post("retry_shipment", "/v1/shipments/{shipment_id}/retry", &[]);
    /// Cancels a shipment.
    CANCEL = post("cancel_shipment", "/v1/shipments/{shipment_id}/cancel", &[]);
    /// Continues an unconfirmed order as an order of the delivery service.
    ADOPT = post("adopt_shipment", "/v1/shipments/{shipment_id}/adopt", &[]);
    /// Ends an unconfirmed order that was never placed.
    ABANDON = post("abandon_shipment", "/v1/shipments/{shipment_id}/abandon", &[]);
    /// Decides about a shipment.
    RESOLVE = post("resolve_shipment", "/v1/shipments/{shipment_id}/resolve", &[]);
    /// Sends the PIN of a shipment again.
    RESEND_PIN = post("resend_shipment_pin", "/v1/shipments/{shipment_id}/resend-pin", &[]);
    /// Gives the address of an order that waits for it.
    GIVE_ADDRESS = put("give_address", "/v1/shipments/{shipment_id}/address");
    /// Prints the PIN of a shipment.
    PRINT_PIN = post("print_pin", "/v1/shipments/{shipment_id}/pin-letter", &[]);
    /// Orders a replacement for a shipment.
    REPLACE = post("replace_shipment", "/v1/shipments/{shipment_id}/replace", &[]);
    /// Decides about many shipments.
    ACT = post("act_on_shipments", "/v1/shipments/actions", &[]);
    /// Uploads a file of orders.
    CREATE_BATCH = post("create_batch", "/v1/batches", &["name", "mapping"]);
    /// Batches by page.
    LIST_BATCHES = get("list_batches", "/v1/batches", &["state", "limit", "cursor"]);
    /// One batch.
    GET_BATCH = get("get_batch", "/v1/batches/{batch_id}", &[]);
    /// Rows of a batch by page.
    LIST_ROWS = get("list_batch_rows", "/v1/batches/{batch_id}/rows", &["findings", "limit", "cursor"]);
    /// All rows of a batch as an export.
    GET_RESULT = get("get_batch_result", "/v1/batches/{batch_id}/result", &[]);
    /// Checks the rows of a batch.
    CHECK_BATCH = post("check_batch", "/v1/batches/{batch_id}/check", &[]);
    /// Orders the rows of a batch.
    SUBMIT_BATCH = post("submit_batch", "/v1/batches/{batch_id}/submit", &[]);
    /// Stops sending the rows of a batch.
    PAUSE_BATCH = post("pause_batch", "/v1/batches/{batch_id}/pause", &[]);
    /// Continues a paused batch.
    RESUME_BATCH = post("resume_batch", "/v1/batches/{batch_id}/resume", &[]);
    /// Cancels the rows of a batch that have not left.
    CANCEL_BATCH = post("cancel_batch", "/v1/batches/{batch_id}/cancel", &[]);
    /// Example of a file of orders.
    GET_TEMPLATE = get("get_batch_template", "/v1/batches/template.csv", &[]);
    /// Events of all shipments after a position.
    LIST_EVENTS = get("list_events", "/v1/events", &["after", "limit", "wait", "type"]);
    /// All webhooks.
    LIST_WEBHOOKS = get("list_webhooks", "/v1/webhooks", &[]);
    /// One webhook.
    GET_WEBHOOK = get("get_webhook", "/v1/webhooks/{webhook_id}", &[]);
    /// Creates a webhook.
    CREATE_WEBHOOK = post("create_webhook", "/v1/webhooks", &[]);
    /// Changes a webhook.
    CHANGE_WEBHOOK = patch("change_webhook", "/v1/webhooks/{webhook_id}");
    /// Deletes a webhook with its deliveries and its secret.
    DELETE_WEBHOOK = delete("delete_webhook", "/v1/webhooks/{webhook_id}");
    /// Sends a test message.
    TEST_WEBHOOK = post("test_webhook", "/v1/webhooks/{webhook_id}/test", &[]);
    /// Replaces the secret of a webhook.
    ROTATE_SECRET = post("rotate_webhook_secret", "/v1/webhooks/{webhook_id}/rotate-secret", &[]);
    /// Messages to a webhook, and what became of them.
    LIST_DELIVERIES = get("list_deliveries", "/v1/webhooks/{webhook_id}/deliveries", &["state", "limit", "cursor"]);
    /// Sends messages again.
    REPLAY = post("replay_deliveries", "/v1/webhooks/{webhook_id}/replay", &[]);
}

const FILTER: &[&str] = &[
    "phase",
    "obstacle",
    "code",
    "user",
    "serial",
    "tracking",
    "reference",
    "batch",
    "product",
    "country",
    "created_from",
    "created_to",
    "updated_from",
    "updated_to",
    "deadline_from",
    "deadline_to",
    "needed_from",
    "needed_to",
    "needs_human",
    "awaits_address",
];

const LISTING: &[&str] = &[
    "phase",
    "obstacle",
    "code",
    "user",
    "serial",
    "tracking",
    "reference",
    "batch",
    "product",
    "country",
    "created_from",
    "created_to",
    "updated_from",
    "updated_to",
    "deadline_from",
    "deadline_to",
    "needed_from",
    "needed_to",
    "needs_human",
    "awaits_address",
    "sort",
    "cursor",
    "limit",
];
