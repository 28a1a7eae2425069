//! The condition language of rule files (`where`, `steps`, `raise`): parsed once with nom, evaluated many times.
//!
//! ```text
//! or    = and { "or" and }          cmp  = sum [ ("==" | "!=" | "<=" | "<" | ">=" | ">" | "=~" | "in") sum ]
//! and   = not { "and" not }         sum  = term { ("+" | "-") term }      term = atom { ("*" | "/") atom }
//! not   = [ "not" ] cmp             atom = number | string | list | name [ "(" args ")" ] | "(" or ")"
//! ```
//!
//! Names may contain dots (`send-timeout.count` in `raise`) and, before a dot, dashes.

use super::pattern::Pattern;
use crate::model::{Value, Version};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, multispace0};
use nom::combinator::{cut, map, opt, recognize, verify};
use nom::multi::{many0, separated_list0};
use nom::number::complete::double;
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};
use std::borrow::Cow;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cmp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// An expression.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A number.
    Num(f64),
    /// A text.
    Str(String),
    /// A field or aggregate.
    Name(String),
    /// `["a", 1]`
    List(Vec<Expr>),
    /// `name(args)`
    Call(String, Vec<Expr>),
    /// `a == b` …
    Compare(Cmp, Box<Expr>, Box<Expr>),
    /// `a =~ "regex"`
    Matches(Box<Expr>, Pattern),
    /// `a in [..]`
    In(Box<Expr>, Vec<Expr>),
    /// `+ - * /`
    Arith(char, Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
}

/// A value while evaluating. `None` of a missing field makes every comparison false.
#[derive(Debug, Clone, PartialEq)]
pub enum Val<'a> {
    /// A number (booleans are 0 and 1).
    Num(f64),
    /// A text.
    Str(Cow<'a, str>),
}

impl Val<'_> {
    fn truth(&self) -> bool {
        match self {
            Val::Num(n) => *n != 0.0,
            Val::Str(s) => !s.is_empty(),
        }
    }
    fn num(&self) -> Option<f64> {
        match self {
            Val::Num(n) => Some(*n),
            Val::Str(s) => s.trim().parse().ok(),
        }
    }
}

impl<'a> From<&'a Value> for Val<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Num(n) => Val::Num(*n),
            Value::Str(s) => Val::Str(Cow::Borrowed(s)),
        }
    }
}

/// What names and domain functions mean.
pub trait Env {
    /// The value of a field or aggregate.
    fn name(&self, name: &str) -> Option<Val<'_>>;
    /// A function of a field's *name* (aggregates such as `max(pause_ms)`); `None` when it is not one.
    fn aggregate(&self, function: &str, field: &str) -> Option<f64>;
    /// What a port is for (`vip`, `broker`, `ha`, `namesrv`, `proxy`, `other`).
    fn port_kind(&self, port: u32) -> &'static str;
}

/// Functions of values, with the number of arguments.
const FUNCTIONS: &[(&str, usize)] = &[
    ("has", 1),
    ("contains", 2),
    ("starts_with", 2),
    ("ends_with", 2),
    ("lower", 1),
    ("len", 1),
    ("num", 1),
    ("port_kind", 1),
    ("is_private", 1),
    ("is_docker", 1),
    ("is_loopback", 1),
    ("is_ip", 1),
    ("version_at_least", 2),
];

/// Functions of a field over all events.
pub const AGGREGATES: &[&str] = &[
    "max", "min", "avg", "sum", "p50", "p90", "p99", "first", "last", "distinct",
];

/// Longest condition; parsing and evaluation go as deep as it has operators, and threads have small stacks.
const LONGEST: usize = 2048;
/// Most brackets of one condition.
const MOST_BRACKETS: usize = 64;

