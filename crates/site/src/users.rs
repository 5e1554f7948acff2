//! Names of users and groups, as the host's name service knows them.

use nix::unistd::{Gid, Group, Uid, User};

/// The name of a user; none if the name service doesn't know the id or doesn't answer.
pub fn name_of(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
}

/// Uid and primary gid of a user.
pub fn ids_of(name: &str) -> Option<(u32, u32)> {
    let user = User::from_name(name).ok().flatten()?;
    Some((user.uid.as_raw(), user.gid.as_raw()))
}

/// The names of those groups that have one.
pub fn group_names(gids: &[u32]) -> Vec<String> {
    let name = |gid: &u32| Group::from_gid(Gid::from_raw(*gid)).ok().flatten();
    gids.iter().filter_map(name).map(|group| group.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_and_others_are_not_invented() {
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(ids_of("root"), Some((0, 0)));
        assert_eq!(group_names(&[0, 4_000_000_000]), ["root"]);
        assert_eq!(name_of(4_000_000_000), None);
        assert_eq!(ids_of("no such user"), None);
    }
}
