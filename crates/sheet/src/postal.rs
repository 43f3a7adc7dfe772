//! Digits that spreadsheets damage.

/// Countries whose postal codes consist of digits, some with a first digit of zero, and the number of digits.
const DIGITS: [(&str, usize); 24] = [
    ("AU", 4),
    ("BR", 8),
    ("CN", 6),
    ("CO", 6),
    ("DE", 5),
    ("ES", 5),
    ("FI", 5),
    ("FR", 5),
    ("IT", 5),
    ("JP", 7),
    ("KR", 5),
    ("LT", 5),
    ("MX", 5),
    ("MY", 5),
    ("NO", 4),
    ("NZ", 4),
    ("PL", 5),
    ("RO", 6),
    ("SG", 6),
    ("SK", 5),
    ("TR", 5),
    ("UA", 5),
    ("US", 5),
    ("ZA", 4),
];

/// Returns whether a spreadsheet probably removed leading zeros of the postal code.
pub(crate) fn lost_zero(code: &str, country: &str) -> bool {
    let is_number = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let of_country = DIGITS.iter().find(|(other, _)| *other == country);
    is_number && of_country.is_some_and(|(_, digits)| code.len() < *digits)
}

/// Returns whether the text is a number as a spreadsheet writes it, such as `1.2E+05` or `98101.0`.
pub(crate) fn is_damaged(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((whole, fraction)) = text.split_once(['.', ','])
        && is_digits(whole)
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte == b'0')
        && fraction.len() < 3
    {
        return true;
    }
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let mut parts = mantissa.splitn(2, ['.', ',']);
    let is_mantissa =
        parts.next().is_some_and(|whole| whole.len() == 1 && is_digits(whole)) && parts.next().is_none_or(is_digits);
    is_mantissa && exponent.strip_prefix(['+', '-']).is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_lost_a_zero() {
        for (code, country) in [("1067", "DE"), ("2138", "US"), ("501", "US"), ("600001", "JP")] {
            assert!(lost_zero(code, country), "{code} {country}");
        }
        for (code, country) in
            [("01067", "DE"), ("1010", "AT"), ("8001", "CH"), ("00-950", "PL"), ("", "DE"), ("98101-1234", "US")]
        {
            assert!(!lost_zero(code, country), "{code} {country}");
        }
    }

    #[test]
    fn scientific_notation_is_damage() {
        for text in ["1.2E+05", "1,2E+05", "4.91512E+11", "1E+10", "98101.0", "18,00", "5e+11"] {
            assert!(is_damaged(text), "{text}");
        }
        for text in ["98101", "1E5", "SW1E 5ND", "+49 151 2", "4.915.12", "12E+05", "E+5", "1067.123", "0123.456"] {
            assert!(!is_damaged(text), "{text}");
        }
    }
}