impl Expr {
    /// Parses a condition.
    ///
    /// # Errors
    /// Says what could not be read, and where.
    pub fn parse(text: &str) -> Result<Expr, String> {
        if text.len() > LONGEST || text.matches(['(', '[']).count() > MOST_BRACKETS {
            return Err("condition is too long or too deeply nested".into());
        }
        match or_expr(text) {
            Ok((rest, expr)) if rest.trim().is_empty() => {
                expr.check()?;
                Ok(expr)
            }
            Ok((rest, _)) => Err(format!("cannot read `{}` in the condition `{text}`", rest.trim())),
            Err(_) => Err(format!("cannot read the condition `{text}`")),
        }
    }

    fn check(&self) -> Result<(), String> {
        let mut problem = None;
        self.walk(&mut |e| {
            if let Expr::Call(name, args) = e {
                if AGGREGATES.contains(&name.as_str()) {
                    if !matches!(args.as_slice(), [Expr::Name(_)]) {
                        problem = Some(format!("{name}(…) takes the name of one field"));
                    }
                } else {
                    match FUNCTIONS.iter().find(|(n, _)| n == name) {
                        None => problem = Some(format!("unknown function {name}(…)")),
                        Some((_, n)) if *n != args.len() => {
                            problem = Some(format!("{name}(…) takes {n} argument(s)"));
                        }
                        Some(_) => {}
                    }
                }
            }
        });
        problem.map_or(Ok(()), Err)
    }

    /// Compiles the patterns in it, which otherwise wait for their first use.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn check_patterns(&self) -> Result<(), String> {
        let mut problem = None;
        self.walk(&mut |e| {
            if let Expr::Matches(_, pattern) = e
                && let Err(what) = pattern.check()
            {
                problem = Some(format!("cannot read the pattern behind =~: {what}"));
            }
        });
        problem.map_or(Ok(()), Err)
    }

    /// Visits every node.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match self {
            Expr::Num(_) | Expr::Str(_) | Expr::Name(_) => {}
            Expr::List(items) | Expr::Call(_, items) => items.iter().for_each(|e| e.walk(visit)),
            Expr::In(a, items) => {
                a.walk(visit);
                items.iter().for_each(|e| e.walk(visit));
            }
            Expr::Not(a) | Expr::Matches(a, _) => a.walk(visit),
            Expr::Compare(_, a, b) | Expr::Arith(_, a, b) | Expr::And(a, b) | Expr::Or(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
        }
    }

    /// Names of fields used directly (not inside an aggregate).
    pub fn fields(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.walk(&mut |e| {
            if let Expr::Name(name) = e {
                names.push(name.clone());
            }
        });
        names
    }

    /// Aggregates with the field that each looks at.
    pub fn aggregated(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.walk(&mut |e| {
            if let Expr::Call(f, args) = e
                && AGGREGATES.contains(&f.as_str())
                && let [Expr::Name(n)] = args.as_slice()
            {
                found.push((f.clone(), n.clone()));
            }
        });
        found
    }

    /// Whether the condition holds.
    pub fn holds(&self, env: &dyn Env) -> bool {
        self.eval(env).is_some_and(|v| v.truth())
    }

    fn eval<'a>(&'a self, env: &'a dyn Env) -> Option<Val<'a>> {
        let truth = |b: bool| Some(Val::Num(f64::from(u8::from(b))));
        match self {
            Expr::Num(n) => Some(Val::Num(*n)),
            Expr::Str(s) => Some(Val::Str(Cow::Borrowed(s))),
            Expr::Name(n) => env.name(n),
            Expr::List(_) => None,
            Expr::Not(a) => truth(!a.holds(env)),
            Expr::And(a, b) => truth(a.holds(env) && b.holds(env)),
            Expr::Or(a, b) => truth(a.holds(env) || b.holds(env)),
            Expr::Matches(a, pattern) => truth(match (a.eval(env), pattern.regex()) {
                (Some(Val::Str(s)), Some(regex)) => regex.is_match(&s),
                (Some(Val::Num(n)), Some(regex)) => regex.is_match(&n.to_string()),
                _ => false,
            }),
            Expr::In(a, items) => {
                let value = a.eval(env);
                truth(value.is_some_and(|v| items.iter().any(|i| i.eval(env).is_some_and(|x| same(&v, &x)))))
            }
            Expr::Arith(op, a, b) => {
                let (a, b) = (a.eval(env)?.num()?, b.eval(env)?.num()?);
                Some(Val::Num(match op {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ if b == 0.0 => return None,
                    _ => a / b,
                }))
            }
            Expr::Compare(cmp, a, b) => {
                let (a, b) = (a.eval(env), b.eval(env));
                truth(matches!((a, b), (Some(a), Some(b)) if compare(*cmp, &a, &b)))
            }
            Expr::Call(name, args) => call(name, args, env),
        }
    }
}

