//! Installs what the tests need: Debian packages when we are root, the Node packages of browser and webhook tests, and
//! the Python packages of text message and API tests.
//! What is there already is found by its executable, in milliseconds, and left alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::stream;
use crate::servers::{api, browser, dkim, dovecot, exim, find_program, is_root, postgres, texts, webhooks};

/// A Debian package, and how to tell that it isn't needed.
struct Package {
    name: &'static str,
    is_there: fn() -> bool,
}

const PACKAGES: [Package; 11] = [
    Package { name: "postfix", is_there: || has("postfix") && has("smtp-sink") },
    Package { name: "dovecot-imapd", is_there: dovecot::is_installed },
    // A library of exim4's that nothing else brings.
    Package { name: "libidn12", is_there: has_libidn },
    // Its own cluster isn't started while our service policy is in place, and never used.
    Package { name: "postgresql", is_there: postgres::is_installed },
    Package { name: "python3-dkim", is_there: dkim::is_installed },
    Package { name: "python3-nacl", is_there: dkim::is_installed },
    Package { name: "python3-venv", is_there: || python_packages_current() || has_ensurepip() },
    Package { name: "chromium", is_there: || has("chromium") },
    Package { name: "sqlite3", is_there: || has("sqlite3") },
    Package { name: "openssl", is_there: || has("openssl") },
    Package { name: "nodejs", is_there: || has("node") },
];

/// Debian's npm brings hundreds of packages, so it is only asked for where Node came without one.
const NPM: Package = Package { name: "npm", is_there: || has("npm") };

/// Debian asks this file whether a package may start its services while it is installed; 101 is a no.
const SERVICE_POLICY: &str = "/usr/sbin/policy-rc.d";
const SERVICE_POLICY_NO: &str = "#!/bin/sh\nexit 101\n";

/// The Postfix package asks at installation what to configure: nothing.
const POSTFIX_ANSWER: &str = "postfix postfix/main_mailer_type select No configuration\n";

fn has_libidn() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("libidn.so.12")).any(|file| file.exists())
}

/// Without it `python3 -m venv` can't bring pip.
fn has_ensurepip() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("ensurepip/__init__.py")).any(|file| file.exists())
}

/// Debian's exim4 can't be installed beside Postfix, but its program runs from anywhere, as a user that it names.
fn unpack_exim() -> Result<()> {
    if exim::is_ready() {
        return Ok(());
    }
    if !(is_root() && has("apt-get")) {
        eprintln!("exim4 is missing: its bounces won't be tested");
        return Ok(());
    }
    println!("unpacking exim4");
    let folder = tempfile::tempdir()?;
    let download = || {
        let mut apt = Command::new("apt-get");
        apt.args(["download", "--quiet", "-o", "APT::Sandbox::User=root", "exim4-daemon-light"]);
        stream(apt.current_dir(folder.path()))
    };
    if download().is_err() {
        stream(Command::new("apt-get").args(["update", "--quiet"]))?;
        download()?;
    }
    let package = fs::read_dir(folder.path())?.next().context("apt-get left no package")??.path();
    fs::create_dir_all(exim::folder())?;
    stream(Command::new("dpkg-deb").arg("-x").arg(package).arg(exim::folder()))?;
    if !exim::has_user() {
        let mut add = Command::new("useradd");
        stream(add.args(["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", exim::USER]))?;
    }
    Ok(())
}

fn has(program: &str) -> bool {
    find_program(program).is_some()
}

/// Installs what is missing. Without root it prints the line that would, and returns: tests that need it will pass over it.
///
/// # Errors
/// When an installation fails.
pub fn run() -> Result<()> {
    let missing: Vec<_> = PACKAGES
        .iter()
        .chain([&NPM])
        .filter(|package| !(package.is_there)())
        .map(|package| package.name)
        .collect();
    if !missing.is_empty() {
        let names = missing.join(" ");
        if is_root() && has("apt-get") {
            println!("installing {names}");
            install_packages(&missing).with_context(|| format!("can't install {names}"))?;
        } else {
            eprintln!("Some tests will fail, because programs they use are missing. To install them:");
            eprintln!("    sudo apt-get install --no-install-recommends {names}");
        }
    }
    unpack_exim()?;
    install_node_packages()?;
    install_python_packages()
}

