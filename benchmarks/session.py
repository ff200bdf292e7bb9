"""A browser's side of a Streamlit session without the browser: presses, moves, drops files, reads what comes."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def identity(element: Any) -> str:
    """What a widget is known by, empty for what is none."""
    return getattr(getattr(element, element.WhichOneof("type") or "empty"), "id", "")


class Session:
    """One tab. `elements` is what the page shows since its last run, `received` the bytes that came in it."""

    def __init__(self, address: str, socket: WebSocketClientConnection, cookie: str) -> None:
        self.address, self.socket, self.cookie = address, socket, cookie
        self.identity, self.page = "", ""
        self.pages: dict[str, str] = {}
        self.elements: dict[tuple[int, ...], Any] = {}
        self.came: dict[tuple[int, ...], float] = {}  # when each element did
        self.fragments: dict[str, str] = {}  # of a widget in one
        self.received: list[bytes] = []
        self._known: dict[str, ForwardMsg] = {}
        self._runs, self._used = 0, dict[str, int]()
        self._dropped: dict[str, WidgetState] = {}

    @classmethod
    async def open(cls, address: str) -> "Session":
        """A tab that has loaded the first page."""
        answer = await AsyncHTTPClient().fetch(f"{address}/_stcore/health")
        cookie = answer.headers.get("Set-Cookie", "").split(";")[0]
        request = HTTPRequest(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream",
            headers={"Cookie": cookie, "Origin": address},
        )
        session = cls(address, await websocket_connect(request, subprotocols=["streamlit"]), cookie)
        await session.run()
        return session

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    async def turn_to(self, path: str) -> float:
        """Open another page by its address."""
        self.page = self.pages[path]
        return await self.run()

    async def press(self, key: str) -> float:
        """Press a button."""
        return await self.run(WidgetState(id=self.widget(key).id, trigger_value=True))

    async def move(self, key: str, value: float) -> float:
        """Move a slider."""
        state = WidgetState(id=self.widget(key).id)
        state.double_array_value.data.append(value)
        return await self.run(state)

    async def choose(self, key: str, number: int) -> float:
        """Press one part of a segmented control, by its place."""
        state = WidgetState(id=self.widget(key).id)
        state.int_array_value.data.append(number)
        return await self.run(state)

    async def drop(self, key: str, name: str, content: bytes) -> float:
        """Put a file into an uploader."""
        urls = await self._place_for(name)
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: text/csv\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": self.cookie,
            "X-Xsrftoken": self.cookie.partition("=")[2],
        }
        address = f"{self.address}{urls.upload_url}"
        await AsyncHTTPClient().fetch(address, method="PUT", headers=headers, body=body)
        state = WidgetState(id=self.widget(key).id)
        file = state.file_uploader_state_value.uploaded_file_info.add()
        file.name, file.size, file.file_id = name, len(content), urls.file_id
        file.file_urls.CopyFrom(urls)
        self._dropped[state.id] = state
        return await self.run(state)

    def forget_files(self) -> None:
        """Take back what was dropped."""
        self._dropped = {}

    async def run(self, changed: WidgetState | None = None) -> float:
        """Have the script run; seconds until it has."""
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self.page
        asked.rerun_script.fragment_id = self.fragments.get(changed.id, "") if changed else ""
        states = {**self._dropped, **({changed.id: changed} if changed else {})}
        asked.rerun_script.widget_states.widgets.extend(states.values())
        asked.rerun_script.cached_message_hashes.extend(self._known)
        began = time.perf_counter()
        await self._send(asked)
        self.received = []
        while True:
            message = await self._next()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.identity, self.page = (
                    message.new_session.initialize.session_id,
                    message.new_session.page_script_hash,
                )
                if not message.new_session.fragment_ids_this_run:
                    self.elements, self.fragments = {}, {}
            elif kind == "navigation":
                self.pages = {
                    page.url_pathname: page.page_script_hash for page in message.navigation.app_pages
                }
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                path = tuple(message.metadata.delta_path)
                self.elements[path], self.came[path] = element, time.perf_counter()
                self.fragments[identity(element)] = message.delta.fragment_id
            elif kind == "script_finished" and message.script_finished in DONE:
                spent = time.perf_counter() - began
                self._forget_old_messages()
                return spent

    def shown(self, kind: str) -> Iterator[Any]:
        """The elements of a kind, such as `markdown`."""
        return (getattr(each, kind) for each in self.elements.values() if each.WhichOneof("type") == kind)

    def widget(self, key: str) -> Any:
        """The widget with this key. Raises LookupError where the page has none."""
        for each in self.elements.values():
            if identity(each).endswith(f"-{key}"):
                return getattr(each, each.WhichOneof("type"))
        texts = [alert.body for alert in self.shown("alert")]
        raise LookupError(f"there is no {key} on the page; it says {texts}")

    def _forget_old_messages(self) -> None:
        """As the browser does with what two runs did not use."""
        self._runs += 1
        self._known = {
            hash: known for hash, known in self._known.items() if self._runs - self._used[hash] <= 2
        }

    async def _place_for(self, name: str) -> FileURLs:
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid.uuid4().hex
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.identity
        await self._send(asked)
        while (message := await self._next()).WhichOneof("type") != "file_urls_response":
            pass
        return message.file_urls_response.file_urls[0]

    async def _send(self, message: BackMsg) -> None:
        await self.socket.write_message(message.SerializeToString(), binary=True)

    async def _next(self) -> ForwardMsg:
        """The next message; one that came before comes as a reference to it."""
        data = await self.socket.read_message()
        if data is None:
            raise ConnectionError("the server closed the session")
        self.received.append(data)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            known = ForwardMsg()
            known.CopyFrom(self._known[message.ref_hash])
            self._used[message.ref_hash] = self._runs
            known.metadata.CopyFrom(message.metadata)
            return known
        if message.metadata.cacheable:
            self._known[message.hash] = message
            self._used[message.hash] = self._runs
        return message
