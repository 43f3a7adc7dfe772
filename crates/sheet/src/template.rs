//! File to start with.

use crate::member::Member;
use crate::write::Writer;

/// Columns of the template, with their values in the example row.
const COLUMNS: [(Member, &str); 19] = [
    (Member::UserId, "adele@contoso.onmicrosoft.com"),
    (Member::RecipientFirstname, "Adele"),
    (Member::RecipientLastname, "Vance"),
    (Member::RecipientEmail, "adele@contoso.onmicrosoft.com"),
    (Member::RecipientTelephone, "5555555555"),
    (Member::RecipientCompany, "Contoso"),
    (Member::StreetLine1, "1 Main Street"),
    (Member::StreetLine2, ""),
    (Member::City, "Seattle"),
    (Member::Region, "WA"),
    (Member::PostalCode, "98101"),
    (Member::CountryCode2, "US"),
    (Member::AddressBy, ""),
    (Member::ProductId, "1"),
    (Member::InventoryProductId, "18"),
    (Member::CustomizationId, "CUSTID"),
    (Member::PinLength, "8"),
    (Member::NotBefore, "2026-12-01"),
    (Member::NeededBy, "2026-12-15"),
];

/// Returns a CSV file with a header and one example row. It needs no mapping. A byte order mark makes spreadsheets read
/// it as UTF-8.
pub fn template() -> Vec<u8> {
    let mut writer = Writer::default();
    writer.row(COLUMNS.map(|(member, _)| member.name()));
    writer.row(COLUMNS.map(|(_, example)| example));
    let mut file = "\u{feff}".as_bytes().to_vec();
    file.extend(writer.take());
    file
}
