//! Decompressors behind one face, guarded against bombs, and what their errors mean in words.

use super::limits::Limits;
use super::sniff::Packing;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An error of ours that says in full what happened; survives the wrappers of the archive crates.
#[derive(Debug, Clone)]
pub(super) struct Stop(pub(super) String);

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stop {}

pub(super) fn stop(what: impl Into<String>) -> io::Error {
    io::Error::other(Stop(what.into()))
}

/// What went into and came out of one outermost file, all layers added.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    taken: Arc<AtomicU64>,
    given: Arc<AtomicU64>,
    max_given: u64,
    max_ratio: u64,
    grace: u64,
}

impl Meter {
    /// `taken` is how far the outermost file was read.
    pub(super) fn new(limits: &Limits, taken: Arc<AtomicU64>) -> Self {
        Self {
            taken,
            given: Arc::default(),
            max_given: limits.max_decoded_bytes,
            max_ratio: limits.max_ratio,
            grace: limits.ratio_grace_bytes,
        }
    }

    fn add(&self, bytes: usize) -> io::Result<()> {
        let given = self.given.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        let taken = self.taken.load(Ordering::Relaxed).max(1);
        if given > self.max_given {
            return Err(stop(format!(
                "unpacks to more than {}, stopped there",
                size(self.max_given)
            )));
        }
        if given > self.grace && given / taken > self.max_ratio {
            return Err(stop(format!(
                "decompression bomb: {} came out of {}, stopped there",
                size(given),
                size(taken)
            )));
        }
        Ok(())
    }

    /// Counts what `inner` gives.
    pub(super) fn guard<R: Read>(&self, inner: R) -> Guarded<R> {
        Guarded {
            inner,
            meter: self.clone(),
        }
    }
}

/// A reader whose output is metered.
#[derive(Debug)]
pub(super) struct Guarded<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf)?;
        self.meter.add(got)?;
        Ok(got)
    }
}

/// Bytes asked of the packed side at once.
const READ_BYTES: usize = 128 << 10;
/// Memory an xz stream may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 80 << 20;

/// The decompressor of a single-stream packing. Streams that follow each other (`cat a.gz b.gz`) are one.
pub(super) enum Decoder<R: Read> {
    Gzip(flate2::bufread::MultiGzDecoder<BufReader<R>>),
    Zstd(zstd::Decoder<'static, BufReader<R>>),
    Bzip2(bzip2::bufread::MultiBzDecoder<BufReader<R>>),
    Xz(liblzma::bufread::XzDecoder<BufReader<R>>),
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(packing: Packing, from: R) -> io::Result<Self> {
        let from = BufReader::with_capacity(READ_BYTES, from);
        Ok(match packing {
            Packing::Gzip => Self::Gzip(flate2::bufread::MultiGzDecoder::new(from)),
            Packing::Zstd => Self::Zstd(zstd::Decoder::with_buffer(from)?),
            Packing::Bzip2 => Self::Bzip2(bzip2::bufread::MultiBzDecoder::new(from)),
            Packing::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
                Self::Xz(liblzma::bufread::XzDecoder::new_stream(from, stream))
            }
            Packing::Zip | Packing::Tar => return Err(stop("an archive is not a single stream")),
        })
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(it) => it.read(buf),
            Self::Zstd(it) => it.read(buf),
            Self::Bzip2(it) => it.read(buf),
            Self::Xz(it) => it.read(buf),
        }
    }
}

/// Counts what is taken of an outermost stream, for a `Meter`.
pub(super) struct Taken<R> {
    pub(super) from: R,
    pub(super) taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Taken<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.from.read(buf)?;
        self.taken.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// One phrase for an error while reading.
pub(super) fn explain(error: &io::Error) -> String {
    one_line(&words_of(error))
}

/// Errors of the archive crates quote what stands in the archive, line ends and control characters included.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let shown = text.chars().map(|c| if c.is_control() { '?' } else { c });
    shown.take(LONGEST).collect()
}

fn words_of(error: &io::Error) -> String {
    if let Some(Stop(what)) = find_stop(error) {
        return what.clone();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::UnexpectedEof => "ends too early (cut off or still being written); read up to there".to_owned(),
        _ => {
            let text = error.to_string();
            // "File name too long (os error 36)"
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

/// One phrase for an error while unpacking.
pub(super) fn explain_packed(packing: &str, error: &io::Error) -> String {
    if find_stop(error).is_some() || error.raw_os_error().is_some() {
        return explain(error);
    }
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return format!("broken {packing}: {}", explain(error));
    }
    format!("broken {packing}: {}; read up to there", one_line(&error.to_string()))
}

fn find_stop(error: &io::Error) -> Option<&Stop> {
    let mut inner: &(dyn std::error::Error + 'static) = error.get_ref()?;
    loop {
        if let Some(found) = inner.downcast_ref::<Stop>() {
            return Some(found);
        }
        // An io::Error hides its own content from `source`.
        inner = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(hidden) => hidden,
            None => inner.source()?,
        };
    }
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        return format!("{bytes} bytes");
    }
    format!("{value:.1} {}", UNITS[unit])
}
