/* syscall numbers, REG_RAX and MAP_ANONYMOUS are Linux's. */
#define _GNU_SOURCE

#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined __x86_64__ && defined __linux__

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>

static struct inject *order;

/* Count a call; 1 if it is the one, or one of those, to fail. */
static int is_due(enum inject_kind kind)
{
	int64_t n;

	if (!order)
		return 0;
	n = __atomic_add_fetch(&order->count[kind], 1, __ATOMIC_RELAXED);
	if (order->at == 0 || order->kind != (int)kind
	    || (order->sticky ? n < order->at : n != order->at))
		return 0;
	(void)__atomic_add_fetch(&order->fired, 1, __ATOMIC_RELAXED);
	return 1;
}

/* ---- Allocations ----------------------------------------------------------------- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static int no_memory(void)
{
	if (!is_due(INJECT_ALLOCATION))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return no_memory() ? NULL : __libc_memalign(alignment, n);
}

/* ---- Clocks ---------------------------------------------------------------------- */

/* What they say of the processor's time stays: only clocks that someone sets,
 * or that a machine's move may upset, are wrong. */
int clock_gettime(clockid_t which, struct timespec *t)
{
	long failed = syscall(SYS_clock_gettime, which, t);

	if (!failed && order && (which == CLOCK_REALTIME
	    || (which == CLOCK_MONOTONIC && !order->wall_only))
	    && is_due(INJECT_CLOCK))
		t->tv_sec += order->jump_s;
	return (int)failed;
}

time_t time(time_t *to)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}

/* ---- System calls ---------------------------------------------------------------- */

/* The one place from which caught calls get through. */
long inject_call(long number, long a, long b, long c, long d, long e, long f);
extern const char inject_call_begin[], inject_call_end[];
__asm__(
	".text\n"
	".globl inject_call\n.hidden inject_call\n"
	".globl inject_call_begin\n.hidden inject_call_begin\n"
	".globl inject_call_end\n.hidden inject_call_end\n"
	"inject_call:\n"
	"	movq %rdi, %rax\n	movq %rsi, %rdi\n	movq %rdx, %rsi\n"
	"	movq %rcx, %rdx\n	movq %r8, %r10\n	movq %r9, %r8\n"
	"	movq 8(%rsp), %r9\n"
	"inject_call_begin:\n"
	"	syscall\n"
	"inject_call_end:\n"
	"	ret\n");

static const struct { int number; enum inject_kind kind; } calls[] = {
	{ SYS_write, INJECT_WRITE }, { SYS_pwrite64, INJECT_WRITE },
	{ SYS_writev, INJECT_WRITE },
	{ SYS_fsync, INJECT_SYNC }, { SYS_fdatasync, INJECT_SYNC },
	{ SYS_rename, INJECT_RENAME }, { SYS_renameat, INJECT_RENAME },
	{ SYS_renameat2, INJECT_RENAME },
	{ SYS_open, INJECT_OPEN_READ }, { SYS_openat, INJECT_OPEN_READ },
	{ SYS_read, INJECT_READ }, { SYS_pread64, INJECT_READ },
	{ SYS_ftruncate, INJECT_SIZE }, { SYS_fallocate, INJECT_SIZE },
	{ SYS_unlink, INJECT_UNLINK }, { SYS_unlinkat, INJECT_UNLINK },
	{ SYS_mkdir, INJECT_MKDIR }, { SYS_mkdirat, INJECT_MKDIR },
	{ SYS_pipe, INJECT_PIPE }, { SYS_pipe2, INJECT_PIPE },
};
enum { CALLS = sizeof calls / sizeof *calls };

static enum inject_kind kind_of(long number, const long *a)
{
	long flags = number == SYS_open ? a[1] : a[2];

	for (int i = 0; i < CALLS; i++) {
		if (calls[i].number != number)
			continue;
		if (calls[i].kind == INJECT_OPEN_READ
		    && (flags & O_ACCMODE) != O_RDONLY)
			return INJECT_OPEN_WRITE;
		return calls[i].kind;
	}
	return INJECT_KINDS;
}

