//! Changes to variants: a value put in, replaced, appended or taken out at a path.

use super::{Step, Variant};

/// What happens at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new field, or an item before the one that has the place.
    Insert(Variant),
    /// A new value; a field or item that is missing is made only if the flag says so.
    Set(Variant, bool),
    /// An item at the end of the array that is there.
    Append(Variant),
    /// The field or item goes.
    Delete,
}

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// The value after so many steps is of another kind than the path wants.
    Mismatch(usize),
    /// The field is there already.
    DuplicateKey(String),
}

/// Makes one change. A deletion of what is not there changes nothing, and so does an append to it.
///
/// # Errors
/// See [`EditError`]; deletions give none.
pub fn edit(value: &mut Variant, path: &[Step], edit: &Edit) -> Result<(), EditError> {
    change(value, path, 0, edit)
}

fn change(value: &mut Variant, path: &[Step], depth: usize, edit: &Edit) -> Result<(), EditError> {
    let Some(step) = path.get(depth) else {
        return at_end(value, depth, edit);
    };
    let is_last = depth + 1 == path.len();
    let makes = matches!(edit, Edit::Insert(_) | Edit::Set(_, true));
    match (value, step) {
        (Variant::Object(fields), Step::Key(key)) => {
            match (fields.iter().position(|(name, _)| name == key), edit) {
                (Some(at), Edit::Delete) if is_last => {
                    fields.remove(at);
                }
                (Some(_), Edit::Insert(_)) if is_last => return Err(EditError::DuplicateKey(key.clone())),
                (Some(at), _) => change(&mut fields[at].1, path, depth + 1, edit)?,
                (None, Edit::Insert(new) | Edit::Set(new, true)) => {
                    fields.push((key.clone(), wrapped(new, &path[depth + 1..])));
                }
                (None, _) => {}
            }
            Ok(())
        }
        (Variant::Array(items), Step::Index(index)) => {
            match (*index < items.len(), edit) {
                (true, Edit::Delete) if is_last => {
                    items.remove(*index);
                }
                (true, Edit::Insert(new)) if is_last => items.insert(*index, new.clone()),
                (true, _) => change(&mut items[*index], path, depth + 1, edit)?,
                (false, Edit::Insert(new) | Edit::Set(new, true)) if makes => {
                    items.resize(*index, Variant::Null);
                    items.push(wrapped(new, &path[depth + 1..]));
                }
                (false, _) => {}
            }
            Ok(())
        }
        _ if *edit == Edit::Delete => Ok(()),
        _ => Err(EditError::Mismatch(depth)),
    }
}

fn at_end(value: &mut Variant, depth: usize, edit: &Edit) -> Result<(), EditError> {
    match (value, edit) {
        (value, Edit::Set(new, _)) => *value = new.clone(),
        (Variant::Array(items), Edit::Append(new)) => items.push(new.clone()),
        (_, Edit::Append(_)) => return Err(EditError::Mismatch(depth)),
        (_, Edit::Insert(_) | Edit::Delete) => {}
    }
    Ok(())
}

/// The value inside the objects and arrays that the rest of a path names.
fn wrapped(value: &Variant, path: &[Step]) -> Variant {
    path.iter().rev().fold(value.clone(), |inner, step| match step {
        Step::Key(key) => Variant::Object(vec![(key.clone(), inner)]),
        Step::Index(index) => {
            let mut items = vec![Variant::Null; *index];
            items.push(inner);
            Variant::Array(items)
        }
    })
}

/// The value without fields that are null and, if wanted, without items that are.
#[must_use]
pub fn without_nulls(value: &Variant, in_arrays: bool) -> Variant {
    match value {
        Variant::Object(fields) => Variant::Object(
            fields
                .iter()
                .filter(|(_, value)| *value != Variant::Null)
                .map(|(name, value)| (name.clone(), without_nulls(value, in_arrays)))
                .collect(),
        ),
        Variant::Array(items) => Variant::Array(
            items
                .iter()
                .filter(|item| !in_arrays || **item != Variant::Null)
                .map(|item| without_nulls(item, in_arrays))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Zoned, parse_json, parse_path};
    use super::*;
    use crate::logical::functions::calendar::Zone;

    fn check(json: &str, path: &str, how: &Edit, expected: &str) {
        let mut value = parse_json(json).expect("JSON");
        let shown = match edit(&mut value, &parse_path(path).expect("a path"), how) {
            Ok(()) => Zoned { zone: Zone::UTC }.json(&value),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(shown, expected, "{json} {path}");
    }

    #[test]
    fn values_are_put_where_the_path_leads() {
        let new = || Variant::Whole(9);
        check(r#"{"a":1}"#, "$.b.c", &Edit::Insert(new()), r#"{"a":1,"b":{"c":9}}"#);
        check("[1,2]", "$[1]", &Edit::Insert(new()), "[1,9,2]");
        check("[1]", "$[3]", &Edit::Insert(new()), "[1,null,null,9]");
        check("{}", "$.x[1].y", &Edit::Insert(new()), r#"{"x":[null,{"y":9}]}"#);
        check(r#"{"a":1}"#, "$.a", &Edit::Insert(new()), r#"DuplicateKey("a")"#);
        check(r#"{"a":1}"#, "$.a.b", &Edit::Insert(new()), "Mismatch(1)");
        check(r#"{"a":[1,2]}"#, "$.a[0]", &Edit::Set(new(), true), r#"{"a":[9,2]}"#);
        check(r#"{"a":1}"#, "$.b", &Edit::Set(new(), false), r#"{"a":1}"#);
    }

    #[test]
    fn arrays_grow_and_parts_go() {
        let append = Edit::Append(Variant::Whole(9));
        check("[[1],5]", "$[0]", &append, "[[1,9],5]");
        check("[[1],5]", "$[7]", &append, "[[1],5]");
        check("[[1],5]", "$[1]", &append, "Mismatch(1)");
        check(r#"{"a":[1,2],"b":0}"#, "$.a[0]", &Edit::Delete, r#"{"a":[2],"b":0}"#);
        check(r#"{"a":1}"#, "$[0]", &Edit::Delete, r#"{"a":1}"#);
        let nulls = parse_json(r#"{"a":null,"b":[1,null]}"#).expect("JSON");
        assert_eq!(without_nulls(&nulls, true), parse_json(r#"{"b":[1]}"#).expect("JSON"));
    }
}
