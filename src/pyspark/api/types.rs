//! `pyspark.sql.types`: the types as objects.

use super::schema_text;
use super::support::{not_expected_type, raise, text_argument};
use crate::common::ErrorClass;
use crate::logical::types::{DataType, SpatialKind, StructField, StructType};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{
    Args, CompareOp, Interpreter, Module, Object, PyResult, Raised, Value, key_error, type_error,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A type. A `StructType` can grow (`add`), so the type is in a cell.
pub struct TypeObject(pub RefCell<DataType>);

/// A `StructField`.
pub struct FieldObject(pub StructField);

/// A type as a Python object.
#[must_use]
pub fn type_value(data_type: DataType) -> Value {
    Value::object(TypeObject(RefCell::new(data_type)))
}

/// The type that an argument names: a type object or text.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`; `ParseException` for text that is no type.
pub fn type_argument(interp: &mut Interpreter, argument: &str, value: &Value) -> PyResult<DataType> {
    if let Some(object) = value.downcast::<TypeObject>() {
        return Ok(object.0.borrow().clone());
    }
    match value.as_str() {
        Some(text) => Ok(crate::logical::ddl::parse_type(text)?),
        None => Err(not_expected_type(interp, argument, "DataType or str", value)),
    }
}

/// A schema from a `StructType` object or DDL text; `true` when the text was a single type.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`; `ParseException`.
pub fn schema_argument(interp: &mut Interpreter, argument: &str, value: &Value) -> PyResult<(StructType, bool)> {
    if let Some(object) = value.downcast::<TypeObject>() {
        return Ok(match object.0.borrow().clone() {
            DataType::Struct(fields) => (fields, false),
            other => (StructType::new(vec![StructField::new("value", other, true)]), true),
        });
    }
    match value.as_str() {
        Some(text) if text.trim().is_empty() => Ok((StructType::default(), false)),
        Some(text) => Ok(interp.host()?.parse_schema(text)?),
        None => Err(not_expected_type(interp, argument, "StructType or str", value)),
    }
}

const SIMPLE: &[(&str, DataType)] = &[
    ("NullType", DataType::Null),
    ("BooleanType", DataType::Boolean),
    ("ByteType", DataType::Byte),
    ("ShortType", DataType::Short),
    ("IntegerType", DataType::Integer),
    ("LongType", DataType::Long),
    ("FloatType", DataType::Float),
    ("DoubleType", DataType::Double),
    ("StringType", DataType::String),
    ("BinaryType", DataType::Binary),
    ("DateType", DataType::Date),
    ("TimestampType", DataType::Timestamp),
    ("TimestampNTZType", DataType::TimestampNtz),
    ("DayTimeIntervalType", DataType::DAY_TIME),
    ("YearMonthIntervalType", DataType::YEAR_MONTH),
    ("CalendarIntervalType", DataType::CalendarInterval),
    ("VariantType", DataType::Variant),
    ("TimeType", DataType::Time),
];

/// Every class of the module and its base.
const CLASSES: &[(&str, &str)] = &[
    ("AtomicType", "DataType"),
    ("NumericType", "AtomicType"),
    ("IntegralType", "NumericType"),
    ("FractionalType", "NumericType"),
    ("NullType", "DataType"),
    ("BooleanType", "AtomicType"),
    ("ByteType", "IntegralType"),
    ("ShortType", "IntegralType"),
    ("IntegerType", "IntegralType"),
    ("LongType", "IntegralType"),
    ("FloatType", "FractionalType"),
    ("DoubleType", "FractionalType"),
    ("DecimalType", "FractionalType"),
    ("StringType", "AtomicType"),
    ("VarcharType", "AtomicType"),
    ("CharType", "AtomicType"),
    ("BinaryType", "AtomicType"),
    ("DateType", "AtomicType"),
    ("TimestampType", "AtomicType"),
    ("TimestampNTZType", "AtomicType"),
    ("DayTimeIntervalType", "AtomicType"),
    ("YearMonthIntervalType", "AtomicType"),
    ("CalendarIntervalType", "DataType"),
    ("VariantType", "AtomicType"),
    ("TimeType", "AtomicType"),
    ("GeographyType", "AtomicType"),
    ("GeometryType", "AtomicType"),
    ("ArrayType", "DataType"),
    ("MapType", "DataType"),
    ("StructType", "DataType"),
    ("StructField", "DataType"),
];

/// Registers the classes and gives the module `pyspark.sql.types`.
///
/// # Errors
/// Never.
pub fn module(interp: &mut Interpreter) -> PyResult<Module> {
    let path = "pyspark.sql.types";
    let root = Class::native("DataType", path, None).with("fromDDL", Value::builtin("fromDDL", from_ddl));
    let root = interp.register_class(root);
    let mut module = Module::new(path).with("DataType", Value::Class(root));
    for (name, base) in CLASSES {
        let base = interp.class_named(base);
        let mut class = Class::native(name, path, base.as_ref()).with_construct(construct);
        if *name == "StructType" {
            class = class
                .with("fromJson", Value::builtin("fromJson", from_json))
                .with("fromDDL", Value::builtin("fromDDL", from_ddl))
                .with_native_names(TYPE_METHODS);
        }
        if let Some((_, simple)) = SIMPLE.iter().find(|(known, _)| known == name) {
            let written = simple.type_name();
            class = class.with("typeName", Value::builtin("typeName", move |_, _| Ok(Value::str(&written))));
        }
        let class = interp.register_class(class);
        module = module.with(name, Value::Class(class));
    }
    module = module.with("VariantVal", super::variant::class(interp));
    for kind in [SpatialKind::Geography, SpatialKind::Geometry] {
        let class = super::spatial::class(interp, kind);
        module = module.with(super::spatial::class_name(kind), class);
    }
    for (name, function) in FUNCTIONS {
        module = module.with(name, Value::builtin(name, *function));
    }
    if let Some(row) = interp.class_named("Row") {
        module = module.with("Row", Value::Class(row));
    }
    Ok(module)
}

type Function = fn(&mut Interpreter, Args) -> PyResult;

/// Functions of the module that scripts use although their names say that they are not for them.
const FUNCTIONS: &[(&str, Function)] = &[
    ("_parse_datatype_string", from_ddl),
    ("_parse_datatype_json_string", |_, args| {
        let text = args.only("_parse_datatype_json_string", "json_string")?;
        let json = text.as_str().and_then(|text| serde_json::from_str(text).ok());
        let parsed = json.and_then(|json| crate::logical::ddl::type_of_json(&json));
        parsed.map(type_value).ok_or_else(|| type_error("this is not the JSON form of a type"))
    }),
    ("_make_type_verifier", |interp, args| {
        let [data_type, nullable, name] = args.bind("_make_type_verifier", ["dataType", "nullable", "name"], 1)?;
        let data_type = type_argument(interp, "dataType", &data_type.unwrap_or(Value::None))?;
        let nullable = nullable.is_none_or(|flag| flag.as_bool() != Some(false));
        let name = name.and_then(|name| name.as_str().map(str::to_owned));
        Ok(Value::builtin("verify", move |interp, args| {
            let value = args.only("verify", "obj")?;
            super::verify::verify(interp, &value, &data_type, nullable, name.as_deref())?;
            Ok(Value::None)
        }))
    }),
];

fn construct(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let args = super::signatures::bound("types", &class.name, args)?;
    let data_type = match &*class.name {
        "StructField" => return construct_field(interp, args),
        "StructType" => {
            let [fields] = args.bind("StructType.__init__", ["fields"], 0)?;
            let mut parts = Vec::new();
            if let Some(fields) = super::support::given(fields) {
                for field in interp.items(&fields)? {
                    match field.downcast::<FieldObject>() {
                        Some(field) => parts.push(field.0.clone()),
                        None => return Err(not_expected_type(interp, "fields", "list of StructField", &fields)),
                    }
                }
            }
            DataType::Struct(StructType::new(parts))
        }
        "ArrayType" => {
            let [element, nullable] = args.bind("ArrayType.__init__", ["elementType", "containsNull"], 1)?;
            let element = part(interp, "elementType", element)?;
            DataType::Array(Box::new(element), nullable.is_none_or(|flag| flag.as_bool() != Some(false)))
        }
        "MapType" => {
            let [key, value, nullable] =
                args.bind("MapType.__init__", ["keyType", "valueType", "valueContainsNull"], 2)?;
            let (key, value) = (part(interp, "keyType", key)?, part(interp, "valueType", value)?);
            DataType::Map(Box::new(key), Box::new(value), nullable.is_none_or(|flag| flag.as_bool() != Some(false)))
        }
        "DecimalType" => {
            let [precision, scale] = args.bind("DecimalType.__init__", ["precision", "scale"], 0)?;
            let precision = precision.and_then(|value| value.as_int()).unwrap_or(10);
            let scale = scale.and_then(|value| value.as_int()).unwrap_or(0);
            DataType::Decimal(precision.clamp(1, 38) as u8, scale.clamp(0, 38) as i8)
        }
        "VarcharType" | "CharType" => DataType::String,
        "GeographyType" => super::spatial::data_type(interp, SpatialKind::Geography, args)?,
        "GeometryType" => super::spatial::data_type(interp, SpatialKind::Geometry, args)?,
        "TimeType" => {
            args.bind("TimeType.__init__", ["precision"], 0)?;
            DataType::Time
        }
        name => match SIMPLE.iter().find(|(known, _)| *known == name) {
            Some((_, simple)) => simple.clone(),
            None => return Err(type_error(format!("{name} is an abstract type"))),
        },
    };
    Ok(type_value(data_type))
}

fn part(interp: &mut Interpreter, argument: &str, value: Option<Value>) -> PyResult<DataType> {
    let value = value.unwrap_or(Value::None);
    match value.downcast::<TypeObject>() {
        Some(object) => Ok(object.0.borrow().clone()),
        None => {
            let given = interp.str(&value)?;
            let text = format!("{argument} {given} should be an instance of <class 'pyspark.sql.types.DataType'>");
            Err(Raised::named("AssertionError", text).with_help(
                "a type stands here with its brackets, `IntegerType()`, `StringType()`; types as texts are for a schema that is one text, \"id INT, name STRING\"",
            ))
        }
    }
}

fn construct_field(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name, data_type, nullable, metadata] =
        args.bind("StructField.__init__", ["name", "dataType", "nullable", "metadata"], 2)?;
    let name = text_argument(interp, "name", &name.unwrap_or(Value::None))?;
    let data_type = part(interp, "dataType", data_type)?;
    let mut field = StructField::new(name, data_type, nullable.is_none_or(|flag| flag.as_bool() != Some(false)));
    if let Some(metadata) = super::support::given(metadata) {
        field.metadata = super::json::to_text(interp, &metadata)?;
    }
    Ok(Value::object(FieldObject(field)))
}

