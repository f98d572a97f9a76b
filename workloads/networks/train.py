#!/usr/bin/env python3
"""Train the networks of this folder and export them as ONNX files with one named output per exit.

  train.py NAME --data DIR [--epochs N] [--out DIR]   train, calibrate, export NAME.onnx and NAME.ini
  train.py --to-half IN.onnx OUT.onnx                 store weight matrices as float16 (biases stay float32)
  train.py --list

DIR holds the CIFAR-10 binary files (data_batch_1.bin ... test_batch.bin) or the four IDX files of (Fashion-)MNIST, as in
/usr/share/datasets/fashion-mnist. Prints, per exit, the accuracy and the expected calibration error (15 bins) on the test set,
before and after temperature scaling (one temperature per exit, fitted on 5000 held-out training images and folded into the
last layer). Needs python3-torch and python3-onnx; a GPU is used if there is one. Only needed to make new networks."""
import argparse
import gzip
import math
import os
import random
import sys
import time

try:
    import numpy as np
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as missing:
    if {'-h', '--help'} & set(sys.argv):
        print(__doc__)
        sys.exit(0)
    sys.exit(f'train.py: {missing}; scripts/install-deps train installs what it needs')

# NAME: (kind, task, stem width, stages); a stage is a list of blocks (width, stride) and ends in an exit.
def blocks(*parts):
    return [(w, s if i == 0 else 1) for w, s, n in parts for i in range(n)]


NETWORKS = {
    'staged3': ('staged', 'cifar10', 64, [blocks((64, 1, 2)), blocks((128, 2, 2)), blocks((256, 2, 2), (512, 2, 2))]),
    'staged6': ('staged', 'cifar10', 32, [blocks((32, 1, 3)), blocks((32, 1, 3)), blocks((64, 2, 3)), blocks((64, 1, 3)),
                                          blocks((128, 2, 3)), blocks((128, 1, 3))]),
    'nested4': ('nested', 'cifar10', 16, [blocks((16, 1, 3), (32, 2, 3), (64, 2, 3))] * 4),
    'resnet8': ('single', 'cifar10', 16, [blocks((16, 1, 1), (32, 2, 1), (64, 2, 1))]),
    'resnet14': ('single', 'cifar10', 16, [blocks((16, 1, 2), (32, 2, 2), (64, 2, 2))]),
    'resnet20w2': ('single', 'cifar10', 32, [blocks((32, 1, 3), (64, 2, 3), (128, 2, 3))]),
    'resnet32w2': ('single', 'cifar10', 32, [blocks((32, 1, 5), (64, 2, 5), (128, 2, 5))]),
    'fashion3': ('staged', 'fashion-mnist', 8, [blocks((8, 1, 1)), blocks((16, 2, 1)), blocks((32, 2, 1))]),
    'fashion1': ('single', 'fashion-mnist', 8, [blocks((8, 2, 1), (16, 2, 1))]),
}
STATISTICS = {
    'cifar10': ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    'fashion-mnist': ((0.2860,), (0.3530,)),
}