fn install_packages(names: &[&str]) -> Result<()> {
    let policy = Path::new(SERVICE_POLICY);
    let ours = !policy.exists();
    if ours {
        fs::write(policy, SERVICE_POLICY_NO)?;
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755))?;
    }
    let result = apt_install(names);
    if ours {
        fs::remove_file(policy)?;
    }
    result
}

fn apt_install(names: &[&str]) -> Result<()> {
    if names.contains(&"postfix") {
        let answers = tempfile::NamedTempFile::new()?;
        fs::write(answers.path(), POSTFIX_ANSWER)?;
        stream(Command::new("debconf-set-selections").arg(answers.path()))?;
    }
    let install = || {
        let mut apt = Command::new("apt-get");
        apt.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(names);
        stream(apt.args(["-o", "DPkg::Lock::Timeout=300"]).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // The package lists may be missing or too old; they are only fetched when it turns out so.
    if install().is_ok() {
        return Ok(());
    }
    stream(Command::new("apt-get").args(["update", "--quiet"]))?;
    install()
}

/// The folders of tests with Node packages of their own.
fn node_folders() -> [PathBuf; 2] {
    [browser::folder(), webhooks::folder()]
}

/// Whether a folder's `node_modules` was installed from the lock file as it is now.
fn node_packages_current(folder: &Path) -> bool {
    let modified = |file: &str| fs::metadata(folder.join(file)).and_then(|entry| entry.modified());
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}

fn install_node_packages() -> Result<()> {
    for folder in node_folders().iter().filter(|folder| !node_packages_current(folder)) {
        let name = folder.file_name().unwrap_or_default().display();
        let Some(npm) = find_program("npm") else {
            eprintln!("npm is missing: some {name} tests will fail");
            continue;
        };
        println!("installing the {name} tests' Node packages");
        let mut npm = Command::new(npm);
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
        stream(&mut npm)?;
        // `npm ci` may keep the packages' own times.
        let marker = folder.join("node_modules/.package-lock.json");
        let text = fs::read(&marker).with_context(|| format!("npm left no {}", marker.display()))?;
        fs::write(&marker, text)?;
    }
    Ok(())
}

/// What the Python packages were installed from; a copy beside them.
const REQUIREMENTS: &str = "requirements.txt";

/// The folders of tests with Python packages of their own.
fn python_folders() -> [PathBuf; 2] {
    [texts::folder(), api::folder()]
}

/// Whether all folders of Python packages were made from their lists as they are now.
fn python_packages_current() -> bool {
    python_folders().iter().all(|folder| is_python_current(folder))
}

fn is_python_current(folder: &Path) -> bool {
    let wanted = fs::read(folder.join(REQUIREMENTS));
    let installed = fs::read(folder.join(".venv").join(REQUIREMENTS));
    matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
}

fn install_python_packages() -> Result<()> {
    python_folders()
        .iter()
        .filter(|folder| !is_python_current(folder))
        .try_for_each(|folder| install_python(folder))
}

fn install_python(folder: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().display();
    let Some(python) = find_program("python3") else {
        eprintln!("python3 is missing: the {name} tests that need it will fail");
        return Ok(());
    };
    println!("installing the {name} tests' Python packages");
    let environment = folder.join(".venv");
    stream(Command::new(python).args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "-r"]);
    stream(pip.arg(REQUIREMENTS).current_dir(folder))?;
    fs::copy(folder.join(REQUIREMENTS), environment.join(REQUIREMENTS))?;
    Ok(())
}