fn from_json(interp: &mut Interpreter, args: Args) -> PyResult {
    let json = args.only("fromJson", "json")?;
    let text = super::json::to_text(interp, &json)?;
    let parsed = serde_json::from_str(&text).ok().and_then(|json| crate::logical::ddl::type_of_json(&json));
    parsed.map(type_value).ok_or_else(|| type_error("this is not the JSON form of a struct"))
}

/// A type by its name in JSON: `integer`, not `int`.
fn named_type(text: &str) -> PyResult<DataType> {
    crate::logical::ddl::type_of_json(&serde_json::Value::String(text.to_owned())).ok_or_else(|| {
        raise(
            ErrorClass::PySparkValueError,
            "CANNOT_PARSE_DATATYPE",
            format!("Unable to parse datatype. {text}. Names here are those of JSON: `integer`, `long`, `string`, …."),
        )
    })
}

fn from_ddl(interp: &mut Interpreter, args: Args) -> PyResult {
    let text = args.only("fromDDL", "ddl")?;
    let (mut fields, single) = schema_argument(interp, "ddl", &text)?;
    if single && fields.fields.len() == 1 {
        return Ok(type_value(fields.fields.remove(0).data_type));
    }
    Ok(type_value(DataType::Struct(fields)))
}

const TYPE_METHODS: &[&str] = &[
    "typeName",
    "simpleString",
    "json",
    "jsonValue",
    "add",
    "fieldNames",
    "toDDL",
    "toNullable",
    "treeString",
    "needConversion",
];

