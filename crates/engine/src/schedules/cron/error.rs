//! Why a cron expression is refused.

use super::field::CronField;

/// Why a cron expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// There is no expression.
    #[error(
        "the cron expression is empty: expected six fields (second, minute, hour, day of month, month, day of week), \
         for example \"0 0 * * * *\" for every hour, or \"-\" to switch the job off"
    )]
    Empty,

    /// The expression does not have six fields.
    #[error(
        "the cron expression \"{came}\" has {found} fields: expected six (second, minute, hour, day of month, month, day of week), \
         for example \"0 */30 * * * *\" for every 30 minutes"
    )]
    FieldCount {
        /// How many fields there are.
        found: usize,
        /// The expression.
        came: String,
    },

    /// The expression starts with `@` and is no macro that Spring knows.
    #[error(
        "\"{came}\" is not a known cron macro: expected @yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly, \
         or six fields, for example \"0 0 * * * *\""
    )]
    UnknownMacro {
        /// The expression.
        came: String,
    },

    /// A field cannot be read.
    #[error(
        "the {field} field of the cron expression is \"{came}\": {problem}; expected {}, for example \"{}\"",
        .field.expected(), .field.example()
    )]
    Field {
        /// Which field.
        field: CronField,
        /// The whole field, as written.
        came: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The cron library refused what an expression was normalised to: a defect of ours.
    #[error(
        "the cron library refused \"{normalised}\": {reason}; please report the expression that was set, and write it another way until then"
    )]
    Library {
        /// The expression in the library's dialect.
        normalised: String,
        /// The library's words.
        reason: String,
    },
}

impl ScheduleError {
    pub(super) fn in_field(field: CronField, came: &str, problem: impl Into<String>) -> Self {
        Self::Field { field, came: came.to_owned(), problem: problem.into() }
    }
}
