"""The demo: two invented companies as dumps, with documents that open and pictures that show something."""

from sam.demo.writing import write_demo, write_second_demo

__all__ = ["write_demo", "write_second_demo"]