fn same(a: &Val<'_>, b: &Val<'_>) -> bool {
    match (a, b) {
        (Val::Str(a), Val::Str(b)) => a == b,
        _ => matches!((a.num(), b.num()), (Some(a), Some(b)) if a == b),
    }
}

fn compare(cmp: Cmp, a: &Val<'_>, b: &Val<'_>) -> bool {
    if let (Cmp::Eq | Cmp::Ne, Val::Str(_), Val::Str(_)) = (cmp, a, b) {
        return (a == b) == (cmp == Cmp::Eq);
    }
    let (Some(a), Some(b)) = (a.num(), b.num()) else {
        return cmp == Cmp::Ne;
    };
    match cmp {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

fn call<'a>(name: &str, args: &'a [Expr], env: &'a dyn Env) -> Option<Val<'a>> {
    let truth = |b: bool| Some(Val::Num(f64::from(u8::from(b))));
    if let ([Expr::Name(field)], true) = (args, AGGREGATES.contains(&name)) {
        return env.aggregate(name, field).map(Val::Num);
    }
    let first = args.first().and_then(|a| a.eval(env));
    if name == "has" {
        return truth(first.is_some_and(|v| !matches!(v, Val::Str(s) if s.is_empty())));
    }
    let first = first?;
    let text: Cow<'a, str> = match &first {
        Val::Str(s) => s.clone(),
        Val::Num(n) => Cow::Owned(n.to_string()),
    };
    let second = || match args.get(1).and_then(|a| a.eval(env)) {
        Some(Val::Str(s)) => s.into_owned(),
        Some(Val::Num(n)) => n.to_string(),
        None => String::new(),
    };
    match name {
        "contains" => truth(text.contains(&second())),
        "starts_with" => truth(text.starts_with(&second())),
        "ends_with" => truth(text.ends_with(&second())),
        "lower" => Some(Val::Str(Cow::Owned(text.to_lowercase()))),
        "len" => Some(Val::Num(text.chars().count() as f64)),
        "num" => first.num().map(Val::Num),
        "port_kind" => {
            let port = first.num()?;
            Some(Val::Str(Cow::Borrowed(env.port_kind(port as u32))))
        }
        "is_private" => truth(address::is_private(&text)),
        "is_docker" => truth(address::is_docker(&text)),
        "is_loopback" => truth(address::is_loopback(&text)),
        "is_ip" => truth(text.parse::<std::net::IpAddr>().is_ok()),
        "version_at_least" => truth(Version::parse(&text)? >= Version::parse(&second())?),
        _ => None,
    }
}

mod address {
    //! What kind of network an address belongs to.
    use std::net::Ipv4Addr;

    fn v4(text: &str) -> Option<Ipv4Addr> {
        text.trim_start_matches('/').split([':', '/']).next()?.parse().ok()
    }
    pub(super) fn is_private(text: &str) -> bool {
        v4(text).is_some_and(|ip| ip.is_private() || (ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1])))
    }
    pub(super) fn is_docker(text: &str) -> bool {
        v4(text).is_some_and(|ip| {
            let [a, b, c, _] = ip.octets();
            a == 172 && (17..=31).contains(&b) || (a == 192 && b == 168 && c == 65) || (a == 10 && b == 0 && c == 75)
        })
    }
    pub(super) fn is_loopback(text: &str) -> bool {
        text.starts_with("localhost") || v4(text).is_some_and(|ip| ip.is_loopback())
    }
}

type P<'a, T> = IResult<&'a str, T>;

