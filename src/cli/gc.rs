//! `rmqdoc gc [--format text|json] [--lang en|zh] [--ascii] FILE…`: figures and a small chart of GC logs.

use anyhow::{Context, Result, bail};
use rmqdoc::format::gc::report::{Style, report};
use rmqdoc::format::gc::{GcLog, GcReader};
use rmqdoc::model::Lang;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// Runs the command; `args` are those behind `gc`.
pub(crate) fn run(args: &[String]) -> ExitCode {
    match try_run(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rmqdoc: {error:#}");
            ExitCode::from(2)
        }
    }
}

struct Options<'a> {
    json: bool,
    style: Style,
    files: Vec<&'a str>,
}

fn options(args: &[String]) -> Result<Options<'_>> {
    let mut options = Options {
        json: false,
        style: Style::default(),
        files: Vec::new(),
    };
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--format" => match args.next() {
                Some("json") => options.json = true,
                Some("text") => options.json = false,
                _ => bail!("--format needs text or json"),
            },
            "--lang" => match args.next() {
                Some("en") => options.style.lang = Lang::En,
                Some("zh") => options.style.lang = Lang::Zh,
                _ => bail!("--lang needs en or zh"),
            },
            "--ascii" => options.style.ascii = true,
            _ if arg.starts_with("--") => bail!("unknown option {arg}"),
            _ => options.files.push(arg),
        }
    }
    if options.files.is_empty() {
        bail!("gc needs a file");
    }
    Ok(options)
}

fn try_run(args: &[String]) -> Result<ExitCode> {
    let options = options(args)?;
    let mut logs = Vec::new();
    for path in &options.files {
        match read(path) {
            Ok(log) => logs.push(log),
            Err(error) => eprintln!("rmqdoc: {path}: {error:#}"),
        }
    }
    if logs.is_empty() {
        return Ok(ExitCode::from(2));
    }
    let report = report(&logs, options.style);
    let mut out = std::io::stdout().lock();
    let written = if options.json {
        writeln!(out, "{}", report.json)
    } else {
        out.write_all(report.text.as_bytes())
    };
    match written.and_then(|()| out.flush()) {
        // `| head` closed the pipe: that is no failure
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn read(path: &str) -> Result<GcLog> {
    let mut reader = GcReader::new(path);
    with_plain_bytes(path, &mut |piece| reader.feed(piece))?;
    Ok(reader.finish())
}

/// Gives the bytes of a file piece by piece, unpacked when it is gzip or a zip with one log in it.
fn with_plain_bytes(path: &str, take: &mut dyn FnMut(&[u8])) -> Result<()> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let read = file.read(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    match &magic[..read] {
        [0x1F, 0x8B, ..] => pieces(flate2::read::MultiGzDecoder::new(BufReader::new(file)), take),
        b"PK\x03\x04" => {
            let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
            let is_log = |name: &str| !name.ends_with('/') && !name.starts_with("__MACOSX");
            let index = (0..archive.len())
                .find(|index| archive.by_index(*index).is_ok_and(|member| is_log(&member.name().unwrap_or_default())))
                .context("the archive holds no file")?;
            pieces(archive.by_index(index)?, take)
        }
        _ => pieces(file, take),
    }
}

fn pieces(mut from: impl Read, take: &mut dyn FnMut(&[u8])) -> Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(()),
            read => take(&piece[..read]),
        }
    }
}
