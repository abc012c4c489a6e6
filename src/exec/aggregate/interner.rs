//! Gives equal values of one column the same small number, in the order they were first seen.

use crate::common::{Result, SparkError};
use crate::exec::keys::normal_f64;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ByteView, Decimal128Array, PrimitiveArray, StringViewArray,
    StringViewBuilder, UInt32Array,
};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::BuildHasher;
use std::sync::Arc;

/// A fast hash of two words.
#[inline]
pub fn mix(high: u64, low: u64) -> u64 {
    let product =
        u128::from(low ^ 0x243f_6a88_85a3_08d3) * u128::from(high ^ 0x1319_8a2e_0370_7344 ^ low.rotate_left(32));
    (product as u64) ^ ((product >> 64) as u64)
}

/// A fast hash of bytes, the same in every run.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    foldhash::fast::FixedState::with_seed(42).hash_one(bytes)
}

/// The number of a value that was never seen.
pub const UNKNOWN: u32 = u32::MAX;

/// One column's values by number.
pub enum Interner {
    Bits(BitsInterner),
    Text(TextInterner),
}

impl Interner {
    /// For a column of this type; nothing when the type has no fast form.
    pub fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Date32
            | DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _)
            | DataType::Duration(arrow::datatypes::TimeUnit::Microsecond)
            | DataType::Interval(arrow::datatypes::IntervalUnit::YearMonth) => {
                Some(Interner::Bits(BitsInterner::new(data_type)))
            }
            DataType::Decimal128(precision, _) if *precision <= 18 => {
                Some(Interner::Bits(BitsInterner::new(data_type)))
            }
            DataType::Utf8View => Some(Interner::Text(TextInterner::default())),
            _ => None,
        }
    }

    /// The number of each row's value.
    ///
    /// # Errors
    /// For a column of another type: a bug of the operator.
    pub fn intern(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        match self {
            Interner::Bits(bits) => bits.intern(column, numbers),
            Interner::Text(text) => {
                text.intern(column, numbers);
                Ok(())
            }
        }
    }

    /// The number of each row's value, [`UNKNOWN`] where it was never interned.
    ///
    /// # Errors
    /// For a column of another type: a bug of the operator.
    pub fn lookup(&self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        match self {
            Interner::Bits(bits) => bits.lookup(column, numbers),
            Interner::Text(text) => {
                text.lookup(column, numbers);
                Ok(())
            }
        }
    }

    /// Makes room for so many more values.
    pub fn reserve(&mut self, more: usize) {
        match self {
            Interner::Bits(bits) => {
                let values = &bits.values;
                bits.table.reserve(more, |number| mix(0, values[*number as usize]));
                bits.values.reserve(more);
            }
            Interner::Text(text) => {
                let hashes = &text.hashes;
                text.table.reserve(more, |number| hashes[*number as usize]);
                let length = text.arena.len() / text.views.len().max(1) + 1;
                text.arena.reserve(if text.arena.is_empty() { 0 } else { length * more });
                text.views.reserve(more);
                text.hashes.reserve(more);
            }
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Interner::Bits(bits) => bits.values.len(),
            Interner::Text(text) => text.views.len(),
        }
    }

    /// The values by number.
    ///
    /// # Errors
    /// Never, unless types were mixed up.
    pub fn into_values(self) -> Result<ArrayRef> {
        match self {
            Interner::Bits(bits) => bits.values(),
            Interner::Text(text) => text.into_values(),
        }
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        match self {
            Interner::Bits(bits) => bits.values.capacity() * 16,
            Interner::Text(text) => text.views.capacity() * 32 + text.arena.capacity(),
        }
    }
}

/// Values of at most 64 bits.
pub struct BitsInterner {
    data_type: DataType,
    table: HashTable<u32>,
    values: Vec<u64>,
    null: Option<u32>,
}

impl BitsInterner {
    fn new(data_type: &DataType) -> Self {
        BitsInterner { data_type: data_type.clone(), table: HashTable::new(), values: Vec::new(), null: None }
    }

