//! Both sides of connections over loopback, without sleeping: what ends a connection is awaited.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmq_net::{CloseReason, Connection, Incoming, Limits, RequestError, Server, Service, connect};
use rmq_protocol::{Frame, FrameError, HeaderKind, RequestCode, ResponseCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// Answers with the request's own body; holds code 11 back; asks the client back on code 40.
struct Echo {
    ended: UnboundedSender<CloseReason>,
    held: Mutex<Vec<Incoming>>,
    told: UnboundedSender<rmq_net::Written>,
}

impl Service for Echo {
    fn request(&self, connection: &Arc<Connection>, incoming: Incoming) {
        match incoming.frame.code {
            11 => self.held.lock().unwrap().push(incoming),
            40 => {
                let connection = Arc::clone(connection);
                tokio::spawn(async move {
                    let asked = Frame::bare_request(RequestCode(220)).with_body(&b"from the server"[..]);
                    let answer = connection.request(asked, PATIENCE).await.unwrap();
                    incoming
                        .reply
                        .send(incoming.frame.answer(ResponseCode::SUCCESS).with_body(answer.body));
                });
            }
            _ => {
                let answer = incoming
                    .frame
                    .answer(ResponseCode::SUCCESS)
                    .with_body(incoming.frame.body.clone());
                let told = self.told.clone();
                incoming.reply.send_told(answer, move |written| {
                    let _ = told.send(written);
                });
            }
        }
    }

    fn closed(&self, _: &Arc<Connection>, reason: &CloseReason) {
        let _ = self.ended.send(reason.clone());
    }
}

struct Running {
    server: Server,
    ended: UnboundedReceiver<CloseReason>,
    told: UnboundedReceiver<rmq_net::Written>,
    echo: Arc<Echo>,
}

fn start(limits: Limits) -> Running {
    let (ended_to, ended) = unbounded_channel();
    let (told_to, told) = unbounded_channel();
    let echo = Arc::new(Echo {
        ended: ended_to,
        held: Mutex::default(),
        told: told_to,
    });
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), limits, Arc::clone(&echo) as _).unwrap();
    Running {
        server,
        ended,
        told,
        echo,
    }
}

impl Running {
    async fn client(&self) -> Arc<Connection> {
        connect(
            &self.server.local().to_string(),
            Arc::default(),
            Arc::clone(&self.echo) as _,
        )
        .await
        .unwrap()
    }

    async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.server.local()).await.unwrap()
    }

    async fn end(&mut self) -> CloseReason {
        tokio::time::timeout(PATIENCE, self.ended.recv())
            .await
            .unwrap()
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_in_flight_in_both_encodings() {
    let mut running = start(Limits::default());
    let client = running.client().await;
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..500usize {
        let client = Arc::clone(&client);
        asked.spawn(async move {
            // Every tenth body is large, so that both ways of writing are used.
            let body = vec![number as u8; if number % 10 == 0 { 100_000 } else { number }];
            let mut frame = Frame::bare_request(RequestCode(310)).with_body(body.clone());
            frame.kind = if number % 2 == 0 {
                HeaderKind::Json
            } else {
                HeaderKind::Binary
            };
            let answer = client.request(frame.clone(), PATIENCE).await.unwrap();
            assert_eq!(answer.body, body);
            assert_eq!(answer.kind, frame.kind);
        });
    }
    asked.join_all().await;
    assert_eq!(client.in_flight(), 0);
    let written = running.told.recv().await.unwrap();
    assert!(written.queued <= written.started && written.started <= written.finished);
}

#[tokio::test]
async fn the_server_asks_the_client() {
    let running = start(Limits::default());
    let client = running.client().await;
    let answer = client
        .request(Frame::bare_request(RequestCode(40)), PATIENCE)
        .await
        .unwrap();
    assert_eq!(&answer.body[..], b"from the server");
}

#[tokio::test]
async fn one_way_requests_are_not_answered_and_time_outs_leave_nothing() {
    let running = start(Limits::default());
    let client = running.client().await;
    client.send_one_way(Frame::bare_request(RequestCode(310))).unwrap();
    let held = client
        .request(Frame::bare_request(RequestCode(11)), Duration::from_millis(1))
        .await;
    assert!(matches!(held, Err(RequestError::TimedOut { .. })));
    assert_eq!(client.in_flight(), 0);
    // The late answer is ignored, the connection goes on.
    let answer = client
        .request(Frame::bare_request(RequestCode(310)), PATIENCE)
        .await
        .unwrap();
    for late in running.echo.held.lock().unwrap().drain(..) {
        let frame = late.frame.answer(ResponseCode::SUCCESS);
        late.reply.send(frame);
    }
    assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
    client
        .request(Frame::bare_request(RequestCode(310)), PATIENCE)
        .await
        .unwrap();
}

#[tokio::test]
async fn those_who_wait_learn_of_the_end() {
    let running = start(Limits::default());
    let client = running.client().await;
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.request(Frame::bare_request(RequestCode(11)), PATIENCE).await }
    });
    while running.echo.held.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    running.server.stop(PATIENCE).await;
    assert!(matches!(asking.await.unwrap(), Err(RequestError::Closed { .. })));
}

