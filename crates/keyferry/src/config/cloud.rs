//! Microsoft's national clouds (<https://learn.microsoft.com/graph/deployments>): what they change where a setting is not given.

use super::parse::{Noted, Reader};

/// The setting that chooses one.
pub(super) const CLOUD: &str = "KEYFERRY_CLOUD";

/// By cloud, the settings that have other defaults there.
const CLOUDS: [(&str, &[(&str, &str)]); 4] = [
    ("global", &[]),
    (
        "us-gov",
        &[
            ("MS_Login_Online_Endpoint", "https://login.microsoftonline.us"),
            ("MS_Graph_Endpoint", "https://graph.microsoft.us"),
            ("KEYFERRY_TOKEN_EXCHANGE_AUDIENCE", "api://AzureADTokenExchangeUSGov"),
        ],
    ),
    (
        "us-gov-dod",
        &[
            ("MS_Login_Online_Endpoint", "https://login.microsoftonline.us"),
            ("MS_Graph_Endpoint", "https://dod-graph.microsoft.us"),
            ("KEYFERRY_TOKEN_EXCHANGE_AUDIENCE", "api://AzureADTokenExchangeUSGov"),
        ],
    ),
    (
        "china",
        &[
            ("MS_Login_Online_Endpoint", "https://login.chinacloudapi.cn"),
            ("MS_Graph_Endpoint", "https://microsoftgraph.chinacloudapi.cn"),
            ("KEYFERRY_TOKEN_EXCHANGE_AUDIENCE", "api://AzureADTokenExchangeChina"),
        ],
    ),
];

/// What a setting is in this cloud, if that differs from the table's default.
pub(super) fn preset(cloud: &str, name: &str) -> Option<&'static str> {
    let (_, presets) = CLOUDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(cloud))?;
    presets.iter().find(|(preset, _)| *preset == name).map(|(_, value)| *value)
}

/// Refuses a cloud that nobody knows.
pub(super) fn check(reader: &mut Reader<'_>) -> Result<(), Noted> {
    reader.choice(CLOUD, &CLOUDS.map(|(name, _)| (name, ())))
}
