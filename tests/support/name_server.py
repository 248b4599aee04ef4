"""A name server on a loopback port, speaking the DNS over UDP and TCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.zone


class NameServer:
    """
    Answers from the *text* of a zone file for everything there is. `asked` lists the questions as they came in.

    Below `servfail.test` it fails; while `silent`, and below `silent.test`, it says nothing.
    """

    def __init__(self, text: str) -> None:
        self.zone = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)
        self.asked: list[str] = []
        self.silent = False
        self.port = 0

    def answer(self, query: bytes, *, most: int) -> bytes | None:
        """Return the answer, cut to *most* bytes; None for silence."""
        message = dns.message.from_wire(query)
        question = message.question[0]
        name = question.name.to_text().lower()
        self.asked.append(name)
        if self.silent or name.endswith("silent.test."):
            return None
        answer = dns.message.make_response(message)
        if name.endswith("servfail.test."):
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer.to_wire()
        node = self.zone.get_node(question.name.derelativize(self.zone.origin))
        if node is None and name != ".":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif node is not None and (found := node.get_rdataset(question.rdclass, question.rdtype)) is not None:
            answer.answer.append(dns.rrset.from_rdata_list(question.name, found.ttl, list(found)))
        wire = answer.to_wire()
        if len(wire) <= most:
            return wire
        answer.answer.clear()
        answer.flags |= dns.flags.TC
        return answer.to_wire()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self.server = server
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self.server.answer(data, most=512)
        if answer is not None:
            self.transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def name_server(text: str) -> AsyncIterator[NameServer]:
    """Yield a server of *text* that listens on `port` at 127.0.0.1."""
    server = NameServer(text)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                answer = server.answer(await reader.readexactly(size), most=65535)
                if answer is not None:
                    writer.write(len(answer).to_bytes(2, "big") + answer)
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(server), local_addr=("127.0.0.1", server.port)
    )
    try:
        yield server
    finally:
        transport.close()
        listener.close()
        await listener.wait_closed()
