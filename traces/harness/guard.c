#include "guard.h"

#include "self.h"

#include "../../sim/file.h"
#include "../../sim/ini.h"
#include "../../sim/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

struct guard {
	struct meter *meter;
	char *path;             /* of the saved values */
	int old_w, min_w, max_w, max_mhz;
	int changed_limit, changed_clock;
	int lock, pipe;         /* file descriptors */
	pid_t watcher;
};

/* One measuring program at a time may change a device. */
static int take_lock(void)
{
	const char *dir = getenv("TMPDIR");
	char *path = mem_printf("%s/laxity-device-settings.lock",
		dir && *dir ? dir : "/tmp");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0) {
		(void)msg_fail("%s: cannot open: %s", path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		(void)msg_fail("%s: another program is changing device "
			"settings", path);
		(void)close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

static int save(const struct guard *g, const char *id)
{
	struct text t;
	int bad;

	text_init(&t);
	text_add(&t, "; laxity profile --restore puts these back\n[device]\n"
		"id = %s\npower_limit_w = %d\nclock_mhz = 0\n",
		*id ? id : "first", g->old_w);
	bad = file_write(g->path, t.s, t.length);
	text_fini(&t);
	return bad;
}

/* The watcher is this program again, so that it shares no state with us. It
 * makes a session of its own, so that a signal to our group spares it, and
 * says so before anything is changed. */
static int start_watcher(struct guard *g, const char *library)
{
	const char *arguments[] = { "profile", "--watch", g->path,
		library ? "--nvml" : NULL, library, NULL };
	char byte;
	int from, bad;

	if ((g->watcher = self_start(arguments, &g->pipe, &from)) < 0)
		return -1;
	bad = read(from, &byte, 1) != 1;
	(void)close(from);
	return bad ? msg_fail("the watcher over device settings does not start")
		: 0;
}

struct guard *guard_begin(struct meter *m, const char *library, const char *id,
	const char *dir)
{
	struct guard *g = mem_new(1, sizeof *g);

	g->meter = m;
	g->pipe = -1;
	/* Writing to a watcher that died is an answer of its own. */
	(void)signal(SIGPIPE, SIG_IGN);
	g->path = mem_printf("%s/device-settings.saved", dir);
	if (meter_can_set(m)) {
		(void)msg_bad("no NVML with setters here: power caps and clocks "
			"cannot be changed");
		g->lock = -1;
	} else {
		g->lock = take_lock();
	}
	if (g->lock < 0 || meter_get_limit(m, &g->old_w, &g->min_w, &g->max_w)
	    || meter_max_clock(m, &g->max_mhz) || save(g, id)
	    || start_watcher(g, library)) {
		if (g->lock >= 0)
			(void)close(g->lock);
		free(g->path);
		free(g);
		return NULL;
	}
	return g;
}

int guard_check(struct guard *g, int power_cap_w, int clock_mhz)
{
	if (power_cap_w && (power_cap_w < g->min_w || power_cap_w > g->max_w))
		return msg_bad("power cap %d W is outside the board's %d to %d W",
			power_cap_w, g->min_w, g->max_w);
	if (clock_mhz && (clock_mhz < 100 || clock_mhz > g->max_mhz))
		return msg_bad("clock %d MHz is outside 100 to %d MHz", clock_mhz,
			g->max_mhz);
	return 0;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

/* The limit reads back at once; a clock takes a moment, and is not seen while
 * the device rests, so it is only waited for. */
static int set_limit(struct guard *g, int watts)
{
	int now, low, high;

	if (meter_set_limit(g->meter, watts))
		return -1;
	g->changed_limit = watts != g->old_w;
	for (int i = 0; i < 20; i++) {
		if (meter_get_limit(g->meter, &now, &low, &high))
			return -1;
		if (now == watts)
			return 0;
		pause_ms(50);
	}
	return msg_fail("power limit: %d W asked for, the board still says %d W",
		watts, now);
}

int guard_set(struct guard *g, int power_cap_w, int clock_mhz)
{
	if (guard_check(g, power_cap_w, clock_mhz))
		return -1;
	if ((power_cap_w || g->changed_limit)
	    && set_limit(g, power_cap_w ? power_cap_w : g->old_w))
		return -1;
	if (clock_mhz || g->changed_clock) {
		if (meter_set_clock(g->meter, clock_mhz))
			return -1;
		g->changed_clock = clock_mhz != 0;
		pause_ms(200);
	}
	return 0;
}

int guard_restore(struct guard *g)
{
	return guard_set(g, 0, 0);
}

int guard_end(struct guard *g)
{
	int bad;

	if (!g)
		return 0;
	bad = guard_restore(g);
	/* A byte tells the watcher that there is nothing left to do. */
	if (!bad && write(g->pipe, "k", 1) != 1)
		bad = msg_fail("the watcher is gone");
	(void)close(g->pipe);
	(void)self_wait(g->watcher);
	if (!bad)
		(void)unlink(g->path);
	(void)close(g->lock);
	free(g->path);
	free(g);
	return bad ? -1 : 0;
}

int guard_restore_file(const char *path, const char *library)
{
	struct ini *d = ini_read(path);
	struct ini_entry *id, *limit, *clock;
	struct meter *m = NULL;
	const char *why = "";
	int64_t watts, mhz;
	int bad;

	if (!d)
		return -1;
	bad = !(id = ini_need(d, "device", "id"))
	    || !(limit = ini_need(d, "device", "power_limit_w"))
	    || !(clock = ini_need(d, "device", "clock_mhz"))
	    || ini_integer(d, limit, 1, 100000, &watts)
	    || ini_integer(d, clock, 0, 100000, &mhz) || ini_unused(d);
	if (!bad && (!(m = meter_open_nvml(library, strcmp(id->value, "first")
		? id->value : "", &why)) || meter_can_set(m)))
		bad = msg_fail("%s: %s", path, *why && !m ? why
			: "this NVML has no setters");
	bad = bad || meter_set_limit(m, (int)watts)
		|| meter_set_clock(m, (int)mhz);
	meter_close(m);
	ini_free(d);
	if (!bad)
		(void)unlink(path);
	return bad ? -1 : 0;
}

int guard_watch(const char *path, const char *library)
{
	char byte;
	ssize_t n;

	(void)setsid();
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (write(1, "r", 1) != 1)
		return -1;
	do
		n = read(0, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : guard_restore_file(path, library);
}
