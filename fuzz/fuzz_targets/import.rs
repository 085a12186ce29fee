//! Files of people: whatever one holds, a dry run of it ends, and counts each row once. The first byte chooses how it is read.
#![no_main]

use std::io::Cursor;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use consent::{Clock, Entropy, Timestamp, WorkspaceId};
use intake::import::{DryRun, Format, Import, ImportError, Options, dry_run, preset_names};
use libfuzzer_sys::fuzz_target;
use store::Store;
use store::sqlite::OpenOptions;
use tokio::runtime::{Builder, Runtime};

/// Names of files that say something about the people in them, and one that doesn't.
const FILES: [&str; 4] = ["people.csv", "unsubscribed_members.csv", "Abmeldungen.csv", "cleaned.jsonl"];

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp(1_764_000_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// An empty store, which nothing writes to.
static STORE: LazyLock<Store> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("consentry-fuzz-{}", std::process::id()));
    let options = OpenOptions { dir, clock: Arc::new(Fixed), entropy: Arc::new(Fixed) };
    store::sqlite::open(options).expect("a directory of our own")
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

fuzz_target!(|data: &[u8]| {
    let Some((choice, file)) = data.split_first() else { return };
    let options = Options {
        format: [None, Some(Format::Csv), Some(Format::Jsonl), None][usize::from(choice & 3)],
        from: preset_names().nth(usize::from(choice >> 4)).map(str::to_owned),
        file_name: FILES[usize::from(choice >> 2 & 3)].to_owned(),
        create_lists: true,
        ..Options::default()
    };
    let counts = match read(file, &options) {
        Err(ImportError::Undecided(undecided)) => {
            // As somebody would who takes none of it for a refusal.
            let columns = undecided.questions.iter().filter_map(|question| question.column.clone());
            let ignoring =
                Options { ignore: columns.collect(), ignore_file_name: true, ..options };
            read(file, &ignoring)
        }
        outcome => outcome,
    };
    if let Ok(dry) = counts {
        assert!(dry.report.summary.rejected <= dry.report.summary.read);
    }
});

fn read(file: &[u8], options: &Options) -> Result<DryRun, ImportError> {
    let from = Import { store: &STORE, workspace: WorkspaceId::MAIN, clock: &Fixed };
    RUNTIME.block_on(dry_run(from, Cursor::new(file.to_vec()), options.clone(), Arc::default()))
}
