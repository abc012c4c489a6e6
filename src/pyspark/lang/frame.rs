//! What a running piece of code can reach: its local slots, captured cells, and module globals.

use super::ast::{Name, Unit};
use super::value::Value;
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A variable that an inner function captured.
pub type CellRef = Rc<RefCell<Option<Value>>>;

/// The globals of a module of the script. Names that the compiler saw have fixed slots. The pieces of a script that is told bit by bit
/// share one table.
pub struct Globals {
    pub unit: Arc<Unit>,
    /// The unit's constants as values, made once.
    pub constants: Vec<Value>,
    table: Rc<RefCell<Table>>,
}

struct Table {
    slots: Vec<Option<Value>>,
    /// Slot of every name; names beyond the compiled ones were added while running.
    index: IndexMap<Rc<str>, usize, foldhash::fast::FixedState>,
}

impl Globals {
    /// Globals with every compiled name unset.
    pub fn new(unit: &Arc<Unit>) -> Globals {
        let index: IndexMap<Rc<str>, usize, foldhash::fast::FixedState> =
            unit.globals.iter().enumerate().map(|(slot, name)| (Rc::from(&**name), slot)).collect();
        let table = Table { slots: vec![None; unit.globals.len()], index };
        Globals::over(unit, Rc::new(RefCell::new(table)))
    }

    /// The same names and values for the next piece, which was compiled with [`Globals::known`] and may name more.
    pub fn continued(&self, unit: &Arc<Unit>) -> Globals {
        let mut table = self.table.borrow_mut();
        let known = table.slots.len();
        for name in unit.globals.iter().skip(known) {
            table.slots.push(None);
            let slot = table.slots.len() - 1;
            table.index.insert(Rc::from(&**name), slot);
        }
        drop(table);
        Globals::over(unit, Rc::clone(&self.table))
    }

    fn over(unit: &Arc<Unit>, table: Rc<RefCell<Table>>) -> Globals {
        let constants = unit.constants.iter().map(super::ast::Constant::to_value).collect();
        Globals { unit: Arc::clone(unit), constants, table }
    }

    /// All names by slot, those without a value too.
    pub fn known(&self) -> Vec<Name> {
        self.table.borrow().index.keys().map(|name| Arc::from(&**name)).collect()
    }

    /// The value in a compiled slot.
    pub fn slot(&self, slot: usize) -> Option<Value> {
        self.table.borrow().slots[slot].clone()
    }

    /// Fills or empties a compiled slot; gives what was there.
    pub fn set_slot(&self, slot: usize, value: Option<Value>) -> Option<Value> {
        std::mem::replace(&mut self.table.borrow_mut().slots[slot], value)
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<Value> {
        let table = self.table.borrow();
        table.slots[*table.index.get(name)?].clone()
    }

    /// Sets a name.
    pub fn set(&self, name: &str, value: Value) {
        let mut table = self.table.borrow_mut();
        if let Some(slot) = table.index.get(name).copied() {
            table.slots[slot] = Some(value);
        } else {
            let slot = table.slots.len();
            table.slots.push(Some(value));
            table.index.insert(Rc::from(name), slot);
        }
    }

    /// The names that have a value, in slot order.
    pub fn names(&self) -> Vec<Rc<str>> {
        let table = self.table.borrow();
        table.index.iter().filter(|(_, slot)| table.slots[**slot].is_some()).map(|(name, _)| Rc::clone(name)).collect()
    }
}

/// A running piece of code.
pub struct Frame {
    pub locals: Vec<Option<Value>>,
    /// Its own cells, then the captured ones.
    pub cells: Vec<CellRef>,
    pub globals: Rc<Globals>,
    /// The names of a class body.
    pub class: Option<super::class::Namespace>,
    /// The class around the running method, for `super()`.
    pub owner: Option<CellRef>,
}

impl Frame {
    /// A frame with empty slots and cells.
    pub fn new(globals: &Rc<Globals>, slots: usize, cells: usize, captured: &[CellRef]) -> Frame {
        let mut all: Vec<CellRef> = Vec::new();
        if cells + captured.len() > 0 {
            all.reserve(cells + captured.len());
            all.extend((0..cells).map(|_| CellRef::default()));
            all.extend(captured.iter().map(Rc::clone));
        }
        Frame { locals: vec![None; slots], cells: all, globals: Rc::clone(globals), class: None, owner: None }
    }

    /// The place of an expression, for a traceback.
    pub fn entry(&self, span: (u32, u32)) -> super::raised::TraceEntry {
        let unit = &self.globals.unit;
        super::raised::TraceEntry {
            file: Rc::from(&*unit.file),
            function: Rc::from("<module>"),
            line: unit.line(span.0),
            span,
            statement: (0, 0),
        }
    }
}