class Conv(nn.Module):
    """Convolution and batch norm; the export folds the second into the first."""

    def __init__(self, ins, outs, size, stride):
        super().__init__()
        self.conv = nn.Conv2d(ins, outs, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    def __init__(self, ins, outs, stride):
        super().__init__()
        self.c1, self.c2 = Conv(ins, outs, 3, stride), Conv(outs, outs, 3, 1)
        self.sc = Conv(ins, outs, 1, stride) if stride > 1 or ins != outs else None

    def forward(self, x):
        y = self.c2(F.relu(self.c1(x)))
        return F.relu(y + (self.sc(x) if self.sc else x))


class Head(nn.Module):
    def __init__(self, ins, classes):
        super().__init__()
        self.fc = nn.Linear(ins, classes)

    def forward(self, x):
        return self.fc(x.mean((2, 3)))


class Staged(nn.Module):
    """Residual network cut by depth, an exit after each part."""

    def __init__(self, channels, stem, stages, classes):
        super().__init__()
        self.stem, self.st, self.ex = Conv(channels, stem, 3, 1), nn.ModuleList(), nn.ModuleList()
        width = stem
        for stage in stages:
            part = []
            for outs, stride in stage:
                part.append(Block(width, outs, stride))
                width = outs
            self.st.append(nn.Sequential(*part))
            self.ex.append(Head(width, classes))

    def forward(self, x):
        x, out = F.relu(self.stem(x)), []
        for part, head in zip(self.st, self.ex):
            x = part(x)
            out.append(head(x))
        return out


class Nested(nn.Module):
    """Residual network nested by width: level k adds channels that read all levels up to k, and never the other way."""

    def __init__(self, channels, stem, levels, classes):
        super().__init__()
        n = len(levels)
        self.stem = nn.ModuleList([Conv(channels, stem, 3, 1) for _ in range(n)])
        self.bl, width = nn.ModuleList(), stem
        for outs, stride in levels[0]:
            self.bl.append(nn.ModuleDict({
                'c1': nn.ModuleList([Conv((k + 1) * width, outs, 3, stride) for k in range(n)]),
                'c2': nn.ModuleList([Conv((k + 1) * outs, outs, 3, 1) for k in range(n)]),
                'sc': nn.ModuleList([Conv((k + 1) * width, outs, 1, stride) for k in range(n)])
                if stride > 1 or width != outs else nn.ModuleList()}))
            width = outs
        self.ex = nn.ModuleList([Head((k + 1) * width, classes) for k in range(n)])

    def forward(self, x):
        def up_to(parts, k):
            return torch.cat(parts[:k + 1], 1) if k else parts[0]
        n = len(self.stem)
        xs = [F.relu(c(x)) for c in self.stem]
        for b in self.bl:
            ys = [F.relu(b['c1'][k](up_to(xs, k))) for k in range(n)]
            xs = [F.relu(b['c2'][k](up_to(ys, k)) + (b['sc'][k](up_to(xs, k)) if len(b['sc']) else xs[k]))
                  for k in range(n)]
        return [self.ex[k](up_to(xs, k)) for k in range(n)]


class Probabilities(nn.Module):
    """What is exported: the softmax of every exit, divided by its temperature."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return tuple(F.softmax(y, 1) for y in self.net(x))


def read_idx(path):
    with gzip.open(path) as f:
        data = f.read()
    dims = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], 'big') for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(dims)).reshape(dims)


def read_data(task, directory):
    if task == 'cifar10':
        def part(names):
            rows = np.concatenate([np.fromfile(f'{directory}/{n}.bin', np.uint8).reshape(-1, 3073) for n in names])
            return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]
        sets = part([f'data_batch_{i}' for i in range(1, 6)]), part(['test_batch'])
    else:
        sets = [(read_idx(f'{directory}/{p}-images-idx3-ubyte.gz')[:, None], read_idx(f'{directory}/{p}-labels-idx1-ubyte.gz'))
                for p in ('train', 't10k')]
    return [(torch.from_numpy(x.copy()), torch.from_numpy(y.astype(np.int64))) for x, y in sets]


def normalise(x, task):
    mean, deviation = (torch.tensor(t, device=x.device).view(1, -1, 1, 1) for t in STATISTICS[task])
    return (x.float() / 255 - mean) / deviation


def augment(x, flip):
    n, _, h, w = x.shape
    x = F.pad(x, (4, 4, 4, 4))
    dy, dx = torch.randint(0, 9, (n,)), torch.randint(0, 9, (n,))
    rows = (dy[:, None] + torch.arange(h))[:, None, :, None]
    cols = dx[:, None] + torch.arange(w)
    if flip:
        cols = torch.where(torch.rand(n, 1) < 0.5, cols, cols.flip(1))
    return x[torch.arange(n)[:, None, None, None], torch.arange(x.shape[1])[None, :, None, None], rows, cols[:, None, None, :]]


def logits_of(net, x, task, device, batch=500):
    net.eval()
    with torch.no_grad():
        out = [torch.stack(net(normalise(x[i:i + batch].to(device), task)), 1).cpu() for i in range(0, len(x), batch)]
    return torch.cat(out)


def calibration_error(p, right, bins=15):
    confidence = p.max(-1).values.numpy()
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean()
               for b in range(bins) if (which == b).any())


def report(title, logits, y):
    p, accuracy = F.softmax(logits, -1), []
    for d in range(p.shape[1]):
        right = (p[:, d].argmax(-1) == y).float().numpy()
        accuracy.append(right.mean())
        print(f'{title}: exit{d + 1} accuracy {100 * right.mean():.2f} % calibration error '
              f'{100 * calibration_error(p[:, d], right):.2f} %')
    return accuracy


def temperature(logits, y):
    log_t = torch.zeros(1, requires_grad=True)
    step = torch.optim.LBFGS([log_t], max_iter=50)

    def loss():
        step.zero_grad()
        value = F.cross_entropy(logits / log_t.exp(), y)
        value.backward()
        return value
    step.step(loss)
    return float(log_t.exp())


def train(args):
    kind, task, stem, stages = NETWORKS[args.name]
    random.seed(args.seed), np.random.seed(args.seed), torch.manual_seed(args.seed)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    (x, y), (tx, ty) = read_data(task, args.data)
    order = torch.randperm(len(x))
    held, used = order[:5000], order[5000:]
    net = (Nested if kind == 'nested' else Staged)(x.shape[1], stem, stages, 10).to(device)
    print(f'{args.name}: {sum(p.numel() for p in net.parameters())} parameters, {device}')
    steps = args.epochs * math.ceil(len(used) / args.batch)
    opt = torch.optim.SGD(net.parameters(), lr=args.rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, args.rate, total_steps=steps, pct_start=0.2)
    begun = time.time()
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        for part in used[torch.randperm(len(used))].split(args.batch):
            inputs = normalise(augment(x[part], task == 'cifar10').to(device), task)
            loss = sum(F.cross_entropy(e, y[part].to(device)) for e in net(inputs))
            opt.zero_grad()
            loss.backward()
            opt.step()
            plan.step()
            total += float(loss) * len(part)
        print(f'epoch {epoch + 1} of {args.epochs}: loss {total / len(used):.4f}, {time.time() - begun:.0f} s', flush=True)
    report('raw', logits_of(net, tx, task, device), ty)
    fitted = logits_of(net, x[held], task, device)
    for d, head in enumerate(net.ex):
        t = temperature(fitted[:, d], y[held])
        print(f'exit{d + 1}: temperature {t:.3f}')
        head.fc.weight.data /= t
        head.fc.bias.data /= t
    export(args, net.cpu().eval(), kind, task, tx, report('calibrated', logits_of(net, tx, task, 'cpu'), ty))


def export(args, net, kind, task, x, accuracy):
    path = os.path.join(args.out, args.name)
    torch.onnx.export(Probabilities(net), normalise(x[:1], task), path + '.onnx', input_names=['image'],
                      output_names=[f'exit{d + 1}' for d in range(len(net.ex))], opset_version=17)
    mean, deviation = (', '.join(f'{v:.4f}' for v in t) for t in STATISTICS[task])
    with open(path + '.ini', 'w') as f:
        f.write(f'; What the ONNX file does not say (paper/spec/measurement.md, section 2).\n[network]\ntask = {task}\n'
                f'kind = {kind}\nclasses = 10\nmean = {mean}        ; of values in 0...1\ndeviation = {deviation}\n\n'
                f'[reference]\naccuracy = {", ".join(f"{a:.4f}" for a in accuracy)}        ; per exit, all test images\n'
                f'source = train.py {args.name} --epochs {args.epochs} --seed {args.seed}, float32, '
                f'PyTorch {torch.__version__} (measured)\n')
    print(f'{path}.onnx, {path}.ini')


def to_half(source, target):
    import onnx
    from onnx import numpy_helper
    m = onnx.load(source)
    for i in m.graph.initializer:
        if i.data_type == onnx.TensorProto.FLOAT and len(i.dims) > 1:
            i.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(i).astype(np.float16), i.name))
    onnx.save(m, target)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('name', nargs='?', choices=sorted(NETWORKS), metavar='NAME')
parser.add_argument('--data', metavar='DIR')
parser.add_argument('--out', default='.', metavar='DIR')
parser.add_argument('--epochs', type=int, default=100)
parser.add_argument('--batch', type=int, default=128)
parser.add_argument('--rate', type=float, default=0.1)
parser.add_argument('--seed', type=int, default=1)
parser.add_argument('--list', action='store_true')
parser.add_argument('--to-half', nargs=2, metavar=('IN', 'OUT'))
a = parser.parse_args()
if a.list:
    print('\n'.join(NETWORKS))
elif a.to_half:
    to_half(*a.to_half)
elif a.name and a.data:
    train(a)
else:
    parser.error('NAME and --data, --to-half or --list')
