"""What the law says: codes, units, plans, published columns."""
