"""How pages are made of the documents: `make docs`. Nothing in them comes from outside.

Sphinx, not MkDocs: MkDocs had its last release in August 2024, while Sphinx, MyST and Furo go on; Furo loads no font
and no script of others. Pages are made of the whole repository's documents, so a link leads to the same place on a Git
host and in the pages. The twin of ``name.md`` in Indonesian is ``name.id.md``.
"""

from typing import Any

project = "Peta Dapil"
author = "Peta Dapil"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = ["*.md", "docs/*.md", "data/statistics/*.md"]
exclude_patterns = [".*", "build", "dist", "node_modules", "boundaries", "tests", "bench", "scripts"]
root_doc = "docs/index"
templates_path = ["templates"]
myst_heading_anchors = 4
autodoc_typehints = "none"
smartquotes = False  # an option such as --all stays as it is typed

html_theme = "furo"
html_title = "Peta Dapil"
html_additional_pages = {"index": "front.html"}
html_copy_source = False
html_show_sphinx = False


def _language(app: Any, page: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Say of a twin that it is Indonesian, for whoever has it read out or translated."""
    if page.endswith(".id"):
        context["language"] = "id"


def setup(app: Any) -> None:
    """Sphinx asks for this."""
    app.connect("html-page-context", _language)
