//! What a configuration key may be set to, where that takes more than its text.

use super::functions::calendar::Zone;
use crate::common::{Result, conf_rules};

/// Where Spark's documentation lies, as its errors name it.
pub const DOCUMENTATION: &str = "https://spark.apache.org/docs/latest";

/// Whether a key may take a value.
///
/// # Errors
/// See [`conf_rules::check`]; a time zone that there is not.
pub fn check(key: &str, value: &str) -> Result<()> {
    if key == "spark.sql.session.timeZone" && Zone::find(value).is_none() {
        return Err(conf_rules::invalid("TIME_ZONE", key, value, "Cannot resolve the given timezone."));
    }
    conf_rules::check(key, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_must_be_one() {
        assert!(check("spark.sql.session.timeZone", "Europe/Paris").is_ok());
        assert!(check("spark.sql.session.timeZone", "+02:00").is_ok());
        let refused = check("spark.sql.session.timeZone", "Mars").unwrap_err();
        assert_eq!(refused.condition(), Some("INVALID_CONF_VALUE.TIME_ZONE"));
    }
}
