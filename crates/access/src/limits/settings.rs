//! Settings of the limits.

use keyferry_settings::{setting, settings};

use super::quota::Quota;
use super::subject::{Limited, Subject};

const EXPECTED: &str = "numbers per hour and day, or `unlimited`";

settings! {
    /// Limits of callers and persons.
    #[derive(Clone, Debug)]
    pub struct LimitSettings in "Callers" {
        /// Largest number of orders per calling application. A further one is refused with status 429. Orders that
        /// Keyferry refused before any call or that met an outage, and repeated requests with an `Idempotency-Key`, do
        /// not count.
        pub orders_per_caller: Quota = setting("KEYFERRY_ORDERS_PER_CALLER", Quota::parse)
            .default("2000/hour, 10000/day")
            .expected(EXPECTED)
            .example("500/hour, 2000/day"),

        /// Largest number of orders per person, from all callers together. Orders that were refused do not count.
        pub orders_per_person: Quota = setting("KEYFERRY_ORDERS_PER_PERSON", Quota::parse)
            .default("5/hour, 10/day")
            .expected(EXPECTED)
            .example("2/day"),

        /// Largest number of orders that one calling application may check. Applies to callers without one of the roles
        /// `Keyferry.Read`, `Keyferry.Operate` and `Keyferry.Audit`, because a check tells about users.
        pub checks_per_caller: Quota = setting("KEYFERRY_CHECKS_PER_CALLER", Quota::parse)
            .default("5000/hour, 25000/day")
            .expected(EXPECTED)
            .example("1000/day"),

        /// Largest number of orders for one person that callers without these roles may check, all callers together.
        pub checks_per_person: Quota = setting("KEYFERRY_CHECKS_PER_PERSON", Quota::parse)
            .default("20/hour, 50/day")
            .expected(EXPECTED)
            .example("10/day"),

        /// Largest number of PINs that one calling application may send again.
        pub resends_per_caller: Quota = setting("KEYFERRY_RESENDS_PER_CALLER", Quota::parse)
            .default("200/hour, 1000/day")
            .expected(EXPECTED)
            .example("50/hour"),

        /// Largest number of times that PINs of one person may be sent again.
        pub resends_per_person: Quota = setting("KEYFERRY_RESENDS_PER_PERSON", Quota::parse)
            .default("5/hour, 10/day")
            .expected(EXPECTED)
            .example("3/day"),

        /// Largest number of PINs that one calling application may release against the usual rules.
        pub releases_per_caller: Quota = setting("KEYFERRY_RELEASES_PER_CALLER", Quota::parse)
            .default("20/hour, 100/day")
            .expected(EXPECTED)
            .example("10/day"),

        /// Largest number of times that PINs of one person may be released against the usual rules.
        pub releases_per_person: Quota = setting("KEYFERRY_RELEASES_PER_PERSON", Quota::parse)
            .default("2/hour, 5/day")
            .expected(EXPECTED)
            .example("1/day"),
    }
}

impl LimitSettings {
    /// Returns settings without limits.
    pub(super) fn unlimited() -> Self {
        let unlimited = Quota::unlimited;
        Self {
            orders_per_caller: unlimited(),
            orders_per_person: unlimited(),
            checks_per_caller: unlimited(),
            checks_per_person: unlimited(),
            resends_per_caller: unlimited(),
            resends_per_person: unlimited(),
            releases_per_caller: unlimited(),
            releases_per_person: unlimited(),
        }
    }

    pub(super) fn quota(&self, limited: Limited, subject: &Subject) -> &Quota {
        match (limited, subject) {
            (Limited::Order, Subject::Caller(_)) => &self.orders_per_caller,
            (Limited::Order, Subject::Person(_)) => &self.orders_per_person,
            (Limited::Check, Subject::Caller(_)) => &self.checks_per_caller,
            (Limited::Check, Subject::Person(_)) => &self.checks_per_person,
            (Limited::Resend, Subject::Caller(_)) => &self.resends_per_caller,
            (Limited::Resend, Subject::Person(_)) => &self.resends_per_person,
            (Limited::Release, Subject::Caller(_)) => &self.releases_per_caller,
            (Limited::Release, Subject::Person(_)) => &self.releases_per_person,
        }
    }

    pub(super) fn name(limited: Limited, subject: &Subject) -> &'static str {
        match (limited, subject) {
            (Limited::Order, Subject::Caller(_)) => "KEYFERRY_ORDERS_PER_CALLER",
            (Limited::Order, Subject::Person(_)) => "KEYFERRY_ORDERS_PER_PERSON",
            (Limited::Check, Subject::Caller(_)) => "KEYFERRY_CHECKS_PER_CALLER",
            (Limited::Check, Subject::Person(_)) => "KEYFERRY_CHECKS_PER_PERSON",
            (Limited::Resend, Subject::Caller(_)) => "KEYFERRY_RESENDS_PER_CALLER",
            (Limited::Resend, Subject::Person(_)) => "KEYFERRY_RESENDS_PER_PERSON",
            (Limited::Release, Subject::Caller(_)) => "KEYFERRY_RELEASES_PER_CALLER",
            (Limited::Release, Subject::Person(_)) => "KEYFERRY_RELEASES_PER_PERSON",
        }
    }
}
