/* Between targets.c and harness.c. */
#ifndef LAXITY_FUZZ_TARGETS_H
#define LAXITY_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

int __wrap_file_read(const char *path, size_t limit, char **text, size_t *length);

/* As fuzz_target.run; there where the profiling harness is built. */
int fuzz_onnx(const uint8_t *bytes, size_t n);
int fuzz_network_ini(const uint8_t *bytes, size_t n);
int fuzz_idx(const uint8_t *bytes, size_t n);
int fuzz_idx_labels(const uint8_t *bytes, size_t n);
int fuzz_cifar(const uint8_t *bytes, size_t n);

#endif
