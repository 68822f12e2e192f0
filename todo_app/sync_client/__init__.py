"""The reference client of sync: a device with a copy of the list, which works offline; see docs/todo.md."""
