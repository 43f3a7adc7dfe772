//! Errors of cron expressions.

use super::field::CronField;

/// Reason why a cron expression is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression is empty.
    #[error(
        "the cron expression is empty: expected six fields (second, minute, hour, day of month, month, day of week), \
         for example \"0 0 * * * *\" for every hour, or \"-\" to disable the job"
    )]
    Empty,

    /// The expression does not have six fields.
    #[error(
        "the cron expression \"{came}\" has {found} fields: expected six \
         (second, minute, hour, day of month, month, day of week), \
         for example \"0 */30 * * * *\" for every 30 minutes"
    )]
    FieldCount {
        /// Number of fields found.
        found: usize,
        /// The expression.
        came: String,
    },

    /// The expression starts with `@` and is not one of Spring's macros.
    #[error(
        "\"{came}\" is not a known cron macro: \
         expected @yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly, \
         or six fields, for example \"0 0 * * * *\""
    )]
    UnknownMacro {
        /// The expression.
        came: String,
    },

    /// A field is invalid.
    #[error(
        "the {field} field of the cron expression is \"{came}\": {problem}; expected {}, for example \"{}\"",
        .field.expected(), .field.example()
    )]
    Field {
        /// The invalid field.
        field: CronField,
        /// Value of the field, as written.
        came: String,
        /// Problem with the value.
        problem: String,
    },

    /// The cron library rejected a normalised expression. This is a bug in Keyferry.
    #[error(
        "the cron library rejected \"{normalised}\": {reason}. \
         Report the configured expression as a bug, and use an equivalent expression until it is fixed"
    )]
    Library {
        /// The expression in the library's dialect.
        normalised: String,
        /// Message of the library.
        reason: String,
    },
}

impl ScheduleError {
    pub(super) fn in_field(field: CronField, came: &str, problem: impl Into<String>) -> Self {
        Self::Field { field, came: came.to_owned(), problem: problem.into() }
    }
}
