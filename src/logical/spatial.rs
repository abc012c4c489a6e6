//! Shapes on the earth and in the plane: well-known binary (WKB), as `st_geomfromwkb` and its kin read and write it.
//!
//! A value in memory is the number of its reference system in four bytes, then its shape in WKB, both little-endian.

use super::types::SpatialKind;
use crate::common::{ErrorClass, Result, SparkError};

/// The reference system of a shape on the earth, and of one in the plane that was given none.
pub const EARTH: i32 = 4326;
pub const PLANE: i32 = 0;

/// Whether Spark knows a reference system for shapes of a kind.
#[must_use]
pub fn is_known(kind: SpatialKind, srid: i32) -> bool {
    match kind {
        SpatialKind::Geography => srid == EARTH,
        SpatialKind::Geometry => matches!(srid, PLANE | 3857 | EARTH),
    }
}

/// `ST_INVALID_SRID_VALUE`.
#[must_use]
pub fn unknown_srid(srid: i64) -> SparkError {
    SparkError::new(
        ErrorClass::IllegalArgumentException,
        format!("there is no reference system with the number {srid}"),
    )
    .with_condition("ST_INVALID_SRID_VALUE")
    .with_help("shapes on the earth have 4326; shapes in the plane 0, 3857 or 4326")
}

/// A type as JSON writes it: `geometry(EPSG:3857)`, `geography(OGC:CRS84, SPHERICAL)`.
#[must_use]
pub fn json_name(kind: SpatialKind, srid: Option<i32>) -> String {
    let system = match srid {
        None => "SRID:ANY".to_owned(),
        Some(EARTH) => "OGC:CRS84".to_owned(),
        Some(3857) => "EPSG:3857".to_owned(),
        Some(other) => format!("SRID:{other}"),
    };
    match kind {
        SpatialKind::Geography => format!("geography({system}, SPHERICAL)"),
        SpatialKind::Geometry => format!("geometry({system})"),
    }
}

/// A value of its reference system and its shape.
#[must_use]
pub fn packed(srid: i32, shape: &[u8]) -> Vec<u8> {
    let mut bytes = srid.to_le_bytes().to_vec();
    bytes.extend_from_slice(shape);
    bytes
}

/// The reference system and the shape of a value.
#[must_use]
pub fn parts(bytes: &[u8]) -> (i32, &[u8]) {
    match bytes.split_first_chunk::<4>() {
        Some((srid, shape)) => (i32::from_le_bytes(*srid), shape),
        None => (PLANE, &[]),
    }
}

/// A shape checked, and written again with its numbers in one byte order.
///
/// # Errors
/// `WKB_PARSE_ERROR`, with the place of the first byte that makes no sense.
pub fn rewritten(wkb: &[u8], kind: SpatialKind, little: bool) -> Result<Vec<u8>> {
    let mut copy = Copy { wkb, at: 0, is_little: true, kind, out: Vec::with_capacity(wkb.len()), to_little: little };
    copy.shape(None)?;
    if copy.at < wkb.len() {
        return Err(copy.error("bytes are left", copy.at));
    }
    Ok(copy.out)
}

/// The kinds of shapes, as WKB numbers them.
const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const POINTS: u32 = 4;
const LINES: u32 = 5;
const POLYGONS: u32 = 6;
const COLLECTION: u32 = 7;

/// Reads shapes and writes them in another byte order.
struct Copy<'a> {
    wkb: &'a [u8],
    at: usize,
    is_little: bool,
    kind: SpatialKind,
    out: Vec<u8>,
    to_little: bool,
}

