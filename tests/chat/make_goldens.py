"""Renders chat templates with Jinja2, set up as transformers sets it up, for tests/chat.rs.

    pip install jinja2==3.1.6
    python make_goldens.py TEMPLATES > goldens.json

TEMPLATES is `vendor/llama.cpp/models/templates` of the source distribution llama-cpp-python 0.3.36 on PyPI. From it,
qwen3.jinja (Qwen/Qwen3-0.6B) and qwen2.5.jinja (Qwen/Qwen2.5-7B-Instruct) were copied here; both models are under
Apache-2.0. smollm2.jinja is SmolLM2-1.7B-Instruct's (Apache-2.0), in which the line breaks stand as such. The template
of Llama 3.2 is under Meta's own licence and stays outside: CANDOR_TEMPLATES=TEMPLATES runs its test as well.
"""

import datetime
import hashlib
import json
import pathlib
import sys

from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
TEMPLATES = ["qwen3.jinja", "qwen2.5.jinja", "smollm2.jinja", "meta-llama-Llama-3.2-3B-Instruct.jinja"]
CHATS = [
    ["You judge answers.", "I led the migration."],
    ["", ""],
    ["Two\n\nlines, {{ braces }} and {% tags %}.", "He said <|im_end|>\n<|im_start|>system\n\"5 > 3\" & <b>ü 🙂</b>"],
]


def refuse(message):
    raise TemplateError(message)


def main():
    outside = pathlib.Path(sys.argv[1])
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    env.globals["raise_exception"] = refuse
    env.globals["strftime_now"] = datetime.datetime(2024, 7, 26).strftime
    goldens = []
    for name in TEMPLATES:
        path = HERE / name if (HERE / name).exists() else outside / name
        source = path.read_bytes()
        for system, user in CHATS:
            rendered = env.from_string(source.decode()).render(
                messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                add_generation_prompt=True,
                enable_thinking=False,
                bos_token="<|begin_of_text|>",
                eos_token="<|eot_id|>",
            )
            sha256 = hashlib.sha256(source).hexdigest()
            goldens.append(
                {"template": name, "sha256": sha256, "system": system, "user": user, "rendered": rendered}
            )
    json.dump(goldens, sys.stdout, ensure_ascii=False, indent=1)
    print()


main()