fn ws<'a, T>(
    inner: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
) -> impl FnMut(&'a str) -> P<'a, T> {
    let mut parser = delimited(multispace0, inner, multispace0);
    move |input| parser.parse(input)
}

fn word<'a>(expected: &'static str) -> impl FnMut(&'a str) -> P<'a, &'a str> {
    ws(verify(
        take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        move |found: &str| found == expected,
    ))
}

fn or_expr(input: &str) -> P<'_, Expr> {
    let (input, first) = and_expr(input)?;
    let (input, rest) = many0(preceded(word("or"), cut(and_expr))).parse(input)?;
    Ok((input, rest.into_iter().fold(first, |a, b| Expr::Or(a.into(), b.into()))))
}

fn and_expr(input: &str) -> P<'_, Expr> {
    let (input, first) = not_expr(input)?;
    let (input, rest) = many0(preceded(word("and"), cut(not_expr))).parse(input)?;
    Ok((
        input,
        rest.into_iter().fold(first, |a, b| Expr::And(a.into(), b.into())),
    ))
}

fn not_expr(input: &str) -> P<'_, Expr> {
    let (input, not) = opt(word("not")).parse(input)?;
    let (input, expr) = cmp_expr(input)?;
    Ok((input, if not.is_some() { Expr::Not(expr.into()) } else { expr }))
}

fn cmp_expr(input: &str) -> P<'_, Expr> {
    let (input, left) = sum_expr(input)?;
    let operator = alt((
        tag("=="),
        tag("!="),
        tag("<="),
        tag(">="),
        tag("=~"),
        tag("<"),
        tag(">"),
    ))
    .or(word("in"));
    let (input, op) = opt(ws(operator)).parse(input)?;
    let Some(op) = op else { return Ok((input, left)) };
    let (rest, right) = cut(sum_expr).parse(input)?;
    let cmp = match op {
        "==" => Cmp::Eq,
        "!=" => Cmp::Ne,
        "<=" => Cmp::Le,
        ">=" => Cmp::Ge,
        "<" => Cmp::Lt,
        ">" => Cmp::Gt,
        "in" => {
            let Expr::List(items) = right else {
                return failure(input);
            };
            return Ok((rest, Expr::In(left.into(), items)));
        }
        _ => {
            let Expr::Str(pattern) = right else {
                return failure(input);
            };
            return Ok((rest, Expr::Matches(left.into(), Pattern::new(&pattern))));
        }
    };
    Ok((rest, Expr::Compare(cmp, left.into(), right.into())))
}

fn failure<T>(input: &str) -> P<'_, T> {
    Err(nom::Err::Failure(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Verify,
    )))
}

fn sum_expr(input: &str) -> P<'_, Expr> {
    let (input, first) = term(input)?;
    let (input, rest) = many0(pair(ws(alt((char('+'), char('-')))), term)).parse(input)?;
    Ok((
        input,
        rest.into_iter()
            .fold(first, |a, (op, b)| Expr::Arith(op, a.into(), b.into())),
    ))
}

fn term(input: &str) -> P<'_, Expr> {
    let (input, first) = atom(input)?;
    let (input, rest) = many0(pair(ws(alt((char('*'), char('/')))), atom)).parse(input)?;
    Ok((
        input,
        rest.into_iter()
            .fold(first, |a, (op, b)| Expr::Arith(op, a.into(), b.into())),
    ))
}

fn atom(input: &str) -> P<'_, Expr> {
    ws(alt((
        map(quoted, |s: &str| Expr::Str(s.to_string())),
        map(number, Expr::Num),
        map(
            delimited(ws(char('[')), separated_list0(ws(char(',')), or_expr), ws(char(']'))),
            Expr::List,
        ),
        delimited(ws(char('(')), or_expr, ws(char(')'))),
        name_or_call,
    )))(input)
}

fn number(input: &str) -> P<'_, f64> {
    match input.chars().next() {
        Some(c) if c.is_ascii_digit() || c == '-' => double(input),
        _ => failure_soft(input),
    }
}

fn failure_soft<T>(input: &str) -> P<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Digit,
    )))
}

