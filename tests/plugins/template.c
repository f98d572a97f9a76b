/* The policy to copy, as a shared object: it must build and load as it is. */
#include "../../policies/template.c"
