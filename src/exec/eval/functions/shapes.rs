//! Functions of shapes.

use super::super::call::{Call, Kernel};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::scalar::Scalar;
use crate::logical::spatial;
use crate::logical::types::{DataType, SpatialKind};
use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "st_geogfromwkb" | "st_geomfromwkb" => from_wkb,
        "st_asbinary" => as_binary,
        "st_srid" => |call| {
            let shapes = call.bytes(0)?;
            call.to_scalars(|row| {
                Ok(shapes.get(row).map_or(Scalar::Null, |bytes| Scalar::Integer(spatial::parts(bytes).0)))
            })
        },
        "st_setsrid" => set_srid,
        _ => return None,
    })
}

fn kind_of(data_type: &DataType) -> SpatialKind {
    match data_type {
        DataType::Spatial(kind, _) => *kind,
        _ => SpatialKind::Geometry,
    }
}

fn checked(kind: SpatialKind, srid: i32) -> Result<i32> {
    if spatial::is_known(kind, srid) { Ok(srid) } else { Err(spatial::unknown_srid(i64::from(srid))) }
}

fn from_wkb(call: &Call<'_>) -> Result<ArrayRef> {
    let kind = kind_of(call.out);
    let bytes = call.bytes(0)?;
    let own = if call.args.len() > 1 { Some(call.numbers::<Int32Type>(1)?) } else { None };
    call.to_scalars(|row| {
        let srid = match &own {
            None => Some(spatial::EARTH),
            Some(own) => own.get(row),
        };
        let (Some(bytes), Some(srid)) = (bytes.get(row), srid) else { return Ok(Scalar::Null) };
        let srid = checked(kind, srid)?;
        Ok(Scalar::Spatial(kind, spatial::packed(srid, &spatial::rewritten(bytes, kind, true)?)))
    })
}

fn set_srid(call: &Call<'_>) -> Result<ArrayRef> {
    let kind = kind_of(call.out);
    let (shapes, own) = (call.bytes(0)?, call.numbers::<Int32Type>(1)?);
    call.to_scalars(|row| {
        let (Some(bytes), Some(srid)) = (shapes.get(row), own.get(row)) else { return Ok(Scalar::Null) };
        Ok(Scalar::Spatial(kind, spatial::packed(checked(kind, srid)?, spatial::parts(bytes).1)))
    })
}

fn as_binary(call: &Call<'_>) -> Result<ArrayRef> {
    let kind = kind_of(&call.types[0]);
    let (shapes, orders) = (call.bytes(0)?, call.texts(1)?);
    call.to_scalars(|row| {
        let (Some(bytes), Some(order)) = (shapes.get(row), orders.get(row)) else { return Ok(Scalar::Null) };
        let is_little = match order.to_uppercase().as_str() {
            "NDR" => true,
            "XDR" => false,
            _ => {
                return Err(SparkError::new(
                    ErrorClass::IllegalArgumentException,
                    format!("'{order}' is no order of bytes: it is NDR (the lowest first) or XDR (the highest first)"),
                )
                .with_condition("ST_INVALID_ENDIANNESS_VALUE"));
            }
        };
        Ok(Scalar::Binary(spatial::rewritten(spatial::parts(bytes).1, kind, is_little)?))
    })
}
