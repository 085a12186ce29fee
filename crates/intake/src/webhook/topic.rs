//! Topics of Amazon SNS, and the one host that may speak for each.

/// Longest address that is fetched, in bytes.
const URL_LENGTH_MAX: usize = 2_048;
/// Partitions that are reached over the internet, with what their regions begin with and their domain. The isolated ones
/// have networks and domains of their own.
const PARTITIONS: [(&str, &str); 3] =
    [("aws", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn"), ("aws-us-gov", "amazonaws.com")];
/// What stands before the number in a region's name.
const DIRECTIONS: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

/// The host whose certificates sign a topic's messages and that confirms its subscriptions: SNS in the topic's own region.
/// `None` if it is no topic's ARN.
pub(super) fn host(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else { return None };
    let (partition, domain) = PARTITIONS.iter().find(|(known, _)| known == partition)?;
    let owned = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
    (owned && partition_of(region)? == *partition).then(|| format!("sns.{region}.{domain}"))
}

/// The partition of a region; `None` if it can't be one. Names are known by their form (`ap-southeast-2`, `us-gov-west-1`),
/// so that a region that Amazon opens tomorrow works today, and `s3` or `s3-eu-west-1` doesn't.
fn partition_of(region: &str) -> Option<&'static str> {
    let (area, rest) = region.split_once('-')?;
    let (partition, rest) = match (area, rest.strip_prefix("gov-")) {
        ("us", Some(rest)) => ("aws-us-gov", rest),
        (_, Some(_)) => return None,
        ("cn", None) => ("aws-cn", rest),
        _ => ("aws", rest),
    };
    let (direction, number) = rest.split_once('-')?;
    let is_area = area.len() == 2 && area.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.starts_with('0');
    (is_area && is_number && DIRECTIONS.contains(&direction)).then_some(partition)
}

/// What stands behind the host of an https address on a topic's host, without port or user.
fn path<'u>(url: &'u str, arn: &str) -> Option<&'u str> {
    let rest = url.strip_prefix("https://").filter(|_| url.len() <= URL_LENGTH_MAX)?;
    rest.strip_prefix(host(arn)?.as_str()).filter(|path| path.starts_with('/'))
}

/// Whether the certificate that signs a topic's messages may be fetched from there.
pub fn is_certificate_url(url: &str, arn: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    path(url, arn).is_some_and(|path| {
        path.strip_suffix(".pem").is_some_and(|name| name.len() > 1)
            && path.bytes().all(fits)
            && !path.contains("..")
            && !path.contains("//")
    })
}

/// Whether a topic's subscription may be confirmed by a GET of it.
pub fn is_confirmation_url(url: &str, arn: &str) -> bool {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    plain && path(url, arn).is_some_and(|path| path.starts_with("/?Action=ConfirmSubscription&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(region: &str) -> String {
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:sns:{region}:123456789012:bounces")
    }

    #[test]
    fn a_topic_has_one_host() {
        for region in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-7",
            "me-central-1",
            "il-central-1",
            "mx-central-1",
            "us-gov-west-1",
        ] {
            assert_eq!(host(&arn(region)), Some(format!("sns.{region}.amazonaws.com")), "{region}");
        }
        assert_eq!(host(&arn("cn-north-1")).as_deref(), Some("sns.cn-north-1.amazonaws.com.cn"));
        // Not opened yet.
        assert!(host(&arn("no-north-12")).is_some());
        for region in [
            "s3",
            "s3-eu-west-1",
            "s3.eu-west-1",
            "eu-west",
            "eu-west-0",
            "eu-west-1a",
            "eu-west-100",
            "euw-west-1",
            "",
            "eu--1",
            "EU-west-1",
            "eu-west-1.evil",
            "eu-gov-west-1",
            "us-iso-east-1",
            "eu-up-1",
            "eu-west-1\n",
        ] {
            assert_eq!(host(&arn(region)), None, "{region}");
        }
        for other in [
            "arn:aws-cn:sns:eu-west-1:123456789012:t",
            "arn:aws:sns:cn-north-1:123456789012:t",
            "arn:aws:sns:us-gov-west-1:123456789012:t",
            "arn:aws-us-gov:sns:us-west-1:123456789012:t",
            "arn:aws:sqs:eu-west-1:123456789012:t",
            "arn:aws:sns:eu-west-1:12345678901:t",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns:eu-west-1:123456789012:t:subscription",
        ] {
            assert_eq!(host(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_topic_s_own_host_is_asked() {
        let url = |host: &str| format!("https://{host}/SimpleNotificationService-0a.pem");
        let ireland = arn("eu-west-1");
        assert!(is_certificate_url(&url("sns.eu-west-1.amazonaws.com"), &ireland));
        assert!(is_certificate_url(&url("sns.cn-north-1.amazonaws.com.cn"), &arn("cn-north-1")));
        for host in [
            "sns.s3.amazonaws.com",
            "sns.s3-eu-west-1.amazonaws.com",
            "sns.s3.eu-west-1.amazonaws.com",
            "sns.eu-west-2.amazonaws.com",
            "sns.eu-west-1.amazonaws.com.cn",
            "sns.eu-west-1.amazonaws.com:443",
            "sns.eu-west-1.amazonaws.com:8443",
            "sns.eu-west-1.amazonaws.com.",
            "sns.eu-west-1.amazonaws.com.evil.example",
            "sns.eu-west-1.amazonaws.com@evil.example",
            "user@sns.eu-west-1.amazonaws.com",
            "sns.eu-west-1.amazonaws.com#",
            "sns.eu-west-1.amazonaws.com\\@evil.example",
            "SNS.eu-west-1.amazonaws.com",
            "evil.example/sns.eu-west-1.amazonaws.com",
            "xsns.eu-west-1.amazonaws.com",
            "sns.amazonaws.com",
            "sns..amazonaws.com",
        ] {
            assert!(!is_certificate_url(&url(host), &ireland), "{host}");
            let confirm = format!("https://{host}/?Action=ConfirmSubscription&Token=2");
            assert!(!is_confirmation_url(&confirm, &ireland), "{host}");
        }
        let there = |path: &str| format!("https://sns.eu-west-1.amazonaws.com{path}");
        for path in [
            "",
            "/.pem",
            "/a.txt",
            "/a.pem?x=.pem",
            "/../a.pem",
            "//a.pem",
            "/a.pem#.pem",
            "/%2e%2e/a.pem",
            "a.pem",
        ] {
            assert!(!is_certificate_url(&there(path), &ireland), "{path}");
        }
        assert!(!is_certificate_url(&url("sns.eu-west-1.amazonaws.com").replace("https", "http"), &ireland));
        assert!(is_confirmation_url(&there("/?Action=ConfirmSubscription&TopicArn=x&Token=2"), &ireland));
        for path in [
            "/?Action=Unsubscribe&x=Action=ConfirmSubscription&",
            "/x?Action=ConfirmSubscription&Token=2",
            "/?Action=ConfirmSubscription&Token=2 HTTP/1.1\r\nHost: x",
        ] {
            assert!(!is_confirmation_url(&there(path), &ireland), "{path}");
        }
    }
}
