#!/usr/bin/env python3
"""What the stages of a network cost in PyTorch: one CUDA graph per stage, float16, channels last, batch 1, cuDNN's benchmark on.

  time_torch.py [--passes N] [--peaks] [--data FILE] [--check BUNDLE] [--device cuda|cpu] FILE.onnx ... >OUT.csv

Columns: network, depth, p50_us and p99_us (host: replay, then wait; image and result stay on the device), device_p50_us (events
around the replay), transfers_p50_us (host: image in from pinned memory, replay, probabilities out, wait). `laxity profile
--compare OUT.csv` prints them beside its own. Stages are found as measurement.md 2 says. On a CPU the stages run in float32
without graphs, and the columns of the device stay empty.

--peaks writes what a large copy and a large product reach here as comment lines. --check BUNDLE compares the confidences
of the first images of --data (CIFAR-10's test_batch.bin, an IDX file, or their folder) with the bundle's outcomes.csv: exit
status 3 if one differs by more than 0.02 (0.001 on a CPU). Needs PyTorch, NumPy and the onnx package."""
import argparse
import csv
import gzip
import os
import sys
import time

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    if {'-h', '--help'} & set(sys.argv):
        print(__doc__)
        sys.exit(0)
    sys.exit(f'time_torch.py: {missing}; scripts/install-deps train installs what it needs')

CIFAR = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
FASHION = (0.2860,), (0.3530,)
IMAGES = 200  # of --check


def stop(message):
    print('time_torch:', message, file=sys.stderr)
    sys.exit(1)


def split(graph):
    """Nodes of every stage: those that output d needs and no output before it."""
    maker = {n.output[0]: k for k, n in enumerate(graph.node)}
    taken, stages = set(), []
    for out in graph.output:
        need, left = set(), [out.name]
        while left:
            k = maker.get(left.pop())
            if k is not None and k not in need and k not in taken:
                need.add(k)
                left.extend(graph.node[k].input)
        taken |= need
        stages.append([graph.node[k] for k in sorted(need)])
    return stages


class Network:
    def __init__(self, path, device, kind):
        import onnx
        from onnx import numpy_helper
        graph = onnx.load(path).graph
        self.name = os.path.basename(path)[:-5]
        self.outputs = [o.name for o in graph.output]
        self.input = graph.input[0].name
        self.shape = [max(d.dim_value, 1) for d in graph.input[0].type.tensor_type.shape.dim]
        self.device, self.kind = device, kind
        self.constant = {}
        for i in graph.initializer:
            t = torch.from_numpy(numpy_helper.to_array(i).astype(np.float32)).to(device, kind)
            self.constant[i.name] = t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t
        self.stages = [[(n.op_type, list(n.input), n.output[0],
                         {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}) for n in s]
                       for s in split(graph)]

    def image(self, values):
        return values.to(self.device, self.kind).contiguous(memory_format=torch.channels_last)

    def run(self, stage, v):
        """One stage (from 0); v holds what earlier ones made."""
        for op, names, out, a in self.stages[stage]:
            i = [v[k] if k in v else self.constant[k] for k in names]
            if op == 'Conv':
                v[out] = F.conv2d(i[0], i[1], i[2] if len(i) > 2 else None, a['strides'], a['pads'][:2], a['dilations'],
                                  a['group'])
            elif op == 'Relu':
                v[out] = F.relu(i[0])
            elif op == 'Add':
                v[out] = i[0] + i[1]
            elif op == 'Concat':
                v[out] = torch.cat(i, a['axis'])
            elif op == 'ReduceMean':
                v[out] = i[0].mean(a['axes'], keepdim=bool(a['keepdims']))
            elif op == 'Gemm':
                v[out] = F.linear(i[0], i[1], i[2])
            elif op == 'Softmax':
                v[out] = F.softmax(i[0], a['axis'], dtype=torch.float32)
            else:
                stop(f'{self.name}: {op}: none of the given networks has it')
        return v[self.outputs[stage]]


def quantiles(ns):
    return [float(q) / 1000 for q in np.percentile(ns, (50, 99), method='inverted_cdf')]


