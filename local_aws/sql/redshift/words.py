"""Reads a statement word by word: for commands that sqlglot does not parse."""

from sqlglot.tokenizer_core import Token, TokenType

from local_aws.sql.redshift.errors import SqlError, not_supported, syntax_error
from local_aws.sql.redshift.parsing import tokens_of


class Words:
    """The words of one statement and the position in them."""

    def __init__(self, sql: str) -> None:
        self._tokens = tokens_of(sql)
        self._next = 0

    @property
    def at_end(self) -> bool:
        """Whether all words are read."""
        return self._next == len(self._tokens)

    def accept(self, *keywords: str) -> bool:
        """Read these keywords if they are the next words."""
        following = self._tokens[self._next : self._next + len(keywords)]
        if len(following) < len(keywords) or not all(map(_is_word, following, keywords)):
            return False
        self._next += len(keywords)
        return True

    def expect(self, *keywords: str) -> None:
        """Read these keywords; raises SqlError for others."""
        if not self.accept(*keywords):
            raise syntax_error(self._current())

    def name(self) -> str:
        """Read a name, in lower case, with an optional schema `public`."""
        token = self._take()
        if token.token_type == TokenType.STRING or not token.text:
            raise syntax_error(token.text)
        if self.accept("."):
            if token.text.lower() != "public":
                raise SqlError(f'schema "{token.text}" does not exist')
            return self.name()
        return token.text.lower()

    def names(self) -> list[str]:
        """Read names that are separated by commas."""
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        return names

    def string(self) -> str:
        """Read a quoted string."""
        token = self._take()
        if token.token_type not in (TokenType.STRING, TokenType.HEREDOC_STRING):
            raise syntax_error(token.text)
        return str(token.text)

    def number(self) -> int:
        """Read a whole number, with or without quotes."""
        token = self._take()
        if not token.text.isdigit():
            raise syntax_error(token.text)
        return int(token.text)

    def refuse_rest(self, command: str) -> None:
        """Raise SqlError if words are left."""
        if not self.at_end:
            raise not_supported(f"{self._current().upper()} in {command}")

    def _take(self) -> Token:
        if self.at_end:
            raise SqlError("syntax error at end of input")
        self._next += 1
        return self._tokens[self._next - 1]

    def _current(self) -> str:
        return "end of input" if self.at_end else str(self._tokens[self._next].text)


def _is_word(token: Token, keyword: str) -> bool:
    quoted = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
    return not quoted and str(token.text).upper() == keyword
