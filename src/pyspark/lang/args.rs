//! The arguments of a call, and how native functions take them apart.

use super::Interpreter;
use super::dict::Dict;
use super::raised::{PyResult, type_error};
use super::value::Value;
use std::rc::Rc;

/// Positional and keyword arguments as the call gave them.
#[derive(Default, Clone)]
pub struct Args {
    pub positional: Vec<Value>,
    pub keyword: Vec<(Rc<str>, Value)>,
}

impl Args {
    /// No arguments.
    pub fn none() -> Args {
        Args::default()
    }

    /// Positional arguments only.
    pub fn of(positional: Vec<Value>) -> Args {
        Args { positional, keyword: Vec::new() }
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.positional.len() + self.keyword.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Binds the arguments to parameters: names in order, the first `required` of which must be given. Absent ones are `None`.
    ///
    /// A name that starts with `*` may only be given by keyword.
    ///
    /// # Errors
    /// Python's `TypeError` texts for too many, missing and unknown arguments.
    pub fn bind<const N: usize>(
        self,
        function: &str,
        names: [&str; N],
        required: usize,
    ) -> PyResult<[Option<Value>; N]> {
        let mut bound: [Option<Value>; N] = std::array::from_fn(|_| None);
        let places = names.iter().take_while(|name| !name.starts_with('*')).count();
        if self.positional.len() > places {
            return Err(too_many(function, required.min(places), places, self.positional.len()));
        }
        for (slot, value) in bound.iter_mut().zip(self.positional) {
            *slot = Some(value);
        }
        for (name, value) in self.keyword {
            let Some(index) = names.iter().position(|known| known.trim_start_matches('*') == &*name) else {
                return Err(type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            if bound[index].is_some() {
                return Err(type_error(format!("{function}() got multiple values for argument '{name}'")));
            }
            bound[index] = Some(value);
        }
        let missing: Vec<&str> = (0..required).filter(|&i| bound[i].is_none()).map(|i| names[i]).collect();
        if !missing.is_empty() {
            return Err(missing_arguments(function, "positional", &missing));
        }
        Ok(bound)
    }

    /// Like [`Args::bind`], for functions with `*args` before keyword-only parameters: the positional arguments and the keywords.
    ///
    /// # Errors
    /// A keyword that is not among `names`.
    pub fn variadic<const N: usize>(
        self,
        function: &str,
        names: [&str; N],
    ) -> PyResult<(Vec<Value>, [Option<Value>; N])> {
        let Args { positional, keyword } = self;
        let mut bound: [Option<Value>; N] = std::array::from_fn(|_| None);
        for (name, value) in keyword {
            let Some(index) = names.iter().position(|known| **known == *name) else {
                return Err(type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            bound[index] = Some(value);
        }
        Ok((positional, bound))
    }

    /// Exactly one positional argument.
    ///
    /// # Errors
    /// Any other number.
    pub fn one(self, function: &str) -> PyResult<Value> {
        let given = self.positional.len();
        if !self.keyword.is_empty() {
            return Err(type_error(format!("{function}() takes no keyword arguments")));
        }
        match <[Value; 1]>::try_from(self.positional) {
            Ok([value]) => Ok(value),
            Err(_) => Err(type_error(format!("{function}() takes exactly one argument ({given} given)"))),
        }
    }

    /// Exactly one argument, by place or by the name of the parameter.
    ///
    /// # Errors
    /// Any other number, any other name.
    pub fn only(self, function: &str, parameter: &str) -> PyResult<Value> {
        let [value] = self.bind(function, [parameter], 1)?;
        Ok(value.unwrap_or(Value::None))
    }

    /// Exactly two positional arguments.
    ///
    /// # Errors
    /// Any other number.
    pub fn two(self, function: &str) -> PyResult<(Value, Value)> {
        let given = self.positional.len();
        match <[Value; 2]>::try_from(self.positional) {
            Ok([first, second]) => Ok((first, second)),
            Err(_) => Err(type_error(format!("{function} expected 2 arguments, got {given}"))),
        }
    }

    /// No argument at all.
    ///
    /// # Errors
    /// Any argument.
    pub fn nothing(&self, function: &str) -> PyResult<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(type_error(format!("{function}() takes no arguments ({} given)", self.len())))
    }

    /// Takes a keyword argument out.
    pub fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let index = self.keyword.iter().position(|(known, _)| &**known == name)?;
        Some(self.keyword.remove(index).1)
    }

    /// Puts a value in front of the positional arguments.
    #[must_use]
    pub fn prepend(mut self, value: Value) -> Args {
        self.positional.insert(0, value);
        self
    }

    /// The keyword arguments as a dict.
    pub fn keywords_to_dict(&self) -> Dict {
        let mut dict = Dict::new();
        for (name, value) in &self.keyword {
            dict.set_str(name, value.clone());
        }
        dict
    }

    /// The items of the one iterable argument, or the positional arguments themselves (`select("a", "b")`, `select(["a", "b"])`).
    ///
    /// # Errors
    /// Never for lists and tuples; what iterating raises for others.
    pub fn flattened(self, interp: &mut Interpreter) -> PyResult<Vec<Value>> {
        if let [only] = self.positional.as_slice()
            && let Some(items) = only.as_items()
        {
            let _ = interp;
            return Ok(items);
        }
        Ok(self.positional)
    }
}

/// Python's text for arguments that have no place.
pub(in crate::pyspark) fn too_many(
    function: &str,
    required: usize,
    places: usize,
    given: usize,
) -> super::raised::Raised {
    let were = if given == 1 { "was" } else { "were" };
    let takes = if required == places { places.to_string() } else { format!("from {required} to {places}") };
    let plural = if places == 1 && required == places { "" } else { "s" };
    type_error(format!("{function}() takes {takes} positional argument{plural} but {given} {were} given"))
}

/// Python's text for missing arguments.
pub fn missing_arguments(function: &str, kind: &str, missing: &[&str]) -> super::raised::Raised {
    let quoted: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [init @ .., last] => format!("{}, and {last}", init.join(", ")),
        [] => String::new(),
    };
    let plural = if missing.len() == 1 { "" } else { "s" };
    type_error(format!("{function}() missing {} required {kind} argument{plural}: {list}", missing.len()))
}
