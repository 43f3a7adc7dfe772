//! Rows of order files are orders: every member that a column can fill exists, with the type that the reader gives it.

use keyferry_engine::Completion;
use keyferry_sheet::{Format, Mapping, Member, Options, Reader, template};
use serde_json::Value;

use super::QueueOrder;
use crate::kit::body::parse_value;
use crate::settings::UnknownMembers;

fn example(member: Member) -> &'static str {
    match member {
        Member::UserId => "adele@contoso.example",
        Member::RecipientEmail | Member::EmailsTo => "grace@contoso.example",
        Member::CountryCode2 => "United States",
        Member::Region => "WA",
        Member::PostalCode => "98101",
        Member::PinLength => "8",
        Member::PinType => "generate",
        Member::ProductQuantity | Member::DeliveryType | Member::ProductId | Member::InventoryProductId => "1",
        Member::AddressValidationBypass | Member::Additional => "yes",
        Member::AddressBy => "Caller",
        Member::NotBefore | Member::NeededBy => "2026-12-01",
        _ => "x",
    }
}

/// Returns the only row of a file as an order.
fn order(file: &[u8]) -> Value {
    let mut reader = Reader::new(Format::Csv, Mapping::default(), Options::default()).unwrap();
    let mut rows = reader.push(file).unwrap();
    rows.extend(reader.finish().unwrap());
    assert_eq!((rows.len(), &rows[0].findings[..]), (1, &[][..]));
    Value::Object(rows.remove(0).order)
}

#[track_caller]
fn assert_valid(order: Value) {
    let (order, _) = parse_value::<QueueOrder>(order, UnknownMembers::Reject).unwrap();
    assert!(order.into_parts(Completion::default()).is_ok());
}

#[test]
fn the_template_is_a_valid_order() {
    assert_valid(order(&template()));
}

#[test]
fn every_column_is_a_member_of_an_order() {
    let header = Member::ALL.map(Member::name).join(";");
    let order = order(format!("{header}\n{}\n", Member::ALL.map(example).join(";")).as_bytes());
    for member in Member::ALL {
        let pointer = format!("/{}", member.path().replace("[0]", ".0").replace('.', "/"));
        assert!(order.pointer(&pointer).is_some(), "{member:?}");
    }
    assert_valid(order);
}
