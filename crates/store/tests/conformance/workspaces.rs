//! Workspaces.

use consent::WorkspaceId;
use store::{NewList, StoreError, Workspace};

use super::support::{MAIN, World};

pub async fn a_workspace_has_a_name_of_its_own_and_nothing_in_it(world: &World) {
    let store = &world.store;
    let main = Workspace { id: MAIN, name: "main".to_owned() };
    assert_eq!(store.workspaces().await.unwrap(), std::slice::from_ref(&main));
    world.list("news").await;
    let made = store.create_workspace("shop-b").await.unwrap();
    assert_eq!(made, Workspace { id: WorkspaceId(2), name: "shop-b".to_owned() });
    assert!(store.lists(made.id).await.unwrap().is_empty());
    store.create_list(made.id, NewList::new("news", world.now())).await.unwrap();
    assert_eq!(store.lists(MAIN).await.unwrap().len(), 1);
    for taken in ["main", "shop-b"] {
        let refused = store.create_workspace(taken).await;
        assert!(matches!(refused, Err(StoreError::Exists(_))), "{refused:?}");
    }
    for bad in ["", "a b", "a/b", "a\0", &"x".repeat(65)] {
        let refused = store.create_workspace(bad).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let more = store.create_workspace("a").await.unwrap();
    assert_eq!(store.workspaces().await.unwrap(), [main, made, more]);
}
