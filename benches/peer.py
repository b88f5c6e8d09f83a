"""What benches/decoder.rs measures, by llama.cpp: one JSON object of seconds on the last line of stdout.

    python peer.py MODEL.gguf THREADS

needs llama-cpp-python 0.3.36 (pip install --no-binary llama-cpp-python llama-cpp-python==0.3.36).
"""

import json
import sys
import time

import numpy as np
from llama_cpp import Llama

path, threads = sys.argv[1], int(sys.argv[2])
model = Llama(path, n_ctx=4096, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
vocabulary = model.n_vocab()


def token(i):
    return i * 7919 % vocabulary


def read(tokens):
    model.eval(tokens)
    return int(np.argmax(model.scores[model.n_tokens - 1 if model._logits_all else 0]))


def write(count, after):
    """Greedily, one token after the other."""
    for _ in range(count):
        after = read([after])


def seconds(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def job(prefix, questions, words):
    """The guide and an answer once, each question after them by itself, and the critique in words."""
    model.reset()
    read(list(map(token, range(prefix))))
    for q in range(questions):
        model.n_tokens = prefix  # what follows is cut off before the next is read
        read([token(q * 20 + k) for k in range(20)])
    model.n_tokens = prefix
    write(words, read([token(k) for k in range(20)]))


out = {}
read(list(map(token, range(64))))  # once to warm up
for n in (512, 1500):
    model.reset()
    out[f"prefill {n}"] = seconds(lambda: read(list(map(token, range(n)))))
    out[f"decode 128 after {n}"] = seconds(lambda: write(128, 1))
out["whole job"] = seconds(lambda: job(1100, 35, 250))
print(json.dumps(out))
