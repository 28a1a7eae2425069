//! The whole engine: bundles of damaged files, read with all rules and written by every report.

use super::random::Random;
use super::{Corpus, hunt, mutate};
use rmqdoc::diagnose::{self, Request, TimePoint};
use rmqdoc::model::Lang;
use rmqdoc::report::{REPORTS, Style};

/// Names that say which log it is.
const NAMES: &[&str] = &[
    "broker.log",
    "store.log",
    "watermark.log",
    "stats.log",
    "remoting.log",
    "namesrv.log",
    "proxy.log",
    "rocketmq_client.log",
    "app.log",
    "rmq_broker_gc.log",
    "broker.conf",
    "x",
    "jstack.txt",
    "messages",
    "controller.log",
];

#[test]
fn engine() {
    let corpus = Corpus::new(&["samples/rules", "samples/lint"]);
    let book = diagnose::rulebook(&[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    hunt(
        "engine",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            let mut paths = Vec::new();
            // The same text under several names: what they say has to be weighed together.
            for host in ["mq-a", "mq-b"] {
                std::fs::create_dir_all(folder.path().join(host)).unwrap();
                let path = folder.path().join(host).join(random.pick(NAMES));
                std::fs::write(&path, bytes).unwrap();
                paths.push(path);
            }
            let mut request = Request {
                paths: paths.clone(),
                threads: 1,
                timeline: true,
                ..Request::default()
            };
            period(&mut request, random);
            request.lang = if random.one_in(2) { Lang::En } else { Lang::Zh };
            let diagnosis = diagnose::run_with(&book, &request, &mut ()).unwrap();
            for report in REPORTS {
                let width = *random.pick(&[0, 1, 20, 80, 200]);
                let style = Style {
                    lang: request.lang,
                    width,
                    verbose: true,
                    timeline: true,
                    ..Style::default()
                };
                (report.write)(&diagnosis, &style, &mut std::io::sink()).unwrap();
            }
            paths
                .iter()
                .for_each(|path| std::fs::remove_file(path).unwrap_or_default());
        },
    );
}

fn period(request: &mut Request, random: &mut Random) {
    let ms = random.next() as i64 >> random.below(64);
    let point = match random.below(8) {
        0 => TimePoint::Utc(ms),
        1 => TimePoint::Wall(ms),
        2 => TimePoint::OfDay(ms),
        3 => TimePoint::BeforeEnd(ms),
        _ => return,
    };
    match random.below(3) {
        0 => request.since = Some(point),
        1 => request.until = Some(point),
        _ => request.at = Some(point),
    }
}