impl Copy<'_> {
    fn error(&self, what: &str, at: usize) -> SparkError {
        SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("these bytes are no shape in well-known binary: {what} at position {at}"),
        )
        .with_condition("WKB_PARSE_ERROR")
        .with_help("a shape is a byte for its byte order, four for its kind, then its numbers")
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.wkb.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.error("the bytes end", self.at)),
        }
    }

    fn count(&mut self) -> Result<u32> {
        let bytes = self.take::<4>()?;
        let number = if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        self.out.extend(if self.to_little { number.to_le_bytes() } else { number.to_be_bytes() });
        Ok(number)
    }

    fn number(&mut self) -> Result<f64> {
        let bytes = self.take::<8>()?;
        let number = if self.is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) };
        self.out.extend(if self.to_little { number.to_le_bytes() } else { number.to_be_bytes() });
        Ok(number)
    }

    /// One shape; inside a shape of several only those of one kind.
    fn shape(&mut self, wanted: Option<u32>) -> Result<()> {
        let start = self.at;
        let [order] = self.take::<1>()?;
        if order > 1 {
            return Err(self.error("a byte order other than 0 and 1 stands", start));
        }
        self.is_little = order == 1;
        self.out.push(u8::from(self.to_little));
        let code = self.count()?;
        let (kind, dimensions) = match (code % 1000, code / 1000) {
            (kind, 0) => (kind, 2),
            (kind, 1 | 2) => (kind, 3),
            (kind, 3) => (kind, 4),
            _ => return Err(self.error("an unknown kind of shape stands", start + 1)),
        };
        if wanted.is_some_and(|wanted| wanted != kind) {
            return Err(self.error("a shape of another kind stands", start + 1));
        }
        match kind {
            POINT => self.point(dimensions, true),
            LINE => self.points(dimensions),
            POLYGON => {
                for _ in 0..self.count()? {
                    self.points(dimensions)?;
                }
                Ok(())
            }
            POINTS | LINES | POLYGONS | COLLECTION => {
                let inner = if kind == COLLECTION { None } else { Some(kind - POINTS + POINT) };
                for _ in 0..self.count()? {
                    self.shape(inner)?;
                }
                Ok(())
            }
            _ => Err(self.error("an unknown kind of shape stands", start + 1)),
        }
    }

    fn points(&mut self, dimensions: usize) -> Result<()> {
        for _ in 0..self.count()? {
            self.point(dimensions, false)?;
        }
        Ok(())
    }

    /// A place; a point alone may be nowhere (all its numbers are NaN).
    fn point(&mut self, dimensions: usize, may_be_empty: bool) -> Result<()> {
        let start = self.at;
        let mut numbers = Vec::with_capacity(dimensions);
        for _ in 0..dimensions {
            numbers.push(self.number()?);
        }
        if may_be_empty && numbers.iter().all(|number| number.is_nan()) {
            return Ok(());
        }
        let most = |at: usize| if at == 0 { 180.0 } else { 90.0 };
        let is_off = |(at, number): (usize, &f64)| match self.kind {
            SpatialKind::Geography if at < 2 => number.is_nan() || number.abs() > most(at),
            _ => !number.is_finite(),
        };
        if numbers.iter().enumerate().any(is_off) {
            return Err(self.error("a coordinate out of range stands", start));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, y: f64) -> Vec<u8> {
        let mut bytes = vec![1, 1, 0, 0, 0];
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
        bytes
    }

    #[test]
    fn a_shape_keeps_its_numbers_in_the_other_byte_order() {
        let shape = point(1.0, 2.0);
        let big = rewritten(&shape, SpatialKind::Geometry, false).unwrap();
        assert_eq!(big[..6], [0, 0, 0, 0, 1, 0x3f]);
        assert_eq!(rewritten(&big, SpatialKind::Geometry, true).unwrap(), shape);
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        let refused = |bytes: &[u8], kind| rewritten(bytes, kind, true).unwrap_err().condition().map(str::to_owned);
        assert_eq!(refused(b"123", SpatialKind::Geometry).as_deref(), Some("WKB_PARSE_ERROR"));
        assert_eq!(refused(&point(200.0, 7.0), SpatialKind::Geography).as_deref(), Some("WKB_PARSE_ERROR"));
        assert!(rewritten(&point(200.0, 7.0), SpatialKind::Geometry, true).is_ok());
    }

    #[test]
    fn a_value_holds_its_reference_system() {
        assert_eq!(parts(&packed(4326, &[7, 8])), (4326, &[7_u8, 8][..]));
    }
}
