"""What may stand where Valkey belongs: nothing, a server that answers nobody yet, or the way to the real one."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import hiredis

LOADING = b"-LOADING Valkey is loading the dataset in memory\r\n"


class Proxy:
    """A TCP proxy that can be cut and restored on the same port. While `saying` is set, new connections hear that for
    an answer to every command but AUTH, which Valkey takes while it loads."""

    def __init__(self, url: str, saying: bytes) -> None:
        self.target, self.port, self.saying = urlsplit(url).port, 0, saying
        self.writers: list[asyncio.StreamWriter] = []
        self._real_url = url

    @classmethod
    async def start(cls, url: str, saying: bytes = b"") -> "Proxy":
        self = cls(url, saying)
        await self.restore()
        return self

    @property
    def url(self) -> str:
        return self._real_url.replace(f":{self.target}/", f":{self.port}/")

    async def restore(self) -> None:
        self.server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.saying:
            self.writers.append(writer)
            await _answer_all(reader, writer, self.saying)
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers += [writer, far_writer]
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)


async def _answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
    commands = hiredis.Reader()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65536):
            commands.feed(data)
            while (command := commands.gets()) is not False:
                writer.write(b"+OK\r\n" if command[0] == b"AUTH" else answer)
            await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