/* What the test reads, and pipes between processes, whose other end would be
 * the one to fail. Standard output is a pipe that counts. */
static int is_exempt(int fd)
{
	struct stat st;

	return fd == 2 || (fd != 1 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode));
}

/* Change the file that is about to be read, if it is one of the test's own. */
static void change_file(int fd)
{
	static const char junk[64] = "overwritten";
	char link[32], path[sizeof order->under + 128];
	struct stat st;
	ssize_t n;
	long to;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n <= 0 || !*order->under || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	path[n] = 0;
	if (strncmp(path, order->under, strlen(order->under)) != 0)
		return;
	switch (order->error) {
	case INJECT_CUT:
		(void)truncate(path, st.st_size / 2);
		break;
	case INJECT_EMPTY:
		(void)truncate(path, 0);
		break;
	case INJECT_GROW:
		(void)truncate(path, st.st_size + 4096);
		break;
	default:
		to = inject_call(SYS_open, (long)path, O_WRONLY | O_CLOEXEC, 0, 0,
			0, 0);
		(void)inject_call(SYS_pwrite64, to, (long)junk, sizeof junk,
			st.st_size / 2, 0, 0);
		(void)inject_call(SYS_close, to, 0, 0, 0, 0, 0);
	}
}

static long fail_or_call(long number, long *a)
{
	enum inject_kind kind = kind_of(number, a);
	int due;

	if (kind == INJECT_WRITE && is_exempt((int)a[0]))
		return inject_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	due = is_due(kind);
	if (is_due(INJECT_CALL))
		(void)inject_call(SYS_kill, inject_call(SYS_getpid, 0, 0, 0, 0,
			0, 0), order->signal, 0, 0, 0, 0);
	if (due && kind == INJECT_READ && order->error < INJECT_SHORT) {
		change_file((int)a[0]);
		due = 0;
	}
	if (due && order->error != INJECT_SHORT)
		return -order->error;
	/* Half of it, then the disk is full. */
	if (due && number != SYS_writev && a[2] > 1)
		a[2] /= 2;
	else if (due)
		return -ENOSPC;
	return inject_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void on_call(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	greg_t *r = u->uc_mcontext.gregs;
	long a[6] = { (long)r[REG_RDI], (long)r[REG_RSI], (long)r[REG_RDX],
		(long)r[REG_R10], (long)r[REG_R8], (long)r[REG_R9] };
	int before = errno;

	(void)signal;
	r[REG_RAX] = fail_or_call(info->si_syscall, a);
	errno = before;
}

/* Load a word of the call's description. */
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	(uint32_t)offsetof(struct seccomp_data, member))
#define IS_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, \
	(value), (yes), (no))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

static int catch_calls(void)
{
	struct sigaction action = { .sa_sigaction = on_call };
	struct sock_filter filter[CALLS + 8];
	uint64_t from = (uint64_t)(uintptr_t)inject_call_end;
	struct sock_fprog program = { .filter = filter };
	unsigned short n = 0;

	/* Let through what comes from inject_call; the address is that of the
	 * instruction after the call. */
	filter[n++] = (struct sock_filter)LOAD(instruction_pointer);
	filter[n++] = (struct sock_filter)IS_EQUAL((uint32_t)from, 0, 3);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		(uint32_t)offsetof(struct seccomp_data, instruction_pointer) + 4);
	filter[n++] = (struct sock_filter)IS_EQUAL((uint32_t)(from >> 32), 0, 1);
	filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)LOAD(nr);
	for (int i = 0; i < CALLS; i++)
		filter[n++] = (struct sock_filter)IS_EQUAL(
			(uint32_t)calls[i].number, (uint8_t)(CALLS - i), 0);
	filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
	program.len = n;
	/* A call from within the handler of another signal is caught too. */
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	return sigaction(SIGSYS, &action, NULL)
		|| prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		|| prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv(INJECT_VARIABLE);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED || catch_calls())
		_exit(126);
	order = p;
}

#endif
