//! Cases of saved views.

use keyferry_domain::ports::SavedView;

use super::SavedViews;

fn view(name: &str, query: &str) -> SavedView {
    SavedView { name: name.into(), query: query.into() }
}

pub async fn views_belong_to_their_user(backend: &dyn SavedViews) {
    let store = backend.saved_views().await;
    assert_eq!(store.saved_views("a1").await.unwrap(), []);
    let (stuck, odd) = (view("Stuck", "phase=registered&needs_human=true"), view("Ü 'n' \"/\\#?%", "user=o%27brien"));
    for one in [&odd, &stuck, &view("a", "")] {
        store.save_view("a1", one).await.unwrap();
    }
    store.save_view("a10", &view("Stuck", "batch=1")).await.unwrap();
    store.save_view("A1", &view("Stuck", "batch=2")).await.unwrap();
    let reopened = backend.saved_views().await;
    assert_eq!(reopened.saved_views("a1").await.unwrap(), [stuck, view("a", ""), odd]);
    assert_eq!(reopened.saved_views("a10").await.unwrap(), [view("Stuck", "batch=1")]);
    assert_eq!(reopened.saved_views("a").await.unwrap(), []);
}

pub async fn saved_view_replaces_the_one_with_its_name(backend: &dyn SavedViews) {
    let store = backend.saved_views().await;
    store.save_view("a1", &view("Stuck", "phase=registered")).await.unwrap();
    store.save_view("a1", &view("stuck", "phase=accepted")).await.unwrap();
    store.save_view("a1", &view("Stuck", "phase=fulfilled")).await.unwrap();
    let expected = [view("Stuck", "phase=fulfilled"), view("stuck", "phase=accepted")];
    assert_eq!(store.saved_views("a1").await.unwrap(), expected);
}

pub async fn deleted_view_is_gone_for_its_user_only(backend: &dyn SavedViews) {
    let store = backend.saved_views().await;
    for user in ["a1", "a2"] {
        store.save_view(user, &view("Stuck", "x=1")).await.unwrap();
        store.save_view(user, &view("Late", "x=2")).await.unwrap();
    }
    store.delete_view("a1", "Stuck").await.unwrap();
    store.delete_view("a1", "Stuck").await.expect("deleting twice is not an error");
    store.delete_view("a3", "Stuck").await.expect("nothing to delete is not an error");
    assert_eq!(backend.saved_views().await.saved_views("a1").await.unwrap(), [view("Late", "x=2")]);
    assert_eq!(store.saved_views("a2").await.unwrap().len(), 2);
}