impl TypeObject {
    fn add(&self, interp: &mut Interpreter, this: &Value, args: Args) -> PyResult {
        let [field, data_type, nullable, metadata] =
            args.bind("StructType.add", ["field", "data_type", "nullable", "metadata"], 1)?;
        let field = field.unwrap_or(Value::None);
        let new = match field.downcast::<FieldObject>() {
            Some(field) => field.0.clone(),
            None => {
                let name = text_argument(interp, "field", &field)?;
                let Some(data_type) = super::support::given(data_type) else {
                    return Err(raise(
                        ErrorClass::PySparkValueError,
                        "ARGUMENT_REQUIRED",
                        "Argument `data_type` is required when passing name of struct_field to create.",
                    ));
                };
                let data_type = match data_type.as_str() {
                    Some(text) => named_type(text)?,
                    None => type_argument(interp, "data_type", &data_type)?,
                };
                let mut new =
                    StructField::new(name, data_type, nullable.is_none_or(|flag| flag.as_bool() != Some(false)));
                if let Some(metadata) = super::support::given(metadata) {
                    new.metadata = super::json::to_text(interp, &metadata)?;
                }
                new
            }
        };
        match &mut *self.0.borrow_mut() {
            DataType::Struct(fields) => fields.fields.push(new),
            _ => return Err(type_error("only a StructType grows")),
        }
        Ok(this.clone())
    }

