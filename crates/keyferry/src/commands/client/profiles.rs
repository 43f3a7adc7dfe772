//! `keyferry profiles` and `keyferry logout`.

use serde_json::json;

use crate::cli::{Logout, Profiles as Options, ProfilesCommand};
use crate::exit::Failure;
use crate::profiles::{Profiles, Source, forget_tokens};
use crate::terminal::{Cell, Column, Paint, Screen, Table, note, out};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        None => list(options.json),
        Some(ProfilesCommand::Use { name }) => {
            let mut profiles = Profiles::read()?;
            profiles.get(Some(name))?;
            profiles.selected = Some(name.clone());
            profiles.write()?;
            note(&format!("Commands use profile {name} now."));
            Ok(())
        }
        Some(ProfilesCommand::Remove { name }) => {
            let mut profiles = Profiles::read()?;
            profiles.get(Some(name))?;
            forget_tokens(name)?;
            profiles.profiles.remove(name);
            profiles.selected = profiles.selected.filter(|selected| selected != name);
            profiles.write()?;
            note(&format!("Removed profile {name}."));
            Ok(())
        }
    }
}

fn list(as_json: bool) -> Result<(), Failure> {
    let profiles = Profiles::read()?;
    let is_selected = |name: &str| profiles.selected.as_deref() == Some(name);
    if as_json {
        let all: Vec<_> = profiles
            .profiles
            .iter()
            .map(|(name, profile)| {
                json!({ "name": name, "selected": is_selected(name), "url": profile.url,
                "tenant": profile.tenant, "token": profile.token })
            })
            .collect();
        return out(format!("{}\n", json!({ "profiles": all })).as_bytes());
    }
    let mut table = Table::new([
        Column::new(" "),
        Column::new("PROFILE"),
        Column::new("ADDRESS").cut(20),
        Column::new("TENANT").cut(12).optional(1),
        Column::new("TOKEN").cut(14),
    ]);
    for (name, profile) in &profiles.profiles {
        let mark = if is_selected(name) { "*" } else { "" };
        table.row([
            Cell::painted(mark, Paint::Good),
            Cell::new(name),
            Cell::new(profile.url.as_str()),
            Cell::of(profile.tenant.as_ref()),
            Cell::new(profile.token.describe()),
        ]);
    }
    if table.is_empty() {
        note("There is no profile. `keyferry login` creates one.");
        return Ok(());
    }
    out(table.render(&Screen::of_stdout()).as_bytes())
}

pub(super) fn logout(options: &Logout) -> Result<(), Failure> {
    let (name, profile) = Profiles::read()?.get(options.name.as_deref())?;
    forget_tokens(&name)?;
    let rest = match &profile.token {
        Source::ClientCredentials { secret_file: Some(path), .. } if path.exists() => {
            format!(" Its client secret stays in {}.", path.display())
        }
        Source::File { path } => format!(" Its token stays in {}.", path.display()),
        Source::Variable { name } => format!(" Its token stays in the environment variable {name}."),
        _ => String::new(),
    };
    note(&format!("Removed the stored tokens of profile {name}.{rest}"));
    Ok(())
}
