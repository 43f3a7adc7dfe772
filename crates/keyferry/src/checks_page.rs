//! Reference page of the findings of a check, printed from their declaration.

use keyferry_domain::CheckCode;

use crate::wrap::wrapped;

fn markdown() -> String {
    let mut page = String::from(
        "# Checks\n\n\
         This page lists the findings of a check of orders, `POST /v1/orders/check`. A check orders nothing and\n\
         changes nothing. Each finding has a code, a severity, the member of the order, a message and a remedy:\n\n\
         - **error**: the order would be refused, or would not end with a usable key.\n\
         - **warning**: the order can be placed. An operator should look at it first.\n\n\
         An order without findings is not certain to succeed: the check sees what is true at its time, and what the\n\
         other systems offer and permit. What it could not check is a finding with the code `not-checked`.\n\n\
         This page is printed from the code.\n\n",
    );
    for code in CheckCode::ALL {
        let (severity, meaning, remedy) = (code.severity().as_str(), code.meaning(), code.remedy());
        page.push_str(&wrapped(&format!("- **`{code}`**, {severity}: {meaning} {remedy}"), "  "));
        page.push('\n');
    }
    page
}

#[test]
fn documentation_matches_codes() {
    crate::golden::check("docs/reference/checks.md", &markdown());
}