    fn fields(&self) -> Option<Vec<StructField>> {
        match &*self.0.borrow() {
            DataType::Struct(fields) => Some(fields.fields.clone()),
            _ => None,
        }
    }
}

fn field_value(field: &StructField) -> Value {
    Value::object(FieldObject(field.clone()))
}

impl Object for TypeObject {
    fn type_name(&self) -> &'static str {
        schema_text::class_name(&self.0.borrow())
    }

    fn methods(&self) -> &'static [&'static str] {
        TYPE_METHODS
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match (&*self.0.borrow(), name) {
            (DataType::Struct(fields), "fields") => Some(Value::list(fields.fields.iter().map(field_value).collect())),
            (DataType::Struct(fields), "names") => Some(Value::strings(fields.names())),
            (DataType::Array(element, _), "elementType") => Some(type_value(element.as_ref().clone())),
            (DataType::Array(_, nullable), "containsNull") => Some(Value::Bool(*nullable)),
            (DataType::Map(key, _, _), "keyType") => Some(type_value(key.as_ref().clone())),
            (DataType::Map(_, value, _), "valueType") => Some(type_value(value.as_ref().clone())),
            (DataType::Map(_, _, nullable), "valueContainsNull") => Some(Value::Bool(*nullable)),
            (DataType::Decimal(precision, _), "precision") => Some(Value::Int(i64::from(*precision))),
            (DataType::Decimal(_, scale), "scale") => Some(Value::Int(i64::from(*scale))),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let data_type = self.0.borrow().clone();
        Some(match name {
            "typeName" => Ok(Value::str(match &data_type {
                DataType::Decimal(..) => "decimal".to_owned(),
                other => other.type_name(),
            })),
            "simpleString" => Ok(Value::str(data_type.catalog_string())),
            "json" => Ok(Value::str(super::json::sorted_text(&data_type.json_value()))),
            "jsonValue" => Ok(super::json::from_json(&data_type.json_value())),
            "toNullable" => Ok(type_value(data_type.all_nullable())),
            "needConversion" => Ok(Value::Bool(data_type.is_nested())),
            "add" => self.add(interp, this, args),
            "treeString" => args.bind(name, ["maxDepth"], 0).and_then(|[depth]| {
                let depth = super::support::given(depth).and_then(|depth| depth.as_int());
                let depth = depth.and_then(|depth| usize::try_from(depth).ok());
                match self.fields() {
                    Some(fields) => Ok(Value::str(StructType::new(fields).tree_string(depth))),
                    None => Err(type_error("only a StructType has a tree")),
                }
            }),
            "fieldNames" | "toDDL" => match self.fields() {
                Some(fields) if name == "fieldNames" => Ok(Value::strings(fields.iter().map(|field| &field.name))),
                Some(fields) => {
                    let parts: Vec<String> = fields
                        .iter()
                        .map(|f| {
                            format!("{} {}{}", f.name, f.data_type.sql(), if f.nullable { "" } else { " NOT NULL" })
                        })
                        .collect();
                    Ok(Value::str(parts.join(",")))
                }
                None => return None,
            },
            _ => return None,
        })
    }

    fn compare(
        &self,
        _interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let same = other.downcast::<TypeObject>().is_some_and(|other| *other.0.borrow() == *self.0.borrow());
        Ok(op.of_equality(same))
    }

    fn get_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        let Some(fields) = self.fields() else { return Ok(None) };
        if let Some(name) = key.as_str() {
            return match fields.iter().find(|field| field.name == name) {
                Some(field) => Ok(Some(field_value(field))),
                None => {
                    Err(raise(ErrorClass::PySparkKeyError, "KEY_NOT_EXISTS", format!("Key `{name}` is not exists.")))
                }
            };
        }
        let all = Value::list(fields.iter().map(field_value).collect());
        match key {
            Value::Slice(_) => {
                let some = interp.get_item(&all, key)?;
                let kept: Vec<StructField> = interp
                    .items(&some)?
                    .iter()
                    .filter_map(|item| item.downcast::<FieldObject>().map(|field| field.0.clone()))
                    .collect();
                Ok(Some(type_value(DataType::Struct(StructType::new(kept)))))
            }
            _ if key.as_int().is_some() => interp.get_item(&all, key).map(Some),
            _ => Err(key_error(key)),
        }
    }

    fn len(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<usize>> {
        Ok(self.fields().map(|fields| fields.len()))
    }

    fn truth(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<bool>> {
        Ok(Some(self.fields().is_none_or(|fields| !fields.is_empty())))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(self.fields().map(|fields| Value::iter_over(fields.iter().map(field_value).collect())))
    }

    fn contains(&self, _interp: &mut Interpreter, _this: &Value, item: &Value) -> PyResult<Option<bool>> {
        Ok(self.fields().map(|fields| fields.iter().any(|field| item.as_str() == Some(&field.name))))
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        Ok(schema_text::repr(&self.0.borrow()))
    }

    fn hash(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<i64> {
        Ok(crate::pyspark::lang::hash::hash_str(&schema_text::repr(&self.0.borrow())))
    }

    fn freeze(&self, _interp: &mut Interpreter, _this: &Value, _freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let data_type = self.0.borrow().clone();
        Ok(Some(Arc::new(move |_: &mut Interpreter| Ok(type_value(data_type.clone())))))
    }
}

impl Object for FieldObject {
    fn type_name(&self) -> &'static str {
        "StructField"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["simpleString", "json", "jsonValue"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.0.name)),
            "dataType" => Some(type_value(self.0.data_type.clone())),
            "nullable" => Some(Value::Bool(self.0.nullable)),
            "metadata" => {
                let json = serde_json::from_str(&self.0.metadata).unwrap_or_else(|_| serde_json::json!({}));
                Some(super::json::from_json(&json))
            }
            _ => None,
        })
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        Some(match name {
            "simpleString" => Ok(Value::str(format!("{}:{}", self.0.name, self.0.data_type.catalog_string()))),
            "json" => Ok(Value::str(super::json::sorted_text(&self.0.json_value()))),
            "jsonValue" => Ok(super::json::from_json(&self.0.json_value())),
            _ => return None,
        })
    }

    fn compare(
        &self,
        _interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let same = other.downcast::<FieldObject>().is_some_and(|other| other.0 == self.0);
        Ok(op.of_equality(same))
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        Ok(schema_text::field_repr(&self.0))
    }
}
