//! Addresses that the recipient enters.

/// Fields of an address and their values, by the names of the form.
pub(super) struct Place(pub(super) [(&'static str, &'static str); 6]);

pub(super) static FIRST: Place = Place([
    ("street_line1", "7 Hidden Lane"),
    ("street_line2", "Rear building"),
    ("postal_code", "62701"),
    ("city", "Springfield"),
    ("region", "IL"),
    ("country_code_2", "US"),
]);
pub(super) static NEXT: Place = Place([
    ("street_line1", "12 Other Street"),
    ("street_line2", ""),
    ("postal_code", "98101"),
    ("city", "Seattle"),
    ("region", "WA"),
    ("country_code_2", "US"),
]);

impl Place {
    fn get(&self, name: &str) -> &'static str {
        self.0.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    pub(super) fn street(&self) -> &'static str {
        self.get("street_line1")
    }

    pub(super) fn city(&self) -> &'static str {
        self.get("city")
    }
}
