//! Names into columns: qualifiers, nested fields, stars.

use super::errors::ambiguous;
use crate::common::Result;
use crate::logical::expr::{Attribute, Expr};
use crate::logical::scalar::Scalar;

/// How names are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Casing {
    pub sensitive: bool,
}

impl Casing {
    pub(super) fn same(self, left: &str, right: &str) -> bool {
        left == right || (!self.sensitive && left.to_lowercase() == right.to_lowercase())
    }

    /// Whether a column can be reached under a written qualifier (`t`, `db.t`).
    pub(super) fn qualifies(self, column: &Attribute, written: &[String]) -> bool {
        let own = &column.qualifier;
        own.len() >= written.len() && own[own.len() - written.len()..].iter().zip(written).all(|(a, b)| self.same(a, b))
    }
}

/// Looks a written name up among columns: qualified first, then plain; what is left over are nested fields.
///
/// The column keeps the name as written, so that `select("ID")` is named `ID`.
pub(super) fn lookup(parts: &[String], columns: &[Attribute], casing: Casing) -> Result<Option<Expr>> {
    for qualifiers in (0..parts.len().min(4)).rev() {
        let (qualifier, rest) = parts.split_at(qualifiers);
        let found = distinct(columns.iter().filter(|column| {
            casing.same(&column.name, &rest[0]) && (qualifier.is_empty() || casing.qualifies(column, qualifier))
        }));
        match found.as_slice() {
            [] => {}
            [one] => return Ok(Some(with_fields((*one).clone(), rest))),
            several => return Err(ambiguous(parts, several)),
        }
    }
    Ok(None)
}

fn with_fields(column: Attribute, rest: &[String]) -> Expr {
    let column = Attribute { name: rest[0].clone(), ..column };
    rest[1..].iter().fold(Expr::Attribute(column), |child, field| Expr::Extract {
        child: Box::new(child),
        key: Box::new(Expr::literal(Scalar::String(field.clone()))),
    })
}

fn distinct<'a>(columns: impl Iterator<Item = &'a Attribute>) -> Vec<&'a Attribute> {
    let mut found: Vec<&Attribute> = Vec::new();
    for column in columns {
        if !found.iter().any(|other| other.id == column.id) {
            found.push(column);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::types::DataType;

    fn column(qualifier: &str, name: &str, id: u64) -> Attribute {
        Attribute { qualifier: vec![qualifier.to_owned()], ..Attribute::new(name, ExprId(id), DataType::Integer, true) }
    }

    fn find(written: &str, sensitive: bool) -> Result<Option<Expr>> {
        let columns = [column("t", "id", 1), column("u", "id", 2), column("t", "Name", 3)];
        let parts: Vec<String> = written.split('.').map(str::to_owned).collect();
        lookup(&parts, &columns, Casing { sensitive })
    }

    #[test]
    fn qualifiers_tell_columns_apart() {
        assert!(matches!(find("t.id", false).unwrap(), Some(Expr::Attribute(found)) if found.id == ExprId(1)));
        assert_eq!(find("id", false).unwrap_err().condition(), Some("AMBIGUOUS_REFERENCE"));
        assert!(find("q.id", false).unwrap().is_none());
    }

    #[test]
    fn case_matters_only_when_asked_for() {
        assert!(matches!(find("NAME", false).unwrap(), Some(Expr::Attribute(found)) if found.name == "NAME"));
        assert!(find("NAME", true).unwrap().is_none());
    }
}
