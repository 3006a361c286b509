"""The HTML pages of the service: own templates and assets, Indonesian and English, nothing from outside."""

from boundaries.service.html.assets import CSP, CSP_OPENAPI, STATIC
from boundaries.service.html.links import Language, Page
from boundaries.service.html.pages import Kin, Neighbour, Pages

__all__ = ["CSP", "CSP_OPENAPI", "STATIC", "Kin", "Language", "Neighbour", "Page", "Pages"]
