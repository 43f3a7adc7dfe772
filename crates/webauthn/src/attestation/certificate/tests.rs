use super::*;
use crate::testing::{Authority, leaf_params};

/// Otherwise, anyone could modify the parts that the signature does not cover, and a certificate would have several
/// encodings.
#[test]
fn unsigned_parts_have_only_one_encoding() {
    let good = Authority::root("Root").issue(leaf_params()).der;
    assert!(Certificate::parse(&good).is_ok());
    // `ecdsa-with-SHA256` occurs inside and after the signed part. Its last byte selects another algorithm.
    let oid = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let places: Vec<_> =
        good.windows(oid.len()).enumerate().filter(|(_, bytes)| *bytes == oid).map(|(at, _)| at).collect();
    let [_, outer] = places[..] else { panic!("{places:?}") };
    let signature = outer + oid.len();
    assert_eq!((good[0], good[signature]), (0x30, 0x03), "a SEQUENCE, and a BIT STRING");
    for (at, value) in [(0, 0x31), (signature, 0x04), (signature, 0x23), (outer + 7, 0x03)] {
        let mut bad = good.clone();
        bad[at] = value;
        let refused =
            matches!(Certificate::parse(&bad), Err(Error::Certificate { fault: CertificateFault::Malformed(_), .. }));
        assert!(refused, "{value:x} at {at}");
    }
}
