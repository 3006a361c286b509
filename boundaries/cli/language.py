"""The language in which the command speaks: that of the locale, Indonesian or English.

gettext looks at LANGUAGE, LC_ALL, LC_MESSAGES and LANG, the first that is set; Indonesian (``id``) is in
``locale/id``, everything else is English, the language of the source. click asks gettext for its own words too
("Usage:", "Missing argument"), so that one catalogue translates the whole command. What the library says (the text
after ``dapil:``, the findings of verify) is English: docs/cli.md says so.
"""

import gettext
import inspect
from pathlib import Path
from typing import Final, Literal

import click

DOMAIN: Final = "dapil"
LOCALE: Final = Path(__file__).with_name("locale")

# click asks the domain of the process; the command is the process.
gettext.bindtextdomain(DOMAIN, str(LOCALE))
gettext.textdomain(DOMAIN)

_ = gettext.gettext


def language() -> Literal["id", "en"]:
    """Return the language of the locale."""
    return "id" if _("en") == "id" else "en"


def number(value: int) -> str:
    """Write a number with its thousands apart, as the language has it: 1,234 or 1.234."""
    return f"{value:,}".replace(",", "." if language() == "id" else ",")


class Told:
    """Help that is translated when it is read: the language is that of the user, not of the import."""

    english: str | None = None  #: as it stands in the source

    @property
    def help(self) -> str | None:
        """The help in the language of the locale."""
        return _(self.english) if self.english else self.english

    @help.setter
    def help(self, text: str | None) -> None:
        self.english = inspect.cleandoc(text) if text else text


class Command(Told, click.Command):
    """A command whose help is translated."""


class Option(Told, click.Option):
    """An option whose help is translated."""
