/* The parts of `laxity trace`, each in its file. argv[0] is the part's name;
 * they return the exit status, or -1 after one message. */
#ifndef LAXITY_TRACE_H
#define LAXITY_TRACE_H

int trace_info(int argc, char **argv);
int trace_scale(int argc, char **argv);

extern const char trace_info_manual[], trace_scale_manual[];

#endif
