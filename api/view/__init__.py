"""The first picture: one offline page of an artefact's lineage.

pyvis collects nodes and edges; layout, page and script are headwater's own, because
the page that pyvis writes loads from a CDN and runs hostile names.
"""

from headwater.api.view.page import render_page, write_page

__all__ = ["render_page", "write_page"]
