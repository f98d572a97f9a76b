#!/usr/bin/env python3
"""reference.py FILE.onnx...: probabilities of the test image by PyTorch, as tests/harness/torch_values.h has them.

Interprets the ONNX graph with torch's own functions, so it shares nothing with the C code. Needs python3-torch and
python3-onnx. With --accuracy FILE.onnx DATA.bin it prints the accuracy per exit on a CIFAR-10 binary file instead; with
--first N FILE.onnx IMAGES.gz confidence and class per exit of the first N Fashion-MNIST images (fashion_values.h)."""
import gzip
import sys
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def run(graph, x):
    v = {i.name: torch.from_numpy(numpy_helper.to_array(i).astype(np.float32)) for i in graph.initializer}
    v[graph.input[0].name] = x
    for n in graph.node:
        a = {t.name: onnx.helper.get_attribute_value(t) for t in n.attribute}
        i = [v[k] for k in n.input]
        if n.op_type == 'Conv':
            r = F.conv2d(i[0], i[1], i[2], a['strides'], a['pads'][:2], a['dilations'], a['group'])
        elif n.op_type == 'Relu':
            r = F.relu(i[0])
        elif n.op_type == 'Add':
            r = i[0] + i[1]
        elif n.op_type == 'Concat':
            r = torch.cat(i, a['axis'])
        elif n.op_type == 'ReduceMean':
            r = i[0].mean(a['axes'], keepdim=bool(a['keepdims']))
        elif n.op_type == 'Gemm':
            r = i[0] @ i[1].T + i[2]
        elif n.op_type == 'Softmax':
            r = F.softmax(i[0], a['axis'])
        else:
            sys.exit(f'{n.op_type}: not needed by the shipped networks')
        v[n.output[0]] = r
    return [v[o.name].numpy() for o in graph.output]


def normalise(x, mean=MEAN, deviation=DEVIATION):
    def f(t):
        return np.array(t, np.float32).reshape(1, -1, 1, 1)
    return torch.from_numpy((x.astype(np.float32) / 255 - f(mean)) / f(deviation))


def image(seed):
    out = np.zeros(3072, np.uint8)
    for i in range(3072):
        seed = (seed * 1664525 + 1013904223) % 2**32
        out[i] = seed >> 24
    return out.reshape(1, 3, 32, 32)


with torch.no_grad():
    if sys.argv[1] == '--accuracy':
        graph = onnx.load(sys.argv[2]).graph
        data = np.fromfile(sys.argv[3], np.uint8).reshape(-1, 3073)
        right = 0
        for k in range(0, len(data), 100):
            part = data[k:k + 100]
            p = np.stack(run(graph, normalise(part[:, 1:].reshape(-1, 3, 32, 32))), 1)
            right = right + (p.argmax(-1) == part[:, :1]).sum(0)
        print(right / len(data))
    elif sys.argv[1] == '--first':
        images = np.frombuffer(gzip.open(sys.argv[4]).read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
        x = normalise(images[:int(sys.argv[2])], (0.2860,), (0.3530,))
        for row in np.stack(run(onnx.load(sys.argv[3]).graph, x), 1):
            print('{ ' + ', '.join('{ %.6ff, %d }' % (p.max(), p.argmax()) for p in row) + ' },')
    else:
        for path in sys.argv[1:]:
            exits = run(onnx.load(path).graph, normalise(image(7)))
            print('{ "%s", %d, {' % (path.split('/')[-1][:-5], len(exits)))
            for p in exits:
                print('\t{ ' + ', '.join('%.7gf' % q if '.' in '%.7g' % q or 'e' in '%.7g' % q else '%.7g.0f' % q
                                         for q in p[0]) + ' },')
            print('} },')
