/* sched_getaffinity is Linux's. */
#define _GNU_SOURCE

#include "pool.h"

#include "clock.h"
#include "mem.h"
#include "msg.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* A worker that has a task in reserve need not wait for the caller between
 * two; but a reserve behind a long task is one that another could have begun.
 * So only where tasks take less than this on average. */
#define SHORT_TASK_S 0.02

/* What a worker sends: this, then its messages, then the result. */
struct frame {
	int64_t task;
	int32_t status;             /* of work */
	int32_t fault;              /* enum status, of its first message */
	int64_t text_length;
};

struct worker {
	pid_t process;
	int to, from;               /* pipes; -1: closed */
	int begun;                  /* tasks it has and has not answered */
};

struct state {
	const struct pool *p;
	struct worker *worker;
	unsigned char *result;
	int ended;                  /* next has said that all is done */
	int failed;                 /* a message has been, or will be, printed */
	int told;                   /* workers have been told to stop */
	/* The fault of the lowest task so far. */
	int64_t fault_task;
	int32_t fault;
	char *fault_text;
	int64_t answers;
	double begun_s;
};

/* All n bytes; 0 at the end of the pipe or on an error. */
static int read_all(int fd, void *to, size_t n)
{
	char *at = to;

	while (n) {
		ssize_t k = read(fd, at, n);
		if (k <= 0) {
			if (k < 0 && errno == EINTR)
				continue;
			return 0;
		}
		at += k;
		n -= (size_t)k;
	}
	return 1;
}

static int write_all(int fd, const void *from, size_t n)
{
	const char *at = from;

	while (n) {
		ssize_t k = write(fd, at, n);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		at += k;
		n -= (size_t)k;
	}
	return 1;
}

static int is_stopped(const struct pool *p)
{
	return p->stop && *p->stop;
}

/* ---- The worker's side -------------------------------------------------------- */

static void serve(const struct pool *p, int in, int out)
{
	void *result;
	int64_t task;

	/* From its first breath a worker says nothing by itself. */
	msg_capture(1);
	result = mem_new(1, p->result_size);
	while (read_all(in, &task, sizeof task)) {
		struct frame f = { .task = task };
		msg_capture(1);
		memset(result, 0, p->result_size);
		f.status = is_stopped(p) ? 1 : p->work(p->context, task, result);
		f.fault = (int32_t)msg_status();
		f.text_length = (int64_t)strlen(msg_captured());
		if (!write_all(out, &f, sizeof f)
		    || !write_all(out, msg_captured(), (size_t)f.text_length)
		    || !write_all(out, result, p->result_size))
			break;
	}
	_exit(0);
}

static int start_worker(struct state *s, int index)
{
	struct worker *w = &s->worker[index];
	int to[2], from[2];

	if (pipe(to))
		return msg_fail("cannot make a pipe: %s", strerror(errno));
	if (pipe(from)) {
		(void)close(to[0]);
		(void)close(to[1]);
		return msg_fail("cannot make a pipe: %s", strerror(errno));
	}
	(void)fflush(NULL);
	w->process = fork();
	if (w->process == 0) {
		/* The others' pipes stay theirs: a worker that held their
		 * writing ends would keep them from seeing the end. */
		for (int i = 0; i < index; i++) {
			(void)close(s->worker[i].to);
			(void)close(s->worker[i].from);
		}
		(void)close(to[1]);
		(void)close(from[0]);
		(void)signal(SIGPIPE, SIG_DFL);
#ifdef __linux__
		/* A policy that never returns would go on without us. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
		serve(s->p, to[0], from[1]);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	w->to = to[1];
	w->from = from[0];
	if (w->process < 0)
		return msg_fail("cannot start a worker process: %s",
			strerror(errno));
	return 0;
}

/* ---- The caller's side ---------------------------------------------------------- */

/* Print what a worker said, line by line, as if it had been said here. */
static void repeat(char *text, int32_t fault)
{
	static const char program[] = "laxity: ", note[] = "note: ";
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, program, sizeof program - 1))
			line += sizeof program - 1;
		if (!strncmp(line, note, sizeof note - 1))
			msg_remark("%s", line + sizeof note - 1);
		else if (fault == STATUS_BAD)
			(void)msg_bad("%s", line);
		else
			(void)msg_fail("%s", line);
	}
}

static int read_frame(struct state *s, struct worker *w)
{
	struct frame f;
	char *text;

	if (!read_all(w->from, &f, sizeof f))
		return 0;
	text = mem_new((size_t)f.text_length + 1, 1);
	if (!read_all(w->from, text, (size_t)f.text_length)
	    || !read_all(w->from, s->result, s->p->result_size)) {
		free(text);
		return 0;
	}
	w->begun--;
	s->answers++;
	if (f.status < 0) {
		if (!s->fault_text || f.task < s->fault_task) {
			free(s->fault_text);
			s->fault_text = text;
			s->fault_task = f.task;
			s->fault = f.fault;
			text = NULL;
		}
		s->failed = 1;
	} else {
		repeat(text, f.fault);
		if (f.status == 0 && !s->failed
		    && s->p->done(s->p->context, f.task, s->result))
			s->failed = 1;
	}
	free(text);
	return 1;
}