    #[inline]
    fn number(&mut self, bits: u64) -> u32 {
        let values = &self.values;
        let value = |number: &u32| values[*number as usize];
        // The null's place is not in the table.
        match self.table.entry(mix(0, bits), |number| value(number) == bits, |number| mix(0, value(number))) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(place) => {
                let number = values.len() as u32;
                place.insert(number);
                self.values.push(bits);
                number
            }
        }
    }

    fn null_number(&mut self) -> u32 {
        if let Some(number) = self.null {
            return number;
        }
        let number = self.values.len() as u32;
        self.values.push(0);
        self.null = Some(number);
        number
    }

    fn find(&self, bits: u64) -> u32 {
        self.table.find(mix(0, bits), |number| self.values[*number as usize] == bits).copied().unwrap_or(UNKNOWN)
    }

    fn intern(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        each_bits(column, &mut |bits| {
            numbers.push(match bits {
                Some(bits) => self.number(bits),
                None => self.null_number(),
            });
        })
    }

    fn lookup(&self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        each_bits(column, &mut |bits| {
            numbers.push(match bits {
                Some(bits) => self.find(bits),
                None => self.null.unwrap_or(UNKNOWN),
            });
        })
    }

    fn rebuilt<T: ArrowPrimitiveType>(&self, value: impl Fn(u64) -> T::Native) -> ArrayRef {
        let array: PrimitiveArray<T> = self
            .values
            .iter()
            .enumerate()
            .map(|(number, bits)| (self.null != Some(number as u32)).then(|| value(*bits)))
            .collect();
        Arc::new(array.with_data_type(self.data_type.clone()))
    }

    fn values(&self) -> Result<ArrayRef> {
        Ok(match &self.data_type {
            DataType::Boolean => {
                let flags = self.values.iter().enumerate();
                Arc::new(
                    flags
                        .map(|(number, bits)| (self.null != Some(number as u32)).then_some(*bits != 0))
                        .collect::<BooleanArray>(),
                )
            }
            DataType::Int8 => self.rebuilt::<Int8Type>(|bits| bits as i8),
            DataType::Int16 => self.rebuilt::<Int16Type>(|bits| bits as i16),
            DataType::Int32 => self.rebuilt::<Int32Type>(|bits| bits as i32),
            DataType::Int64 => self.rebuilt::<Int64Type>(|bits| bits as i64),
            DataType::Date32 => self.rebuilt::<Date32Type>(|bits| bits as i32),
            DataType::Timestamp(..) => self.rebuilt::<TimestampMicrosecondType>(|bits| bits as i64),
            DataType::Duration(_) => self.rebuilt::<DurationMicrosecondType>(|bits| bits as i64),
            DataType::Interval(_) => self.rebuilt::<IntervalYearMonthType>(|bits| bits as i32),
            DataType::Float64 => self.rebuilt::<Float64Type>(f64::from_bits),
            DataType::Float32 => self.rebuilt::<Float32Type>(|bits| f32::from_bits(bits as u32)),
            DataType::Decimal128(precision, scale) => {
                let array: Decimal128Array = self
                    .values
                    .iter()
                    .enumerate()
                    .map(|(number, bits)| (self.null != Some(number as u32)).then(|| i128::from(*bits as i64)))
                    .collect();
                Arc::new(array.with_precision_and_scale(*precision, *scale)?)
            }
            other => return Err(SparkError::internal(format!("keys of {other} have no fast form"))),
        })
    }
}

/// Calls `f` with each value's bits, or nothing for null.
pub fn each_bits(column: &ArrayRef, f: &mut impl FnMut(Option<u64>)) -> Result<()> {
    fn each<T: ArrowPrimitiveType>(
        column: &ArrayRef,
        f: &mut impl FnMut(Option<u64>),
        bits: impl Fn(T::Native) -> u64,
    ) {
        let array = column.as_primitive::<T>();
        if array.null_count() == 0 {
            array.values().iter().for_each(|value| f(Some(bits(*value))));
        } else {
            array.iter().for_each(|value| f(value.map(&bits)));
        }
    }
    let wide = |value: i64| value as u64;
    match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().for_each(|value| f(value.map(u64::from))),
        DataType::Int8 => each::<Int8Type>(column, f, |v| wide(i64::from(v))),
        DataType::Int16 => each::<Int16Type>(column, f, |v| wide(i64::from(v))),
        DataType::Int32 => each::<Int32Type>(column, f, |v| wide(i64::from(v))),
        DataType::Int64 => each::<Int64Type>(column, f, wide),
        DataType::Date32 => each::<Date32Type>(column, f, |v| wide(i64::from(v))),
        DataType::Timestamp(..) => each::<TimestampMicrosecondType>(column, f, wide),
        DataType::Duration(_) => each::<DurationMicrosecondType>(column, f, wide),
        DataType::Interval(_) => each::<IntervalYearMonthType>(column, f, |v| wide(i64::from(v))),
        DataType::Float64 => each::<Float64Type>(column, f, |v| normal_f64(v).to_bits()),
        DataType::Float32 => each::<Float32Type>(column, f, |v| u64::from((normal_f64(f64::from(v)) as f32).to_bits())),
        DataType::Decimal128(..) => each::<Decimal128Type>(column, f, |v| v as u64),
        other => return Err(SparkError::internal(format!("keys of {other} have no fast form"))),
    }
    Ok(())
}

/// Text: up to twelve bytes are compared as one number, longer ones are kept in an arena.
#[derive(Default)]
pub struct TextInterner {
    table: HashTable<u32>,
    /// The short text's view; or length and place in the arena.
    views: Vec<u128>,
    hashes: Vec<u64>,
    arena: Vec<u8>,
    null: Option<u32>,
}

