//! Files and folders that only their owner may read: what is in them is about people.
//!
//! Whatever the umask is, and whoever made a file of that name before: it is 0600 before the first byte is in it, and a
//! folder 0700.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Mode of a file.
pub const FILE_MODE: u32 = 0o600;
/// Mode of a folder.
pub const DIR_MODE: u32 = 0o700;
/// What nobody but the owner may have.
const OTHERS: u32 = 0o077;
/// Deepest folder that is looked at; the ledger's tiles are the deepest.
const DEPTH_MAX: u32 = 16;

/// Makes a file, or empties the one that is there and closes it to others.
///
/// # Errors
/// When it can't be made, or belongs to somebody else.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
    let meta = file.metadata()?;
    // A terminal, a pipe or /dev/null isn't ours to close to others.
    if meta.is_file() && meta.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Opens a file for writing; makes it if it isn't there. One that is there stays as it is, its mode too.
///
/// # Errors
/// When it can't be opened or made.
pub fn create_or_keep(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Ok(file) => {
            // The umask may have taken rights of the owner's away.
            file.set_permissions(Permissions::from_mode(FILE_MODE))?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path)
        }
        Err(error) => Err(error),
    }
}

/// Writes a whole file.
///
/// # Errors
/// When it can't be made or written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    create(path)?.write_all(bytes.as_ref())
}

/// Copies a file; the copy is private whatever the original is.
///
/// # Errors
/// When one can't be read or the other can't be written.
pub fn copy(from: &Path, into: &Path) -> io::Result<u64> {
    io::copy(&mut File::open(from)?, &mut create(into)?)
}

/// Makes a folder and those above it that aren't there. One that is there stays as it is.
///
/// # Errors
/// When it can't be made.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(DIR_MODE).create(path) {
        // The umask may have taken rights of the owner's away, too.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(DIR_MODE)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder, or closes the one that is there to others. One of somebody else's stays as it is: a mounted volume
/// often belongs to root, and what is put into it is private by itself.
///
/// # Errors
/// When it can't be made.
pub fn take_dir(path: &Path) -> io::Result<()> {
    create_dir_all(path)?;
    match fs::set_permissions(path, Permissions::from_mode(DIR_MODE)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        set => set,
    }
}

/// A file or folder that others may get at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Which.
    pub path: PathBuf,
    /// Its mode, such as 0o644.
    pub mode: u32,
}

/// Looks through a folder and what is below it for what others may get at, in the order of names; symbolic links aren't
/// followed.
///
/// # Errors
/// When a folder can't be read.
pub fn exposed(dir: &Path) -> io::Result<Vec<Exposed>> {
    let mut found = Vec::new();
    look(dir, DEPTH_MAX, &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn look(path: &Path, depth: u32, found: &mut Vec<Exposed>) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        // Files of the ledger and of SQLite come and go.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mode = meta.permissions().mode() & 0o7777;
    if (meta.is_file() || meta.is_dir()) && mode & OTHERS != 0 {
        found.push(Exposed { path: path.to_owned(), mode: mode & 0o777 });
    }
    if meta.is_dir() && depth > 0 {
        for entry in fs::read_dir(path)? {
            look(&entry?.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_private_whoever_made_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rejects.csv");
        drop(create(&file).unwrap());
        assert_eq!(mode(&file), FILE_MODE);
        fs::write(&file, "a@example.com").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        drop(create_or_keep(&file).unwrap());
        assert_eq!((mode(&file), fs::read_to_string(&file).unwrap().as_str()), (0o666, "a@example.com"));
        drop(create_or_keep(&dir.path().join("lock")).unwrap());
        assert_eq!(mode(&dir.path().join("lock")), FILE_MODE);
        let copied = dir.path().join("copy.csv");
        assert_eq!(copy(&file, &copied).unwrap(), 13);
        assert_eq!(mode(&copied), FILE_MODE);
        drop(create(&file).unwrap());
        assert_eq!((mode(&file), fs::metadata(&file).unwrap().len()), (FILE_MODE, 0));
    }

    #[test]
    fn what_is_no_file_keeps_its_mode() {
        let before = mode(Path::new("/dev/null"));
        write(Path::new("/dev/null"), "a@example.com").unwrap();
        assert_eq!(mode(Path::new("/dev/null")), before);
    }

    #[test]
    fn folders_are_private_and_those_of_before_are_left_or_taken() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let deep = open.join("a/b");
        create_dir_all(&deep).unwrap();
        assert_eq!((mode(&open), mode(&open.join("a")), mode(&deep)), (0o755, DIR_MODE, DIR_MODE));
        take_dir(&open).unwrap();
        assert_eq!(mode(&open), DIR_MODE);
    }

    #[test]
    fn what_others_may_get_at_is_found() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("data");
        let (deep, file) = (dir.join("a/b"), dir.join("a/b/open"));
        create_dir_all(&deep).unwrap();
        write(&deep.join("closed"), "").unwrap();
        assert_eq!(exposed(&dir).unwrap(), []);
        write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(&deep, Permissions::from_mode(0o701)).unwrap();
        std::os::unix::fs::symlink("/", dir.join("link")).unwrap();
        let expected = [Exposed { path: deep, mode: 0o701 }, Exposed { path: file, mode: 0o640 }];
        assert_eq!(exposed(&dir).unwrap(), expected);
    }
}
