"""Operations that `reference` does not have: several in one pass over memory."""
