"""Operations: replay, redrive and reconcile. Only the operators' tasks use them, so they are not in the zip."""
