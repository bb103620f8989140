//! Country, region and city of an address, from a database in MaxMind's format (`.mmdb`).
//!
//! Reads the nested records of GeoIP2 and GeoLite2 and the flat ones that others write into the same format, such as
//! `country_code` beside `city`. Works on bytes: where the file is and when it changes is [`crate::geo`]'s. What the
//! database does not say is null.

use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use maxminddb::{Reader, WithinOptions};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// Where an address is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: Option<String>,
    /// The country's subdivision, by its English name where it has one.
    pub region: Option<String>,
    /// The city, by its English name where it has one.
    pub city: Option<String>,
}

/// A database of places, in memory.
#[derive(Debug)]
pub struct Geo {
    reader: Reader<Vec<u8>>,
}

/// Why bytes are no database of places.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// They cannot be read.
    #[error("it is not a MaxMind DB (.mmdb) file, or it is damaged: {0}")]
    Unreadable(#[from] maxminddb::MaxMindDbError),
    /// They can be read and tell no country.
    #[error("it is a database of type \"{0}\", which names no countries")]
    NoCountries(String),
}

/// Words that a database's licence asks to be shown with what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Attribution {
    /// The words.
    pub text: &'static str,
    /// Where they lead.
    pub url: &'static str,
}

/// A part of the type of each free database that asks for attribution, in lower case. The flat databases of
/// ip-location-db are of the type `country ipvAll` or `city ipvAll` whoever's figures they hold; of those,
/// DB-IP's are the ones that this project documents.
const ATTRIBUTIONS: [(&str, Attribution); 5] = [
    ("dbip", DB_IP),
    ("ipvall", DB_IP),
    (
        "geolite2",
        Attribution {
            text: "GeoLite2 data created by MaxMind",
            url: "https://www.maxmind.com",
        },
    ),
    (
        "ip2location",
        Attribution {
            text: "IP2Location LITE data",
            url: "https://lite.ip2location.com",
        },
    ),
    (
        "ipinfo",
        Attribution {
            text: "IP address data powered by IPinfo",
            url: "https://ipinfo.io",
        },
    ),
];

const DB_IP: Attribution = Attribution {
    text: "IP Geolocation by DB-IP",
    url: "https://db-ip.com",
};

/// Records in which a country is looked for before a database is said to have none.
const SAMPLE: usize = 1000;
/// Characters of a name that are kept. The longest names of cities are shorter.
const NAME_CHARS: usize = 100;

/// A record of any of the known shapes.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Word<'a>>,
    country_code: Option<&'a str>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Node<'a>>>,
    #[serde(borrow)]
    region: Option<Word<'a>>,
    state1: Option<&'a str>,
    #[serde(borrow)]
    city: Option<Word<'a>>,
}

/// A text, or a node with names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word<'a> {
    Text(&'a str),
    Node(#[serde(borrow)] Node<'a>),
}

#[derive(Deserialize)]
struct Node<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl<'a> Node<'a> {
    fn name(&self) -> Option<&'a str> {
        self.names.as_ref().and_then(|names| names.en)
    }
}

impl<'a> Word<'a> {
    fn code(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Node(node) => node.iso_code,
        }
    }

    fn name(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Node(node) => node.name(),
        }
    }
}

impl From<Record<'_>> for Place {
    fn from(record: Record<'_>) -> Self {
        let subdivision = record.subdivisions.as_deref().and_then(<[_]>::first);
        Self {
            country: [
                record.country_code,
                record.country.as_ref().and_then(Word::code),
            ]
            .into_iter()
            .flatten()
            .find_map(country),
            region: subdivision
                .and_then(|node| node.name().or(node.iso_code))
                .or(record.state1)
                .or(record.region.as_ref().and_then(Word::name))
                .and_then(name),
            city: record.city.as_ref().and_then(Word::name).and_then(name),
        }
    }
}

/// A country's code. `ZZ` is how some say that they do not know.
fn country(code: &str) -> Option<String> {
    let code = code.trim();
    (code.len() == 2
        && code.bytes().all(|b| b.is_ascii_alphabetic())
        && !code.eq_ignore_ascii_case("zz"))
    .then(|| code.to_ascii_uppercase())
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text != "-" && !text.contains('\0'))
        .then(|| text.chars().take(NAME_CHARS).collect())
}

