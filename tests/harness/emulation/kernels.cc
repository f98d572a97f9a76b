/* The GPU backend's kernels, compiled for the CPU. */
#include "cuda_runtime_api.h"

#include "../../../traces/harness/backends/cudnn/kernels.cu"
