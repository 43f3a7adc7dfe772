//! Fields of a cron expression.

use std::{fmt, ops::RangeInclusive};

/// Field of a cron expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CronField {
    /// The first field, 0 to 59.
    Second,
    /// The second field, 0 to 59.
    Minute,
    /// The third field, 0 to 23.
    Hour,
    /// The fourth field, 1 to 31.
    DayOfMonth,
    /// The fifth field, 1 to 12 or JAN to DEC.
    Month,
    /// The sixth field, 0 to 7 or MON to SUN; 0 and 7 are Sunday.
    DayOfWeek,
}

impl CronField {
    /// Returns the range that `*` and an open step (`3/2`) cover. A day of the week can also be 0.
    pub(super) const fn range(self) -> RangeInclusive<i32> {
        match self {
            Self::Second | Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::DayOfMonth => 1..=31,
            Self::Month => 1..=12,
            Self::DayOfWeek => 1..=7,
        }
    }

    /// Returns a description of the valid values, for error messages.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0-59, \"*\", a range \"5-10\", a step \"*/15\", or a list of these",
            Self::Hour => "0-23, \"*\", a range \"8-17\", a step \"*/6\", or a list of these",
            Self::DayOfMonth => {
                "1-31, \"*\" or \"?\", a range \"1-7\", a step \"*/10\", \
                 \"L\", \"L-3\", \"LW\", \"15W\", or a list of these"
            }
            Self::Month => "1-12 or JAN-DEC, \"*\", a range \"JAN-JUN\", a step \"*/3\", or a list of these",
            Self::DayOfWeek => {
                "0-7 or MON-SUN (0 and 7 are Sunday), \"*\" or \"?\", \
                 a range \"MON-FRI\", a step, \"FRIL\", \"MON#1\", or a list of these"
            }
        }
    }

    /// Returns an example expression that uses the field, for error messages.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Second => "*/30 * * * * *",
            Self::Minute => "0 */30 * * * *",
            Self::Hour => "0 0 8-17 * * *",
            Self::DayOfMonth => "0 0 6 1,15 * *",
            Self::Month => "0 0 6 1 JAN,JUL *",
            Self::DayOfWeek => "0 0 6 * * MON-FRI",
        }
    }
}

impl fmt::Display for CronField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Second => "second (first)",
            Self::Minute => "minute (second)",
            Self::Hour => "hour (third)",
            Self::DayOfMonth => "day of month (fourth)",
            Self::Month => "month (fifth)",
            Self::DayOfWeek => "day of week (sixth)",
        })
    }
}
