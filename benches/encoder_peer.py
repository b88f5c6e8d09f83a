"""What `benches/encoder.py` compares with: the same encoder in Python, by `tokenizers` and ONNX Runtime, text to roles and tags.

    python encoder_peer.py MODEL.onnx THREADS ANSWER.txt

writes a role and the tags of each sentence, from a cold start. It imports nothing that it doesn't need for that.
"""

import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

TOKENIZER = Path(__file__).parent.parent / "tests" / "goldens" / "tokenizer.json"
ROLES = ["context", "ownership", "action", "result", "lesson", "other"]
SEP, WINDOW = 102, 512


def session(model, threads):
    """At its best: all optimizations, but for the one that puts a norm and the sum before it into one operator, which on CPUs
    takes several times as long as the two."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads wait busily inside a run, and not after it, when it is candor's turn.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"],
                                disabled_optimizers=["SkipLayerNormFusion"])


def tokenizer():
    out = Tokenizer.from_file(str(TOKENIZER))
    out.enable_truncation(WINDOW)
    return out


def sentences(text):
    return re.split(r"(?<=[.!?])\s+", text.strip())


def tokens(tokenizer, texts):
    """The ids of each answer, read at once, its sentences parted as the encoder wants them."""
    encodings = tokenizer.encode_batch_fast([" [SEP] ".join(sentences(text)) for text in texts])
    return [np.array(encoding.ids, np.int32) for encoding in encodings]


def forward(session, ids):
    """Of each token what every label makes of it: of one answer alone, or of several, padded, if the model takes a mask."""
    if len(session.get_inputs()) == 1:
        return list(session.run(None, {"ids": ids[0][None]})[0])
    batch = np.zeros((len(ids), max(map(len, ids))), np.int32)
    mask = np.zeros_like(batch)
    for row, some, of in zip(batch, mask, ids):
        row[:len(of)], some[:len(of)] = of, 1
    return [said[:len(of)] for said, of in zip(session.run(None, {"ids": batch, "mask": mask})[0], ids)]


def heads(ids, said):
    """The role probabilities of each sentence, and the logits of its tags: each label's mean over the tokens, weighted by
    the softmax of how much it minds each."""
    ends = np.flatnonzero(ids == SEP)
    starts = np.concatenate([[1], ends[:-1] + 1])
    labels = said.shape[1] // 2
    minds, says = said[1:, :labels], said[1:, labels:]
    minds = np.where((ids[1:] == SEP)[:, None], np.float32(-1e9), minds)
    weights = np.exp(minds - np.repeat(np.maximum.reduceat(minds, starts - 1), ends + 1 - starts, axis=0))
    logits = np.add.reduceat(weights * says, starts - 1) / np.add.reduceat(weights, starts - 1)
    roles = np.exp(logits[:, :len(ROLES)])
    return roles / roles.sum(1, keepdims=True), logits[:, len(ROLES):]


def hear(session, tokenizer, texts, batch):
    """All of it, answers of about the same length together, in their order."""
    ids = tokens(tokenizer, texts)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    out = [None] * len(ids)
    for at in range(0, len(order), batch):
        some = order[at:at + batch]
        for i, said in zip(some, forward(session, [ids[i] for i in some])):
            out[i] = heads(ids[i], said)
    return out


def main():
    model, threads, path = sys.argv[1:]
    [(roles, tags)] = hear(session(model, int(threads)), tokenizer(), [Path(path).read_text()], 1)
    for role, tag in zip(roles.argmax(1), tags):
        print(ROLES[role], *np.flatnonzero(tag > 0))


if __name__ == "__main__":
    main()