static void lose_worker(struct state *s, struct worker *w)
{
	int status = 0;

	/* One that still lives ends when it finds its pipes closed. */
	(void)close(w->from);
	(void)close(w->to);
	(void)waitpid(w->process, &status, 0);
	w->from = w->to = -1;
	w->process = 0;
	if (!s->failed && !is_stopped(s->p)) {
		if (WIFSIGNALED(status))
			(void)msg_fail("a worker process was ended by signal %d",
				WTERMSIG(status));
		else
			(void)msg_fail("a worker process ended with status %d",
				WEXITSTATUS(status));
	}
	s->failed = 1;
	w->begun = 0;
}

/* Give worker w tasks while it has room. */
static void feed(struct state *s, struct worker *w)
{
	int room = s->answers / 2 >= s->p->jobs && clock_since(s->begun_s)
		* s->p->jobs < SHORT_TASK_S * (double)s->answers ? 2 : 1;

	while (w->to >= 0 && w->begun < room && !s->failed && !s->ended
	       && !is_stopped(s->p)) {
		int64_t task;
		int more = s->p->next(s->p->context, &task);
		if (more < 0)
			s->failed = 1;
		if (more <= 0) {
			s->ended = 1;
			return;
		}
		if (!write_all(w->to, &task, sizeof task)) {
			lose_worker(s, w);
			return;
		}
		w->begun++;
	}
}

static int under_way(const struct state *s)
{
	int n = 0;

	for (int i = 0; i < s->p->jobs; i++)
		n += s->worker[i].begun;
	return n;
}

static void tell_to_stop(struct state *s)
{
	if (s->told)
		return;
	s->told = 1;
	for (int i = 0; i < s->p->jobs; i++)
		if (s->worker[i].process > 0)
			(void)kill(s->worker[i].process, SIGTERM);
}

static void attend(struct state *s, struct pollfd *fds)
{
	int jobs = s->p->jobs;

	/* A task that is done may have made more known to next. */
	s->ended = 0;
	for (int i = 0; i < jobs; i++)
		feed(s, &s->worker[i]);
	while (under_way(s)) {
		for (int i = 0; i < jobs; i++)
			fds[i] = (struct pollfd){ .fd = s->worker[i].from,
				.events = POLLIN };
		(void)poll(fds, (nfds_t)jobs, 500);
		if (is_stopped(s->p))
			tell_to_stop(s);
		for (int i = 0; i < jobs; i++) {
			struct worker *w = &s->worker[i];
			if (w->from < 0 || !fds[i].revents)
				continue;
			if (!read_frame(s, w))
				lose_worker(s, w);
			s->ended = 0;
		}
		for (int i = 0; i < jobs; i++)
			feed(s, &s->worker[i]);
		if (s->p->tick && !s->failed && s->p->tick(s->p->context))
			s->failed = 1;
	}
}

static int run_workers(const struct pool *p)
{
	struct state s = { .p = p, .begun_s = clock_seconds() };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	struct pollfd *fds = mem_new((size_t)p->jobs, sizeof *fds);
	int started = 0;

	s.worker = mem_new((size_t)p->jobs, sizeof *s.worker);
	s.result = mem_new(1, p->result_size);
	(void)sigaction(SIGPIPE, &ignore, &before);
	while (started < p->jobs && !s.failed) {
		if (start_worker(&s, started))
			s.failed = 1;
		started++;
	}
	if (!s.failed)
		attend(&s, fds);
	for (int i = 0; i < started; i++) {
		struct worker *w = &s.worker[i];
		if (w->to >= 0)
			(void)close(w->to);
		if (w->process > 0)
			(void)waitpid(w->process, NULL, 0);
		if (w->from >= 0)
			(void)close(w->from);
	}
	(void)sigaction(SIGPIPE, &before, NULL);
	if (s.fault_text)
		repeat(s.fault_text, s.fault);
	free(s.fault_text);
	free(s.worker);
	free(s.result);
	free(fds);
	return s.failed ? -1 : 0;
}

static int run_here(const struct pool *p)
{
	void *result = mem_new(1, p->result_size);
	int status = 0;
	int64_t task;

	while (status == 0 && !is_stopped(p)
	       && (status = p->next(p->context, &task)) == 1) {
		memset(result, 0, p->result_size);
		status = p->work(p->context, task, result);
		if (status == 0)
			status = p->done(p->context, task, result);
		if (status == 0 && p->tick)
			status = p->tick(p->context);
	}
	free(result);
	return status < 0 ? -1 : 0;
}

int pool_run(const struct pool *p)
{
	return p->jobs > 1 ? run_workers(p) : run_here(p);
}

int pool_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	/* A batch system may have given us only some of them. */
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
}

/* A handler can reach nothing else. */
static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	(void)number;
	signalled = 1;
}

const volatile int *pool_catch_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal };

	a.sa_flags = (int)SA_RESETHAND;
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	return &signalled;
}
