//! What a setting is, as the one table lists them.

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// The default as it would be written; empty when there is none.
    pub(crate) default: &'static str,
    /// What holds when it is not set and other settings decide, for the reference page; empty when they do not.
    pub(crate) otherwise: &'static str,
    pub(crate) required: bool,
    /// Never printed; also accepted as `<NAME>_FILE`, a path to a file with the value.
    pub(crate) secret: bool,
    /// What is expected, as it stands in errors.
    pub(crate) expected: &'static str,
    pub(crate) example: &'static str,
    /// What it changes, for the reference page.
    pub(crate) meaning: &'static str,
    pub(crate) group: Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Entra,
    Delivery,
    Callers,
    Pin,
    Schedule,
    Flow,
    Service,
    Azure,
}

impl Group {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Entra, "Microsoft Entra ID and Graph"),
        (Self::Delivery, "Delivery service"),
        (Self::Callers, "Who may call"),
        (Self::Pin, "PIN delivery"),
        (Self::Schedule, "Schedules and clean-up"),
        (Self::Flow, "The flow"),
        (Self::Service, "The service itself"),
        (Self::Azure, "Azure stores"),
    ];
}

pub(super) const fn setting(
    group: Group,
    name: &'static str,
    default: &'static str,
    expected: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, otherwise: "", required: false, secret: false, expected, example, meaning, group }
}

pub(super) const fn required(mut setting: Setting) -> Setting {
    setting.required = true;
    setting
}

pub(super) const fn otherwise(mut setting: Setting, otherwise: &'static str) -> Setting {
    setting.otherwise = otherwise;
    setting
}

pub(super) const fn secret(mut setting: Setting) -> Setting {
    setting.secret = true;
    setting
}
