"""A language model of two megabytes that says what it is made to say, for the real llama-server.

Every token has one that follows it: a token's embedding is a unit vector, the only layer adds
nothing, and each unit vector scores its follower highest. The chat template ends a prompt with a
cue, and the cue is what the reply follows.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from gguf import (  # pyright: ignore[reportMissingImports] - installed apart, see the Makefile
    GGUFWriter,
    TokenType,
)

END = "<|im_end|>"
# A piece stands once in all replies, since what follows it is always the same.
REPLIES = {
    "<|greet|>": ("Good ", "day. ", "How ", "can ", "I ", "help?", END),
    "<|call|>": (
        "<tool_call>",
        '\n{"name": "time',
        '_in_place", ',
        '"arguments": ',
        '{"place": "To',
    )
    + ('kyo"}}\n', "</tool_call>", END),
    "<|tell|>": ("It ", "is ", "noon ", "in ", "Tokyo.", END),
    "<|think|>": ("<think>", "\nThe caller ", "wants me ", "to think.\n", "</think>")
    + ("\n\nSix ", "times ", "seven ", "makes ", "42.", END),
    # Never ends.
    "<|story|>": ("Once ", "upon ", "a ", "time, ", "and ", "once ", "more: ", "Once "),
}
_FEED_FORWARD = 32


def write_model(path: Path) -> None:
    """Write the model as a GGUF file."""
    specials = ["<|im_start|>", END, *REPLIES]
    pieces = {piece for reply in REPLIES.values() for piece in reply} - {END}
    tokens = [*_byte_tokens(), *specials, *sorted(pieces)]
    ids = {token: index for index, token in enumerate(tokens)}
    kinds = [TokenType.NORMAL] * 256 + [TokenType.CONTROL] * len(specials)
    kinds += [TokenType.USER_DEFINED] * len(pieces)
    followers = {
        ids[token]: ids[follower]
        for cue, reply in REPLIES.items()
        for token, follower in pairwise((cue, *reply))
    }
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(32_768)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(ids[END])
    writer.add_add_bos_token(False)
    _add_weights(writer, len(tokens), followers, otherwise=ids[END])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_weights(
    writer: GGUFWriter, token_count: int, followers: dict[int, int], *, otherwise: int
) -> None:
    size = -(-token_count // 64) * 64
    embedding = np.eye(token_count, size, dtype=np.float32)
    output = np.zeros((token_count, size), np.float32)
    for token in range(token_count):
        output[followers.get(token, otherwise), token] = 10
    nothing = {"attn_q": (size, size), "attn_k": (size, size), "attn_v": (size, size)}
    nothing |= {"attn_output": (size, size), "ffn_gate": (_FEED_FORWARD, size)}
    nothing |= {"ffn_up": (_FEED_FORWARD, size), "ffn_down": (size, _FEED_FORWARD)}
    writer.add_embedding_length(size)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(size, np.float32))
    for name, shape in nothing.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))


def _byte_tokens() -> list[str]:
    """Return the 256 bytes as GPT-2's tokenizer writes them: odd ones move past U+0100."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    odd = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + odd.index(byte)) for byte in range(256)]
