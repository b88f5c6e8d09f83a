"""Writes the encoder for ONNX Runtime, from the weights in the binary: `python encoder_onnx.py FOLDER`.

Attention, and bias with GELU, are an operator of ONNX Runtime each, as its optimizer for BERT has them. In f32, and with 8-bit
weights and activations by dynamic quantization, a scale for each matrix: with one for each channel it was slower (by 2 to 5 %),
and so was attention with products of its own before it (by up to 6 %). With a mask for padded answers, and without, which is
faster, for one alone.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

MODEL = Path(__file__).parent.parent / "models" / "encoder"
HEADS, LAYERS, EPSILON = 12, 6, 1e-12
CONTRIB = "com.microsoft"


def weights():
    """Every tensor of the model in the binary, in f32."""
    out = {}
    for name in ("model", "words"):
        stored = load_file(MODEL / f"{name}.safetensors")
        for key, values in stored.items():
            if key.endswith(".scale"):
                continue
            scale = stored.get(f"{key}.scale")
            if scale is not None:
                blocks = values.reshape(*scale.shape, -1).astype(np.float32)
                values = (blocks * scale[..., None]).reshape(values.shape)
            out[key] = values
    return out


class Graph:
    """Nodes and their constants, one after the other."""

    def __init__(self):
        self.weights, self.nodes, self.constants = weights(), [], []

    def constant(self, name, values=None):
        values = self.weights[name] if values is None else values
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op, inputs, name, domain="", more=(), **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name, *more], name, domain=domain, **attributes))
        return name

    def norm(self, name):
        return [self.constant(f"{name}.{kind}") for kind in ("weight", "bias")]

    def product(self, x, name):
        """Without its bias."""
        return self.add("MatMul", [x, self.constant(f"{name}.T", self.weights[f"{name}.weight"].T)], f"{name}.product")

    def product_onto(self, x, name, old, norm):
        """Adds a product to what was there, and norms the sum."""
        y = self.add("Add", [self.product(x, name), self.constant(f"{name}.bias")], f"{name}.out")
        y = self.add("Add", [y, old], f"{name}.sum")
        return self.add("LayerNormalization", [y, *self.norm(norm)], f"{norm}.out", epsilon=EPSILON)

    def layer(self, x, layer, mask):
        parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        qkv = self.constant(f"{layer}.qkv", np.concatenate([self.weights[f"{part}.weight"] for part in parts]).T)
        bias = self.constant(f"{layer}.bias", np.concatenate([self.weights[f"{part}.bias"] for part in parts]))
        mixed = self.add("Attention", [x, qkv, bias, *mask], f"{layer}.mixed", CONTRIB, num_heads=HEADS)
        output = f"{layer}.attention.output"
        x = self.product_onto(mixed, f"{output}.dense", x, f"{output}.LayerNorm")
        up = f"{layer}.intermediate.dense"
        inner = self.add("BiasGelu", [self.product(x, up), self.constant(f"{up}.bias")], f"{up}.out", CONTRIB)
        return self.product_onto(inner, f"{layer}.output.dense", x, f"{layer}.output.LayerNorm")

    def heads(self, x):
        """How much each label minds each token, then what it makes of it; the number of both."""
        w = self.weights
        labels = np.concatenate([w[name] for name in ("attend.weight", "cue_attend", "role.weight", "tag.weight", "cue")])
        biases = np.concatenate([w[name] for name in ("role.bias", "tag.bias", "cue_bias")])
        said = self.add("MatMul", [x, self.constant("labels", labels.T)], "heads")
        self.add("Add", [said, self.constant("biases", np.concatenate([np.zeros_like(biases), biases]))], "said")
        return len(labels)


def write(path, mask):
    """The model in f32: ids in (and a mask), of each token what every label makes of it out."""
    g = Graph()
    tables = [g.constant("words.weight"), g.constant("positions.weight")]
    x = g.add("EmbedLayerNormalization", ["ids", "", *tables, "", *g.norm("norm")], "embedded", CONTRIB, ["unused"],
              epsilon=EPSILON)
    for i in range(LAYERS):
        x = g.layer(x, f"layer.{i}", mask)
    labels = g.heads(x)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, ["batch", "tokens"]) for name in ("ids", *mask)]
    output = helper.make_tensor_value_info("said", TensorProto.FLOAT, ["batch", "tokens", labels])
    graph = helper.make_graph(g.nodes, "encoder", inputs, [output], g.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def main():
    folder = Path(sys.argv[1])
    for name, mask in (("alone", []), ("padded", ["mask"])):
        f32 = folder / f"{name}-f32.onnx"
        write(f32, mask)
        quantize_dynamic(f32, folder / f"{name}-int8.onnx", weight_type=QuantType.QInt8, nodes_to_exclude=["heads"],
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})


if __name__ == "__main__":
    main()
