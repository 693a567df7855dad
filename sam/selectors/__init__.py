"""Reads. They start from the usuario, and page, socket and download ask the same ones."""
