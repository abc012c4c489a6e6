//! Functions of shapes: `st_geomfromwkb` and its kin.

use super::signature::{Out, Want, count, give, unexpected_input, want};
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::Result;
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::spatial;
use crate::logical::types::{DataType, SpatialKind};
use Out::Of;

scalar_functions! {
    pub(super) static TABLE = {
        "st_geogfromwkb" [] = from_wkb;
        "st_geomfromwkb" [] = from_wkb;
        "st_asbinary" [] = as_binary;
        "st_srid" [] = srid;
        "st_setsrid" [] = set_srid;
    }
}

/// Bytes, and for a shape in the plane its reference system.
fn from_wkb(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let kind = if name == "st_geogfromwkb" { SpatialKind::Geography } else { SpatialKind::Geometry };
    count(name, &args, 1, if kind == SpatialKind::Geometry { 2 } else { 1 })?;
    let bytes = want(name, args.remove(0), 0, Want::Bin, context)?;
    if kind == SpatialKind::Geography {
        return Ok(give(vec![bytes], Of(DataType::Spatial(kind, Some(spatial::EARTH)))));
    }
    let srid = match args.pop() {
        Some(srid) => want(name, srid, 1, Want::Int, context)?,
        None => Expr::int(spatial::PLANE),
    };
    let known = constant(&srid);
    Ok(give(vec![bytes, srid], Of(DataType::Spatial(kind, known))))
}

/// The number of a reference system that is the same for all rows; those that Spark does not know are refused when a row comes.
fn constant(srid: &Expr) -> Option<i32> {
    match srid {
        Expr::Literal(Scalar::Integer(srid), _) => Some(*srid),
        _ => None,
    }
}

fn shape(name: &str, arg: Expr) -> Result<Expr> {
    match arg.data_type() {
        DataType::Spatial(..) => Ok(arg),
        DataType::Null => Ok(Expr::Literal(Scalar::Null, DataType::Spatial(SpatialKind::Geometry, None))),
        _ => Err(unexpected_input(name, &arg, 0, "a \"GEOGRAPHY\" or a \"GEOMETRY\"")),
    }
}

/// A shape, and the order of its bytes: `NDR` or `XDR`.
fn as_binary(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 2)?;
    let order = match args.get(1) {
        Some(order) => want(name, order.clone(), 1, Want::Str, context)?,
        None => Expr::literal(Scalar::String("NDR".to_owned())),
    };
    Ok(give(vec![shape(name, args.remove(0))?, order], Of(DataType::Binary)))
}

fn srid(name: &str, mut args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 1)?;
    Ok(give(vec![shape(name, args.remove(0))?], Of(DataType::Integer)))
}

fn set_srid(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let srid = want(name, args.remove(1), 1, Want::Int, context)?;
    let shape = shape(name, args.remove(0))?;
    let kind = match shape.data_type() {
        DataType::Spatial(kind, _) => kind,
        _ => SpatialKind::Geometry,
    };
    let known = constant(&srid);
    Ok(give(vec![shape, srid], Of(DataType::Spatial(kind, known))))
}
