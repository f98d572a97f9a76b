/* Small ONNX files from a few lines of text, and an independent interpreter.
 *
 *     opset 17
 *     input x 1,3,8,8              0 in a shape: a symbol
 *     const w 4,3,3,3              values from a fixed pattern, or "= 1,2,..."
 *     half w 4,3,3,3               the same as float16
 *     int s 2 = 1,-1
 *     node Conv c1 x,w,b y pads=1,1,1,1 group=2 epsilon=1e-5 auto_pad='SAME'
 *     output y                     "sequence" after it: of no tensor       */
#ifndef SUPPORT_ONNX_H
#define SUPPORT_ONNX_H

#include "../../traces/harness/onnx.h"

#include <stddef.h>
#include <stdint.h>

/* Write DIR/NAME.onnx from the text, and DIR/NAME.ini (none if ini is NULL).
 * Returns the path of the ONNX file, to be freed. */
char *make_onnx(const char *dir, const char *name, const char *text,
	const char *ini);

/* An ini for one channel or three, that many classes and that kind. */
char *make_ini(const char *kind, int classes, int channels);

/* What ONNX says, node by node in double, unfused: the probabilities of exit
 * `output` (from 0) for a normalised image. classes elements. */
void interpret(const struct onnx *o, const float *image, int output,
	double *probabilities);

/* Networks that between them use every operator in every form; `ops` is what
 * fusing should leave. */
struct good { const char *what, *text; int ops, channels, classes; };
extern const struct good good[];
extern const int good_count;

/* Bytes of a picture of noise, the same everywhere. */
void fill_image(unsigned char *image, size_t n, uint32_t seed);

#endif
