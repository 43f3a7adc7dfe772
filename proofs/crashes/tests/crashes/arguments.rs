//! Arguments that cargo passes to every test binary.

#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) list: bool,
    pub(crate) quiet: bool,
    exact: bool,
    only_ignored: bool,
    filters: Vec<String>,
    skip: Vec<String>,
}

impl Arguments {
    /// Parses the arguments. Ignores unknown ones: they are for the standard test harness.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Self {
        let mut parsed = Self::default();
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => parsed.list = true,
                "-q" | "--quiet" => parsed.quiet = true,
                "--exact" => parsed.exact = true,
                "--ignored" => parsed.only_ignored = true,
                "--skip" => parsed.skip.extend(arguments.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" | "--shuffle-seed" => {
                    arguments.next();
                }
                other if other.starts_with('-') => {}
                filter => parsed.filters.push(filter.to_owned()),
            }
        }
        parsed
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        let meets = |filter: &String| if self.exact { name == filter } else { name.contains(filter.as_str()) };
        !self.only_ignored
            && (self.filters.is_empty() || self.filters.iter().any(meets))
            && !self.skip.iter().any(meets)
    }
}