fn quoted(input: &str) -> P<'_, &str> {
    alt((
        delimited(char('"'), take_while(|c| c != '"'), char('"')),
        delimited(char('\''), take_while(|c| c != '\''), char('\'')),
    ))
    .parse(input)
}

fn name_or_call(input: &str) -> P<'_, Expr> {
    let (input, name) = recognize(pair(
        take_while1(|c: char| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')),
    ))
    .parse(input)
    .map(|(_, name)| (&input[name.len()..], name))?;
    // `send-timeout.count`: dashes belong to a name only when a dot follows the dashed word.
    let (input, name) = match dashed(input) {
        Some(len) => (&input[len..], format!("{name}{}", &input[..len])),
        None => (input, name.to_string()),
    };
    if matches!(name.as_str(), "and" | "or" | "not" | "in") {
        return failure_soft(input);
    }
    let args = opt(delimited(
        ws(char('(')),
        separated_list0(ws(char(',')), or_expr),
        ws(char(')')),
    ))
    .parse(input)?;
    Ok(match args {
        (rest, Some(args)) => (rest, Expr::Call(name, args)),
        (rest, None) => (rest, Expr::Name(name)),
    })
}

fn dashed(rest: &str) -> Option<usize> {
    if !rest.starts_with('-') {
        return None;
    }
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(rest.len());
    rest[..end].contains('.').then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Env for Fixed {
        fn name(&self, name: &str) -> Option<Val<'_>> {
            match name {
                "port" => Some(Val::Str("10909".into())),
                "pause_ms" => Some(Val::Num(1500.0)),
                "ip" => Some(Val::Str("172.17.0.2".into())),
                "send-timeout.count" => Some(Val::Num(12.0)),
                "v" => Some(Val::Str("4.9.3".into())),
                _ => None,
            }
        }
        fn aggregate(&self, f: &str, field: &str) -> Option<f64> {
            (f == "max" && field == "pause_ms").then_some(3000.0)
        }
        fn port_kind(&self, port: u32) -> &'static str {
            if port == 10909 { "vip" } else { "other" }
        }
    }

    #[test]
    fn conditions_hold_as_written() {
        for (text, want) in [
            ("port == 10909", true),
            ("port_kind(port) == \"vip\" and not is_loopback(ip)", true),
            ("is_docker(ip) and is_private(ip)", true),
            ("pause_ms >= 200 and pause_ms < 1000 or pause_ms == 1500", true),
            ("missing > 1", false),
            ("missing != 1", false),
            ("not has(missing)", true),
            ("max(pause_ms) >= 3000", true),
            ("send-timeout.count >= 10", true),
            ("pause_ms - 500 == 1000", true),
            ("ip in ['a', '172.17.0.2']", true),
            ("ip =~ '^172\\.1[67]'", true),
            ("version_at_least(v, '4.9.2')", true),
            ("version_at_least(v, '5.0.0')", false),
            ("(port == 1 or port == 10909) and pause_ms/2 > 700", true),
        ] {
            let expr = Expr::parse(text).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(expr.holds(&Fixed), want, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for text in [
            "port ==",
            "max(1)",
            "frob(port)",
            "port == 1 and",
            "a =~ '('",
            "1 2",
            "has()",
        ] {
            let read = Expr::parse(text).and_then(|expr| expr.check_patterns());
            assert!(read.is_err_and(|what| !what.is_empty()), "{text}");
        }
    }

    #[test]
    fn deep_and_long_conditions_end() {
        for part in ["(", "[", "not ", "has(", "a in [", "1 + ", "a and ", "-"] {
            for times in [60, 64, 65, 500, 1000, 5000] {
                for end in ["a", "1", "] ) ] )", ""] {
                    if let Ok(expr) = Expr::parse(&format!("{}{end}", part.repeat(times))) {
                        expr.fields();
                        expr.holds(&Fixed);
                    }
                }
            }
        }
        let sum = format!("{}1 > 2", "1 + ".repeat(500));
        assert!(Expr::parse(&sum).unwrap().holds(&Fixed));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = Expr::parse(&text);
        }
    }
}
