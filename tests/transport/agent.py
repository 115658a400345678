"""An SSH agent in this process (draft-ietf-sshm-ssh-agent): lists its keys and signs with them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
from paramiko.message import Message

_LIST, _LISTED, _SIGN, _SIGNED, _FAILED = 11, 12, 13, 14, 5


@contextmanager
def agent(path: Path, keys: Sequence[paramiko.PKey]) -> Iterator[Path]:
    """Answer at a socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_accept, args=(listener, {key.asbytes(): key for key in keys}))
        thread.start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listener: socket.socket, keys: dict[bytes, paramiko.PKey]) -> None:
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_serve, args=(sock, keys), daemon=True).start()


def _serve(sock: socket.socket, keys: dict[bytes, paramiko.PKey]) -> None:
    with suppress(OSError), sock, sock.makefile("rb") as file:
        while head := file.read(4):
            answer = _answered(Message(file.read(struct.unpack(">I", head)[0])), keys)
            sock.sendall(struct.pack(">I", len(answer)) + answer)


def _answered(request: Message, keys: dict[bytes, paramiko.PKey]) -> bytes:
    kind, answer = ord(request.get_byte()), Message()
    if kind == _LIST:
        answer.add_byte(bytes([_LISTED]))
        answer.add_int(len(keys))
        for blob in keys:
            answer.add_string(blob)
            answer.add_string("a key")
    elif kind == _SIGN:
        key = keys[request.get_binary()]
        answer.add_byte(bytes([_SIGNED]))
        answer.add_string(key.sign_ssh_data(request.get_binary()).asbytes())
    else:
        answer.add_byte(bytes([_FAILED]))
    return answer.asbytes()
