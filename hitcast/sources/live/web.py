"""One polite way to the web: paced, retried where that helps, and never longer than it says.

Spotipy is handed a `Session`, and ReccoBeats is asked through one. Whatever goes wrong leaves it as
a `ServiceError`, so that Spotipy's own retries, which sleep as long as they are asked to and lose the
reason, never run.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

import requests

from hitcast import __version__
from hitcast.errors import SourceError
from hitcast.sources.live import answers
from hitcast.sources.live.settings import Settings
from hitcast.sources.time_limit import Limit, cut, within
from hitcast.wording import duration

TRIES = 4
WAITS_IN_ALL = 5
LONGEST_ASKED = 30 * 86_400.0
LONGEST_WORD = 20  # what is longer in a form is a code or a token, not a word such as `client_credentials`
PASSING = (429, 500, 502, 503, 504)


class ServiceError(SourceError):
    """A web service refused, is out of reach, or answered something that is not data.

    `status` is the HTTP status (0 without an answer), `message` the service's own words, `wait` the
    pause in seconds that it asks for, `passing` whether asking again may help.
    """

    def __init__(
        self, text: str, *, status: int = 0, message: str = "", wait: float = 0.0, passing: bool = False
    ) -> None:
        super().__init__(text)
        self.status, self.message, self.wait, self.passing = status, message, wait, passing


class Session(requests.Session):
    """A requests session for one JSON service that raises ServiceError for everything but data.

    It waits as long as it is asked to up to `longest_wait`, and five times that in all.
    """

    def __init__(
        self, service: str, settings: Settings, pace: float = 0.0, notify: Callable[[str], None] | None = None
    ) -> None:
        super().__init__()
        self.headers.update({"User-Agent": f"hitcast/{__version__}", "Accept": "application/json"})
        self.service, self.settings, self.pace, self.notify = service, settings, pace, notify
        self._secrets = settings.secrets
        self.sent = 0
        self._free_at = self._waited = 0.0

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """The answer, always JSON with a status below 300.

        Raises ServiceError once trying again is hopeless or would take too long.
        """
        for attempt in range(TRIES):
            try:
                return self._once(method, url, options)
            except ServiceError as error:
                wait = error.wait or self.settings.backoff * 2**attempt
                if not error.passing or attempt == TRIES - 1 or wait > self._patience():
                    raise
            self._pause(wait)
        raise AssertionError("the last try either returns or raises")

    def _once(self, method: str, url: str, options: dict) -> requests.Response:
        if (early := self._free_at - time.monotonic()) > 0:
            time.sleep(early)
        self._free_at = time.monotonic() + self.pace
        self.sent += 1
        # A redirect could carry a token to another address, so none is followed.
        seconds = self.settings.no_answer_after
        options = options | {"timeout": (min(5, seconds), seconds), "allow_redirects": False, "stream": True}
        send = super().request

        def whole(limit: Limit) -> tuple[requests.Response, bytes | None]:
            response = send(method, url, **options)
            limit.ends(lambda: cut(response))
            return response, answers.body(response)

        try:
            response, content = within(seconds, whole)
        except (TimeoutError, requests.Timeout):
            raise ServiceError(f"{self.service} did not answer within {duration(seconds)}.") from None
        except requests.RequestException as error:
            raise self._broken(error) from None
        if content is None:
            raise ServiceError(
                f"{self.service} answered more than {answers.LARGEST_ANSWER / 1e6:.0f} MB, which cannot be data.",
                status=response.status_code,
            )
        return self._data(response, content)

    def _patience(self) -> float:
        longest = self.settings.longest_wait
        return min(longest, WAITS_IN_ALL * longest - self._waited)

    def _pause(self, seconds: float) -> None:
        self._waited += seconds
        if self.notify and seconds >= 2:
            self.notify(f"{self.service} asks to wait {duration(seconds)}")
        time.sleep(seconds)

    def _broken(self, error: requests.RequestException) -> ServiceError:
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return ServiceError(f"{self.service} broke off in the middle of an answer.", passing=True)
        reachable = isinstance(error, requests.ConnectionError)
        return ServiceError(f"{self.service} cannot be reached: is there a network?", passing=reachable)

    def _data(self, response: requests.Response, content: bytes) -> requests.Response:
        status = response.status_code
        if status >= 400:
            raise self._refusal(response, content)
        if status >= 300:
            raise ServiceError(
                f"{self.service} sent the request on to another address, which HitCast does not follow.",
                status=status,
            )
        try:
            answer = answers.plain(content, self._secrets)
        except ValueError:
            raise ServiceError(
                f"{self.service} answered something that is not data; a network's login page does that.",
                status=status,
                passing=True,
            ) from None
        # Whoever reads the answer from here on reads the harmless one.
        response._content, response.encoding = json.dumps(answer).encode(), "utf-8"
        return response

    def _refusal(self, response: requests.Response, content: bytes) -> ServiceError:
        status = response.status_code
        secrets = [*self._secrets, *_sent_secrets(response.request)]
        message, reason = (answers.hidden(text, secrets)[:200] for text in _words(content, secrets))
        if status == 429 and reason == "QUOTA_EXCEEDED":
            text = "says that the quota of your developer account is used up: try again tomorrow."
            return ServiceError(f"{self.service} {text}", status=status, message=message)
        if status == 429:
            wait = asked_wait(response.headers, content)
            pause = f"asks to wait {duration(wait)}" if wait else "asks for fewer requests"
            return ServiceError(
                f"{self.service} {pause} before it answers again.",
                status=status,
                message=message,
                wait=wait,
                passing=True,
            )
        if status in PASSING:
            text = (
                f"{self.service} has a problem of its own at the moment (status {status}): try again later."
            )
            return ServiceError(text, status=status, message=message, passing=True)
        said = f", {message}" if message else ""
        text = f"{self.service} refused the request (status {status}{said})."
        return ServiceError(text, status=status, message=message)


def asked_wait(headers: Mapping[str, str], content: bytes) -> float:
    """The pause that a 429 asks for in seconds, 0 where it does not say: header (number or date) or text.

    A pause of thirty days and more counts as thirty days.
    """
    header = headers.get("Retry-After", "").strip()
    in_text = re.search(rb"retry after (\d+) second", content[:500], re.IGNORECASE)
    seconds = header if re.fullmatch(r"\d+(\.\d+)?", header, re.ASCII) else in_text[1] if in_text else ""
    if seconds:
        return min(float(seconds), LONGEST_ASKED)
    try:
        return min(max(0.0, parsedate_to_datetime(header).timestamp() - time.time()), LONGEST_ASKED)
    except (ValueError, TypeError):
        return 0.0
    except (OverflowError, OSError):  # a date so far away that this machine cannot count to it
        return LONGEST_ASKED


def _words(content: bytes, secrets: Sequence[str]) -> tuple[str, str]:
    """The service's own message and its reason code, from any of the shapes of an error body."""
    try:
        answer: Any = answers.plain(content, secrets)
    except ValueError:
        # Of a whole page only its text is worth a thought.
        page = answers.hidden(content[:20_000].decode("utf-8", "replace"), secrets)
        # At the end half a secret may stand.
        return _short(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)[:10_000]), ""
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        return _short(error.get("message")), str(error.get("reason") or "")
    if isinstance(error, str):
        return _short(f"{error}: {answer.get('error_description') or ''}"), ""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    for each in errors if isinstance(errors, list) else []:
        if isinstance(each, dict):
            return _short(each.get("message")), ""
    return "", ""


def _short(text: object) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in str(text or ""))
    return " ".join(printable.split()).strip(": ")


def _sent_secrets(request: requests.PreparedRequest) -> list[str]:
    """What a careless service may echo of a request: its token, and the codes and tokens of a login."""
    body = request.body if isinstance(request.body, str) else ""
    posted = [value for values in parse_qs(body).values() for value in values if len(value) > LONGEST_WORD]
    return [*request.headers.get("Authorization", "").split()[1:], *posted]
