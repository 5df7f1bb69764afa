"""Numpy kernels over compressed sparse rows. No I/O, no domain words."""
