"""Starting SAM on one machine: its processes kept alive in one terminal, and the benchmarks."""
