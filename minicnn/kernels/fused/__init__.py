"""Operations that only speed knows: two steps in one pass over memory."""
