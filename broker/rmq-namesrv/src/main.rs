//! `mqnamesrv`: reads its options and its file, serves until it is told to stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use rmq_journal::Journal;
use rmq_namesrv::NameServer;
use rmq_namesrv::config::{Config, Finding};
use tokio::signal::unix::{SignalKind, signal};

/// Where everything goes when no file is given.
const EMBEDDED_FOLDER: &str = "rocketmq-data/namesrv";

/// A name server for RocketMQ's brokers, clients and tools.
#[derive(Debug, Parser)]
#[command(name = "mqnamesrv", version)]
struct Options {
    /// Name server config properties file. Without one: loopback only, everything in ./rocketmq-data/namesrv
    #[arg(short = 'c', long = "configFile", value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// Accepted and ignored, as by the Java name server
    #[arg(short = 'n', long = "namesrvAddr", value_name = "ADDRESSES")]
    namesrv_addr: Option<String>,

    /// Print all config items and exit
    #[arg(short = 'p', long = "printConfigItem")]
    print_config: bool,

    /// Folder of namesrv.log and diagnostics.jsonl. With a config file: ~/logs/rocketmqlogs
    #[arg(long = "logs", value_name = "FOLDER")]
    logs: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mqnamesrv: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let home = std::env::home_dir().unwrap_or_default();
    let (config, findings) = read_config(options, &home)?;
    if options.print_config {
        config.effective().for_each(|(key, value)| println!("{key}={value}"));
        return Ok(());
    }
    findings.iter().for_each(|finding| eprintln!("mqnamesrv: {finding}"));
    let logs = options.logs.clone().unwrap_or_else(|| match options.config_file {
        Some(_) => home.join("logs/rocketmqlogs"),
        None => Path::new(EMBEDDED_FOLDER).join("logs"),
    });
    let node = format!("namesrv@{}", host_name());
    let journal = Journal::open(&logs, "namesrv.log", &node, env!("CARGO_PKG_VERSION"))
        .with_context(|| format!("cannot write logs in {}", logs.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, &findings, journal))
}

async fn serve(config: Config, findings: &[Finding], journal: Journal) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = NameServer::start(config, findings, journal)?;
    println!("{}", server.boot_line());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.stop().await;
    Ok(())
}

fn read_config(options: &Options, home: &Path) -> anyhow::Result<(Config, Vec<Finding>)> {
    let Some(file) = &options.config_file else {
        return Ok((Config::embedded_defaults(home, Path::new(EMBEDDED_FOLDER)), Vec::new()));
    };
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut config = Config::java_defaults(home);
    let findings = config.load(&String::from_utf8_lossy(&text), file);
    println!("load config properties file OK, {}", file.display());
    Ok((config, findings))
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() {
        "localhost".to_owned()
    } else {
        name.trim().to_owned()
    }
}