#[tokio::test]
async fn hostile_bytes_end_with_a_reason() {
    let mut running = start(Limits {
        frame_time_max: Duration::from_millis(50),
        ..Limits::default()
    });
    let too_long = FrameError::TooLong {
        length: 1 << 30,
        limit: 16 << 20,
    };
    let cases: [(&[u8], CloseReason); 6] = [
        (&[0x40, 0, 0, 0], CloseReason::BadFrame(too_long)),
        (&[0x16, 3, 1, 2, 0], CloseReason::Tls),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", CloseReason::ProxyProtocol),
        (
            &[0, 0, 0, 5, 9, 0, 0, 1, 1],
            CloseReason::BadFrame(FrameError::HeaderKind(9)),
        ),
        (
            &[0, 0, 0, 4, 0, 1, 0, 0],
            CloseReason::BadFrame(FrameError::HeaderLength {
                header: 65_536,
                frame: 4,
            }),
        ),
        // A frame that never ends.
        (&[0, 0, 1, 0, 0], CloseReason::FrameTooSlow(Duration::from_millis(50))),
    ];
    for (bytes, reason) in cases {
        let mut stream = running.raw().await;
        stream.write_all(bytes).await.unwrap();
        assert_eq!(running.end().await, reason);
        let gone = stream.read(&mut [0; 8]).await;
        assert!(matches!(gone, Ok(0)) || gone.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset));
    }
    let mut stream = running.raw().await;
    stream.write_all(&[0, 0, 1, 0, 0]).await.unwrap();
    drop(stream);
    assert_eq!(
        running.end().await,
        CloseReason::PeerClosedInFrame { missing_bytes: 255 }
    );
}

#[tokio::test]
async fn idle_and_unread_connections_are_closed() {
    let idle = Duration::from_millis(30);
    let mut running = start(Limits {
        idle_time_max: idle,
        ..Limits::default()
    });
    let _stream = running.raw().await;
    assert_eq!(running.end().await, CloseReason::Idle(idle));

    // A peer that asks and never reads: what waits for it stays bounded and it is let go.
    let stalled = Limits {
        write_stall_max: Duration::from_millis(50),
        outbox_bytes_high: 1 << 20,
        ..Limits::default()
    };
    let mut running = start(stalled);
    let mut stream = running.raw().await;
    let request = Frame::bare_request(RequestCode(310))
        .with_body(vec![7; 1 << 20])
        .encode();
    let writing = tokio::spawn(async move { while stream.write_all(&request).await.is_ok() {} });
    let CloseReason::PeerDoesNotRead { waiting_bytes } = running.end().await else {
        panic!("another reason")
    };
    assert!(waiting_bytes < 4 << 20, "{waiting_bytes}");
    writing.await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused() {
    let mut running = start(Limits {
        connection_count_max: 1,
        ..Limits::default()
    });
    let first = running.client().await;
    first
        .request(Frame::bare_request(RequestCode(310)), PATIENCE)
        .await
        .unwrap();
    let mut second = running.raw().await;
    assert_eq!(running.end().await, CloseReason::TooMany(1));
    assert!(matches!(second.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    first
        .request(Frame::bare_request(RequestCode(310)), PATIENCE)
        .await
        .unwrap();
}

#[tokio::test]
async fn unfinished_frames_of_all_connections_share_their_memory() {
    let limit = 400 << 10;
    let mut running = start(Limits {
        arriving_bytes_max: limit,
        ..Limits::default()
    });
    // Each begins a frame of 1 MiB and sends a part of it. Which of them is let go is left to the scheduler.
    let mut begun = vec![0, 0x10, 0, 0, 0, 0, 0, 0];
    begun.resize(300 << 10, b' ');
    let (mut one, mut two) = (running.raw().await, running.raw().await);
    let _ = one.write_all(&begun).await;
    let _ = two.write_all(&begun).await;
    assert_eq!(running.end().await, CloseReason::TooMuchArriving(limit));
    // Its part is free again: a whole frame of another connection fits.
    let client = running.client().await;
    let frame = Frame::bare_request(RequestCode(310)).with_body(vec![7; 64 << 10]);
    client.request(frame, PATIENCE).await.unwrap();
}
