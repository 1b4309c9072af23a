from __future__ import annotations

import asyncio
import gc
import socket


async def test_a_connection_that_comes_as_a_server_closes_is_closed() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname(), timeout=60.0) as client:
        # Taken by the first look of the loop, and given to the server by the second.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        server.close()
        await asyncio.sleep(0)
        # What is left open fails this test.
        gc.collect()
        assert await asyncio.to_thread(client.recv, 1) == b""
