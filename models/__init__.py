"""The mathematics that learns or solves; no module in here does any input or output of its own."""