impl Geo {
    /// Reads a database and looks whether it tells countries.
    ///
    /// # Errors
    /// [`GeoError`] says what the bytes are instead.
    pub fn read(bytes: Vec<u8>) -> Result<Self, GeoError> {
        let geo = Self {
            reader: Reader::from_source(bytes)?,
        };
        let options = WithinOptions::default().skip_empty_values();
        for network in geo.reader.networks(options)?.take(SAMPLE) {
            let record: Option<Record<'_>> = network?.decode().unwrap_or_default();
            if record.is_some_and(|record| Place::from(record).country.is_some()) {
                return Ok(geo);
            }
        }
        Err(GeoError::NoCountries(geo.kind().to_owned()))
    }

    /// Reads every record, which takes a moment. The format's own check is of no use here: it refuses databases without
    /// a description, which answer as well as others.
    ///
    /// # Errors
    /// [`GeoError::Unreadable`] says what is damaged.
    pub fn verify(&self) -> Result<(), GeoError> {
        for network in self.reader.networks(WithinOptions::default())? {
            network?.decode::<IgnoredAny>()?;
        }
        Ok(())
    }

    /// Where an address is; nothing for one that the database does not know or cannot hold.
    pub fn locate(&self, address: IpAddr) -> Place {
        self.reader
            .lookup(address.to_canonical())
            .ok()
            .and_then(|found| found.decode::<Record<'_>>().ok().flatten())
            .map(Place::from)
            .unwrap_or_default()
    }

    /// The database's own word for what it is, such as `GeoLite2-City`.
    pub fn kind(&self) -> &str {
        &self.reader.metadata().database_type
    }

    /// When it was made, in milliseconds since the Unix epoch.
    pub fn built_at(&self) -> Option<i64> {
        let built = self.reader.metadata().build_time().ok()?;
        let since = built.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// What its licence asks to be shown.
    pub fn attribution(&self) -> Option<Attribution> {
        let kind = self.kind().to_ascii_lowercase();
        ATTRIBUTIONS
            .iter()
            .find(|(part, _)| kind.contains(part))
            .map(|(_, attribution)| *attribution)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A database in which every IPv4 address has this record: <https://maxmind.github.io/MaxMind-DB/>.
    fn database(kind: &str, record: &serde_json::Value) -> Vec<u8> {
        // One node, of which both sides point to the start of the data, behind its sixteen bytes of separator.
        let mut bytes = [0, 0, 17, 0, 0, 17].to_vec();
        bytes.extend([0; 16]);
        write(&mut bytes, record);
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        let metadata = json!({
            "binary_format_major_version": 2,
            "binary_format_minor_version": 0,
            "build_epoch": 1_700_000_000,
            "database_type": kind,
            "description": {"en": "a test"},
            "ip_version": 4,
            "languages": ["en"],
            "record_size": 24,
        });
        write(&mut bytes, &metadata);
        // The count of nodes has a kind of its own: a number of four bytes. One more field of the map, then.
        let at = bytes.len() - metadata_fields(&bytes);
        bytes[at] += 1;
        bytes.extend(b"\x4anode_count\xc1\x01");
        bytes
    }

    /// Bytes from the control byte of the metadata to the end.
    fn metadata_fields(bytes: &[u8]) -> usize {
        const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
        let place = bytes.windows(MARK.len()).rposition(|window| window == MARK);
        bytes.len() - place.unwrap() - MARK.len()
    }

    fn write(bytes: &mut Vec<u8>, value: &serde_json::Value) {
        use serde_json::Value;
        let mut control = |kind: u8, size: usize| {
            let (short, long) = match size {
                0..29 => (u8::try_from(size).unwrap(), None),
                _ => (29, Some(u8::try_from(size - 29).unwrap())),
            };
            // Types beyond the seventh stand in a byte of their own.
            let own = kind.checked_sub(7).filter(|own| *own > 0);
            bytes.push(if own.is_some() {
                short
            } else {
                kind << 5 | short
            });
            bytes.extend(own);
            bytes.extend(long);
        };
        match value {
            Value::String(text) => {
                control(2, text.len());
                bytes.extend(text.bytes());
            }
            Value::Number(number) => match number.as_u64() {
                Some(whole) if whole < 1 << 16 => {
                    control(5, 2);
                    bytes.extend(&whole.to_be_bytes()[6..]);
                }
                Some(whole) => {
                    control(9, 8);
                    bytes.extend(whole.to_be_bytes());
                }
                None => {
                    control(3, 8);
                    bytes.extend(number.as_f64().unwrap().to_be_bytes());
                }
            },
            Value::Bool(yes) => control(14, usize::from(*yes)),
            Value::Array(items) => {
                control(11, items.len());
                items.iter().for_each(|item| write(bytes, item));
            }
            Value::Object(fields) => {
                control(7, fields.len());
                for (name, value) in fields {
                    write(bytes, &json!(name));
                    write(bytes, value);
                }
            }
            Value::Null => panic!("the format has no null"),
        }
    }

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn place(record: &serde_json::Value) -> Place {
        // Without the question whether there are countries: some of these say none.
        let reader = Reader::from_source(database("test", record)).unwrap();
        Geo { reader }.locate(ADDRESS)
    }

    fn known(country: &str, region: &str, city: &str) -> Place {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Place {
            country: text(country),
            region: text(region),
            city: text(city),
        }
    }

    #[test]
    fn every_shape_of_record_is_read() {
        for (record, expected) in [
            (
                json!({
                    "continent": {"code": "EU", "names": {"en": "Europe"}},
                    "country": {"iso_code": "GB", "geoname_id": 2635167, "names": {"en": "United Kingdom", "de": "x"}},
                    "registered_country": {"iso_code": "US"},
                    "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}, {"iso_code": "WBK"}],
                    "city": {"geoname_id": 2655045, "names": {"en": "Boxford"}},
                    "location": {"latitude": 51.75, "longitude": -1.25},
                }),
                known("GB", "England", "Boxford"),
            ),
            (
                json!({"country": {"iso_code": "SE"}, "subdivisions": [{"iso_code": "E"}]}),
                known("SE", "E", ""),
            ),
            // Where the network is registered is not where its user is.
            (
                json!({"registered_country": {"iso_code": "US"}}),
                known("", "", ""),
            ),
            (json!({"country_code": "AU"}), known("AU", "", "")),
            (
                json!({"country_code": "de", "state1": "Hesse", "state2": "x", "city": "Frankfurt", "timezone": "x"}),
                known("DE", "Hesse", "Frankfurt"),
            ),
            (
                json!({"country": "Germany", "country_code": "DE", "continent": "Europe"}),
                known("DE", "", ""),
            ),
            (
                json!({"country": "US", "region": "California", "city": "Mountain View"}),
                known("US", "California", "Mountain View"),
            ),
            (
                json!({"country_code": "ZZ", "city": "-"}),
                known("", "", ""),
            ),
            (
                json!({"country_code": "Germany", "city": ""}),
                known("", "", ""),
            ),
            (json!({"autonomous_system_number": 1}), known("", "", "")),
            (json!({}), known("", "", "")),
        ] {
            assert_eq!(place(&record), expected, "{record}");
        }
    }

    #[test]
    fn a_database_says_what_it_is() {
        let record = json!({"country": {"iso_code": "SE"}});
        for (kind, text) in [
            ("GeoLite2-City", Some("GeoLite2 data created by MaxMind")),
            ("GeoIP2-City", None),
            ("DBIP-City-Lite", Some("IP Geolocation by DB-IP")),
            ("country ipvAll", Some("IP Geolocation by DB-IP")),
        ] {
            let geo = Geo::read(database(kind, &record)).unwrap();
            geo.verify().unwrap();
            assert_eq!(
                (geo.kind(), geo.built_at()),
                (kind, Some(1_700_000_000_000))
            );
            assert_eq!(geo.attribution().map(|words| words.text), text, "{kind}");
            assert_eq!(geo.locate(ADDRESS), known("SE", "", ""));
            let mapped = "::ffff:192.0.2.1".parse().unwrap();
            assert_eq!(geo.locate(mapped), known("SE", "", ""));
            // It holds addresses of the other kind alone.
            let other = "2001:db8::1".parse().unwrap();
            assert_eq!(geo.locate(other), Place::default());
        }
    }

    #[test]
    fn a_database_of_something_else_is_refused() {
        let bytes = database("GeoLite2-ASN", &json!({"autonomous_system_number": 1}));
        let error = Geo::read(bytes).unwrap_err().to_string();
        assert!(error.contains("GeoLite2-ASN"), "{error}");
    }

    #[test]
    fn what_is_no_database_is_said_to_be_none() {
        for bytes in [
            Vec::new(),
            b"<html>not found</html>".to_vec(),
            vec![0; 5000],
        ] {
            assert!(matches!(Geo::read(bytes), Err(GeoError::Unreadable(_))));
        }
    }
}
