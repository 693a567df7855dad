"""Checking an archive against its manifest: reads a ZIP by its own rules, strictly, and knows nothing of Django.

The browser does the same in `frontend/static/sam/js/verificar/`; `tests/vectors/verificar.json` holds the two
together, archive by archive.
"""
