/* Between the files of targets. */
#ifndef LAXITY_FUZZ_TARGETS_H
#define LAXITY_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

int __wrap_file_read(const char *path, size_t limit, char **text, size_t *length);

struct bundle;
struct bundle *__real_bundle_read(const char *dir);
void __real_bundle_free(struct bundle *b);

/* As fuzz_target.run. */
int fuzz_store(const uint8_t *bytes, size_t n);
int fuzz_report(const uint8_t *bytes, size_t n);
int fuzz_rows(const uint8_t *bytes, size_t n);

/* The same; there where the profiling harness is built. */
int fuzz_onnx(const uint8_t *bytes, size_t n);
int fuzz_network_ini(const uint8_t *bytes, size_t n);
int fuzz_idx(const uint8_t *bytes, size_t n);
int fuzz_idx_labels(const uint8_t *bytes, size_t n);
int fuzz_live_log(const uint8_t *bytes, size_t n);
int fuzz_cifar(const uint8_t *bytes, size_t n);

#endif