def time_on_cpu(net, passes):
    x = net.image(torch.randn(net.shape))
    ns = np.zeros((len(net.stages), passes))
    for k in range(-passes // 10, passes):
        v = {net.input: x}
        for d in range(len(net.stages)):
            begun = time.perf_counter_ns()
            net.run(d, v)
            ns[d, k] = time.perf_counter_ns() - begun
    return [(*quantiles(row), None, None) for row in ns]


def time_on_gpu(net, passes):
    host = torch.randn(net.shape).to(net.kind).contiguous(memory_format=torch.channels_last).pin_memory()
    v = {net.input: net.image(torch.randn(net.shape))}
    depths, stream = len(net.stages), torch.cuda.Stream()
    results, pool, graphs = [], None, []
    with torch.cuda.stream(stream):
        for _ in range(5):  # cuDNN chooses, code is loaded
            warm = dict(v)
            for d in range(depths):
                net.run(d, warm)
        stream.synchronize()
        for d in range(depths):
            g = torch.cuda.CUDAGraph()
            with torch.cuda.graph(g, pool=pool, stream=stream):
                results.append(net.run(d, v))
            pool = pool or g.pool()
            graphs.append(g)
        pinned = torch.empty(results[0].shape, dtype=results[0].dtype).pin_memory()
        plain, moved, device = (np.zeros((depths, passes)) for _ in range(3))
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        for k in range(-passes // 10, passes):
            for d, g in enumerate(graphs):
                begun = time.perf_counter_ns()
                g.replay()
                stream.synchronize()
                plain[d, k] = time.perf_counter_ns() - begun
            for d, g in enumerate(graphs):
                begun = time.perf_counter_ns()
                if d == 0:
                    v[net.input].copy_(host, non_blocking=True)
                g.replay()
                pinned.copy_(results[d], non_blocking=True)
                stream.synchronize()
                moved[d, k] = time.perf_counter_ns() - begun
            for d, g in enumerate(graphs):
                begin.record(stream)
                g.replay()
                end.record(stream)
                end.synchronize()
                device[d, k] = begin.elapsed_time(end) * 1e6
    return [(*quantiles(plain[d]), quantiles(device[d])[0], quantiles(moved[d])[0]) for d in range(depths)]


def peaks():
    def best(work, n):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        times = []
        for _ in range(n):
            begin.record()
            work()
            end.record()
            end.synchronize()
            times.append(begin.elapsed_time(end) * 1e-3)
        return sorted(times[1:])[len(times[1:]) // 2]
    a, b = (torch.randn(8192, 8192, device='cuda', dtype=torch.float16) for _ in range(2))
    print(f'# measured: {2 * 8192**3 / best(lambda: a @ b, 12) * 1e-12:.0f} Tflop/s (float16, 8192 x 8192 x 8192)')
    x = torch.empty(2**30, device='cuda', dtype=torch.uint8)
    y = torch.empty_like(x)
    print(f'# measured: {2 * 2**30 / best(lambda: y.copy_(x), 12) * 1e-12:.2f} Tbyte/s (copies of 1 GiB, read and written)')


def read_images(path):
    if os.path.isdir(path):
        names = [f for f in ('test_batch.bin', 't10k-images-idx3-ubyte', 't10k-images-idx3-ubyte.gz')
                 if os.path.exists(os.path.join(path, f))]
        path = os.path.join(path, names[0]) if names else stop(f'{path}: neither test_batch.bin nor t10k-images in it')
    data = (gzip.open if path.endswith('.gz') else open)(path, 'rb').read()
    if path.endswith('.bin'):
        x, (mean, deviation) = np.frombuffer(data, np.uint8).reshape(-1, 3073)[:IMAGES, 1:].reshape(-1, 3, 32, 32), CIFAR
    else:
        n, h, w = np.frombuffer(data, '>i4', 4)[1:]
        x, (mean, deviation) = np.frombuffer(data, np.uint8, offset=16).reshape(n, 1, h, w)[:IMAGES], FASHION
    shape = (1, -1, 1, 1)
    return torch.from_numpy((x.astype(np.float32) / 255 - np.array(mean, np.float32).reshape(shape))
                            / np.array(deviation, np.float32).reshape(shape))


def check(nets, path, bundle, tolerance):
    images, mine = read_images(path), {}
    for net in nets:
        rows = []
        for k in range(len(images)):
            v = {net.input: net.image(images[k:k + 1])}
            rows.append([net.run(d, v)[0].float().cpu() for d in range(len(net.stages))])
        mine[net.name] = rows
    worst, seen = 0.0, 0
    with open(os.path.join(bundle, 'outcomes.csv')) as f:
        for row in csv.DictReader(line for line in f if not line.startswith('#')):
            k = int(row['input'])
            if row['network'] in mine and k < len(images):
                p = mine[row['network']][k][int(row['depth']) - 1]
                worst = max(worst, abs(float(p.max()) - float(row['confidence'])))
                seen += 1
    bad = not seen or worst > tolerance
    print(f'time_torch: {bundle}: {seen} confidences, largest difference {worst:.2g}, limit {tolerance:g}: '
          + ('FAILED' if bad else 'good'), file=sys.stderr)
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('files', nargs='+', metavar='FILE.onnx')
    p.add_argument('--passes', type=int, default=1000)
    p.add_argument('--device', choices=('cuda', 'cpu'), default='cuda')
    p.add_argument('--peaks', action='store_true')
    p.add_argument('--data')
    p.add_argument('--check', metavar='BUNDLE')
    o = p.parse_args()
    gpu = o.device == 'cuda'
    if gpu and not torch.cuda.is_available():
        stop('no GPU for PyTorch here (--device cpu)')
    if o.check and not o.data:
        stop('--check needs --data')
    if not gpu:
        torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    with torch.inference_mode():
        nets = [Network(f, o.device, torch.float16 if gpu else torch.float32) for f in o.files]
        name = torch.cuda.get_device_name() if gpu else 'CPU, one thread'
        print(f'# PyTorch {torch.__version__}' + (f', CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}' if gpu
              else '') + f'; {name}; ' + ('one CUDA graph per stage, float16, channels last' if gpu
              else 'no graphs, float32, channels last') + f'; batch 1, {o.passes} passes')
        if gpu and o.peaks:
            peaks()
        print('network,depth,p50_us,p99_us,device_p50_us,transfers_p50_us')
        for net in nets:
            for d, row in enumerate((time_on_gpu if gpu else time_on_cpu)(net, o.passes)):
                print(f'{net.name},{d + 1},' + ','.join('' if x is None else f'{x:.3f}' for x in row), flush=True)
        if o.check and check(nets, o.data, o.check, 0.02 if gpu else 0.001):
            sys.exit(3)


if __name__ == '__main__':
    main()
