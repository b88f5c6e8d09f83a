"""Writes the goldens of the decoder: logits of tiny random models, computed by Hugging Face transformers.

    python3.11 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_goldens.py

The models have the real architectures but are a few hundred wide, and their weights come from a counter-based
generator that `tests/decoder/tiny.rs` has too, so that the repository holds only what is compared:

    seed(name)   = 64-bit FNV-1a of the tensor's Hugging Face name
    bits(i)      = splitmix64's output for the state seed + (i + 1) * 0x9E3779B97F4A7C15
    uniform(i)   = (bits(i) >> 40) / 2**23 - 1, in [-1, 1), exact in f32
    weight(i)    = offset + scale * uniform(i), in f32

Matrices have scale gain / sqrt(columns); the embedding 0.1; norms 1 + 0.3 u; biases 0.3 u. The gain of queries and keys
is the larger, so that attention is sharp and a wrong rotation or mask shows.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

VOCABULARY = 304
CONTEXT = 4096
LENGTHS = [2, 3, 17, 64, 129, 511, 1000]
LONGEST = 3000
MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def seed(name: str) -> int:
    """64-bit FNV-1a."""
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & MASK
    return h


def bits(name: str, n: int) -> np.ndarray:
    """The first `n` outputs of splitmix64 seeded by the name (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def law(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """Offset and scale of a tensor."""
    if "norm" in name:
        return 1.0, 0.3
    if name.endswith(".bias"):
        return 0.0, 0.3
    if "embed_tokens" in name:
        return 0.0, 0.1
    gain = 2.0 if "q_proj" in name or "k_proj" in name else 1.5
    return 0.0, gain / math.sqrt(shape[1])


def weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    n = math.prod(shape)
    uniform = (bits(name, n) >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    offset, scale = law(name, shape)
    return torch.from_numpy((np.float32(offset) + np.float32(scale) * uniform).reshape(shape))


def tokens(n: int) -> list[int]:
    return [int(b % VOCABULARY) for b in bits(f"tokens {n}", n)]


def models() -> dict[str, torch.nn.Module]:
    shape = dict(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-5,
        attn_implementation="eager",
        dtype="float32",
    )
    llama3 = {
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 256,
    }
    plain = {"rope_type": "default", "rope_theta": 10000.0}
    qwen = {"rope_type": "default", "rope_theta": 1000000.0}
    return {
        "llama": LlamaForCausalLM(LlamaConfig(**shape, rope_parameters=plain, tie_word_embeddings=False)),
        "llama3": LlamaForCausalLM(LlamaConfig(**shape, rope_parameters=llama3, tie_word_embeddings=True)),
        "qwen2": Qwen2ForCausalLM(Qwen2Config(**shape, rope_parameters=qwen, tie_word_embeddings=True)),
        # the width of the heads is not hidden_size / heads, as in Qwen3-0.6B
        "qwen3": Qwen3ForCausalLM(
            Qwen3Config(**shape, head_dim=128, rope_parameters=qwen, tie_word_embeddings=False)
        ),
    }


def logits(model: torch.nn.Module, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0]


def rounded(x: torch.Tensor) -> list[int]:
    """In ten-thousandths."""
    return [round(v * 1e4) for v in x.tolist()]


def golden(name: str, model: torch.nn.Module) -> dict:
    tied = model.config.tie_word_embeddings
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(weight(key, tuple(p.shape)))
    model.eval()
    if tied:
        model.tie_weights()
    ends = {}
    for n in LENGTHS:
        out = logits(model, tokens(n))
        ends[str(n)] = rounded(out[-1, ::19])
    out = logits(model, tokens(LONGEST))
    every = [p for p in range(LONGEST) if p < 256 or p % 9 == 0 or p == LONGEST - 1]
    whole = [0, 1, 255, 1023, 1777, LONGEST - 1]
    base = model.config.rope_parameters["rope_theta"]
    d = getattr(model.config, "head_dim", None) or 64
    plain = 1.0 / (base ** (torch.arange(0, d, 2, dtype=torch.int64).float() / d))
    factors = plain / model.model.rotary_emb.inv_freq
    print(name, "logits of spread", float(out.std()), "factors up to", float(factors.max()))
    return {
        "model": name,
        "ends": ends,
        # at each position one logit, of the token position * 37 % VOCABULARY
        "every": [[p, round(float(out[p, p * 37 % VOCABULARY]) * 1e4)] for p in every],
        # every fourth logit
        "whole": {str(p): rounded(out[p, ::4]) for p in whole},
        "rope_factors": factors.tolist() if float(factors.max()) > 1 else None,
    }


def main() -> None:
    torch.manual_seed(0)
    found = [golden(name, model) for name, model in models().items()]
    path = Path(__file__).parent / "goldens.json"
    lines = ",\n".join(json.dumps(g, separators=(",", ":")) for g in found)
    path.write_text(f"[\n{lines}\n]\n")
    print(path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
