/* A backend built for another table of functions, of which only the first word
 * means the same. */
#include "../../traces/harness/backend.h"

extern const unsigned backend;
const unsigned backend = BACKEND_ABI - 1;
