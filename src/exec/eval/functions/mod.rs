//! The kernels of the scalar functions, by name.

mod aes;
mod array_build;
mod arrays;
mod bits;
mod csv_text;
mod dates;
mod encoding;
mod format;
mod json;
mod maps;
mod math;
mod misc;
mod number_format;
mod pick;
mod regexp;
mod rounding;
mod secrets;
mod shapes;
mod similarity;
mod sketches;
mod strings;
mod structs;
mod times;
mod variants;
mod vectors;
mod xml;
mod xml_tree;
mod xpath;

use super::call::Kernel;

pub use json::{iso_timestamp, json_fields};
pub(in crate::exec) use vectors::floats as vector_of;

/// The kernel of a function; nothing for the few that are nodes of their own (`if`, `coalesce`, functions of functions).
pub(super) fn kernel(name: &str) -> Option<Kernel> {
    math::kernel(name)
        .or_else(|| rounding::kernel(name))
        .or_else(|| bits::kernel(name))
        .or_else(|| strings::kernel(name))
        .or_else(|| regexp::kernel(name))
        .or_else(|| encoding::kernel(name))
        .or_else(|| format::kernel(name))
        .or_else(|| number_format::kernel(name))
        .or_else(|| dates::kernel(name))
        .or_else(|| times::kernel(name))
        .or_else(|| arrays::kernel(name))
        .or_else(|| array_build::kernel(name))
        .or_else(|| pick::kernel(name))
        .or_else(|| maps::kernel(name))
        .or_else(|| structs::kernel(name))
        .or_else(|| json::kernel(name))
        .or_else(|| csv_text::kernel(name))
        .or_else(|| similarity::kernel(name))
        .or_else(|| secrets::kernel(name))
        .or_else(|| vectors::kernel(name))
        .or_else(|| xpath::kernel(name))
        .or_else(|| xml::kernel(name))
        .or_else(|| sketches::kernel(name))
        .or_else(|| variants::kernel(name))
        .or_else(|| shapes::kernel(name))
        .or_else(|| misc::kernel(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_has_a_kernel() {
        let nodes = [
            "if",
            "coalesce",
            "nvl",
            "transform",
            "filter",
            "exists",
            "forall",
            "aggregate",
            "zip_with",
            "transform_keys",
            "transform_values",
            "map_filter",
            "map_zip_with",
            // The analyzer puts the catalog's answer in its place.
            "current_database",
        ];
        let missing: Vec<&str> = crate::logical::functions::scalars()
            .map(|function| function.name)
            .filter(|name| !nodes.contains(name) && kernel(name).is_none())
            .collect();
        assert!(missing.is_empty(), "without a kernel: {missing:?}");
    }
}
