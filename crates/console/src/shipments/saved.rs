//! Saved views: lists to which a user gave a name.

use keyferry_domain::ports::SavedView;

use super::conditions::Conditions;
use super::paths::LIST;
use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Most views of a user.
const MOST: usize = 30;

/// Longest name, in characters.
const LONGEST_NAME: usize = 60;

/// Longest query string, in bytes.
const LONGEST_QUERY: usize = 2000;

/// The views of a user, and the form for another one.
pub(super) struct Saved {
    pub(super) views: Vec<View>,
    /// Query string of the list that the form saves.
    pub(super) query: String,
    pub(super) name: String,
    pub(super) mistake: Option<&'static str>,
    pub(super) longest: usize,
}

/// A saved view.
pub(super) struct View {
    pub(super) name: String,
    pub(super) address: String,
    /// Whether it is the list of this page.
    pub(super) is_here: bool,
}

/// Why a view cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    Name,
    TooMany,
    TooLong,
}

impl Saved {
    pub(super) fn is_wrong(&self) -> bool {
        self.mistake.is_some()
    }
}

/// Returns the views of the user, for the page of a list.
pub(super) async fn of(
    state: &ConsoleState,
    visitor: &Visitor,
    conditions: &Conditions,
    wrong: Option<(String, Mistake)>,
) -> Result<Saved, Problem> {
    let query = conditions.query();
    let views = state.views.saved_views(&visitor.visit.user.object_id).await;
    let views = views.map_err(|error| Problem::of_store(visitor.frame(Place::Shipments), &error))?;
    let view = |view: SavedView| {
        // What the store contains is read like any address: it leads only to a list.
        let saved = Conditions::read(&view.query).0;
        View { name: view.name, address: saved.address(LIST), is_here: saved.query() == query }
    };
    let texts = visitor.language.messages().shipments;
    let (name, mistake) = match wrong {
        Some((name, mistake)) => {
            let text = match mistake {
                Mistake::Name => texts.view_name_wrong,
                Mistake::TooMany => texts.too_many_views,
                Mistake::TooLong => texts.view_too_long,
            };
            (name, Some(text))
        }
        None => (String::new(), None),
    };
    Ok(Saved { views: views.into_iter().map(view).collect(), query, name, mistake, longest: LONGEST_NAME })
}

/// Returns why a view cannot be saved beside those that the user has.
pub(super) fn mistake(view: &SavedView, existing: &[SavedView]) -> Option<Mistake> {
    let is_new = existing.iter().all(|saved| saved.name != view.name);
    let is_name = (1..=LONGEST_NAME).contains(&view.name.chars().count()) && !view.name.chars().any(char::is_control);
    if !is_name {
        Some(Mistake::Name)
    } else if is_new && existing.len() >= MOST {
        Some(Mistake::TooMany)
    } else {
        (view.query.len() > LONGEST_QUERY).then_some(Mistake::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, query: &str) -> SavedView {
        SavedView { name: name.to_owned(), query: query.to_owned() }
    }

    #[test]
    fn names_numbers_and_lengths_are_limited() {
        for (name, expected) in
            [("", Some(Mistake::Name)), ("a\nb", Some(Mistake::Name)), (&"ü".repeat(61), Some(Mistake::Name))]
        {
            assert_eq!(mistake(&view(name, ""), &[]), expected, "{name:?}");
        }
        assert_eq!(mistake(&view(&"ü".repeat(60), &"x".repeat(2000)), &[]), None);
        assert_eq!(mistake(&view("a", &"x".repeat(2001)), &[]), Some(Mistake::TooLong));
        let full: Vec<_> = (0..MOST).map(|number| view(&number.to_string(), "")).collect();
        assert_eq!(mistake(&view("a", ""), &full), Some(Mistake::TooMany));
        assert_eq!(mistake(&view("7", "user=a"), &full), None, "it replaces one");
    }
}