impl TextInterner {
    #[inline]
    fn short(&mut self, view: u128) -> u32 {
        let hash = mix((view >> 64) as u64, view as u64);
        let (views, hashes) = (&self.views, &self.hashes);
        let same = |number: &u32| views[*number as usize] == view;
        match self.table.entry(hash, same, |number| hashes[*number as usize]) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(place) => {
                let number = views.len() as u32;
                place.insert(number);
                self.views.push(view);
                self.hashes.push(hash);
                number
            }
        }
    }

    fn long(&mut self, bytes: &[u8]) -> u32 {
        let hash = hash_bytes(bytes);
        let (views, hashes, arena) = (&self.views, &self.hashes, &self.arena);
        let same = |number: &u32| {
            let number = *number as usize;
            hashes[number] == hash && stored(views[number], arena) == Some(bytes)
        };
        match self.table.entry(hash, same, |number| hashes[*number as usize]) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(place) => {
                let number = views.len() as u32;
                place.insert(number);
                self.views.push((bytes.len() as u128) | ((arena.len() as u128) << 32));
                self.hashes.push(hash);
                self.arena.extend_from_slice(bytes);
                number
            }
        }
    }

    fn null_number(&mut self) -> u32 {
        if let Some(number) = self.null {
            return number;
        }
        let number = self.views.len() as u32;
        // No view has all bits set: the length would be too large.
        self.views.push(u128::MAX);
        self.hashes.push(0);
        self.null = Some(number);
        number
    }

    fn intern(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) {
        let text = column.as_string_view();
        let nulls = text.nulls().filter(|nulls| nulls.null_count() > 0);
        for (row, view) in text.views().iter().enumerate() {
            let number = if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.null_number()
            } else if (*view as u32) <= 12 {
                self.short(*view)
            } else {
                self.long(text.value(row).as_bytes())
            };
            numbers.push(number);
        }
    }

    fn lookup(&self, column: &ArrayRef, numbers: &mut Vec<u32>) {
        let text = column.as_string_view();
        for (row, view) in text.views().iter().enumerate() {
            let found = if text.is_null(row) {
                self.null
            } else if (*view as u32) <= 12 {
                let hash = mix((view >> 64) as u64, *view as u64);
                self.table.find(hash, |number| self.views[*number as usize] == *view).copied()
            } else {
                let bytes = text.value(row).as_bytes();
                let hash = hash_bytes(bytes);
                let same = |number: &u32| {
                    self.hashes[*number as usize] == hash
                        && stored(self.views[*number as usize], &self.arena) == Some(bytes)
                };
                self.table.find(hash, same).copied()
            };
            numbers.push(found.unwrap_or(UNKNOWN));
        }
    }

    /// The arena becomes the array's memory; one too large for that is copied in parts.
    fn into_values(self) -> Result<ArrayRef> {
        let TextInterner { mut views, arena, null, table, hashes } = self;
        drop((table, hashes));
        if i32::try_from(arena.len()).is_err() {
            let mut builder = StringViewBuilder::with_capacity(views.len());
            for (number, view) in views.iter().enumerate() {
                let short = view.to_le_bytes();
                let bytes = match stored(*view, &arena) {
                    Some(bytes) => bytes,
                    None => &short[4..4 + (*view as u32 as usize).min(12)],
                };
                let text = std::str::from_utf8(bytes).ok().filter(|_| null != Some(number as u32));
                builder.append_option(text);
            }
            return Ok(Arc::new(builder.finish()));
        }
        for view in &mut views {
            let length = *view as u32;
            if *view == u128::MAX {
                *view = 0;
            } else if length > 12 {
                let offset = (*view >> 32) as u32;
                let prefix = arena[offset as usize..].first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
                *view = ByteView::new(length, &prefix.to_le_bytes()).with_offset(offset).as_u128();
            }
        }
        let nulls = null.map(|null| (0..views.len()).map(|number| number != null as usize).collect::<NullBuffer>());
        Ok(Arc::new(StringViewArray::try_new(views.into(), vec![Buffer::from_vec(arena)], nulls)?))
    }
}

/// The bytes of a long text; nothing for a short one or the null.
fn stored(view: u128, arena: &[u8]) -> Option<&[u8]> {
    let length = view as u32 as usize;
    if length <= 12 || view == u128::MAX {
        return None;
    }
    let at = ((view >> 32) as u64) as usize;
    arena.get(at..at + length)
}

/// Picks values by number.
///
/// # Errors
/// When a number is unknown: a bug of the operator.
pub fn pick(values: &ArrayRef, numbers: Vec<u32>) -> Result<ArrayRef> {
    Ok(arrow::compute::take(values, &UInt32Array::from(numbers), None)?)
}
