/* laxity merge: join the databases of shards. */
#include "command.h"
#include "msg.h"
#include "options.h"
#include "store.h"

#include <sys/stat.h>
#include <unistd.h>

static int is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev
		&& x.st_ino == y.st_ino;
}

static int merge_one(struct store *out, const char *path)
{
	struct store *in = store_open(path, STORE_READ);
	int failed = in ? store_merge(out, in) : -1;

	store_close(in);
	return failed;
}

/* All or nothing, in one transaction. */
static int merge_all(struct store *out, const struct option_list *files)
{
	struct progress p;

	if (store_begin(out))
		return -1;
	progress_begin(&p, "merge", files->n - 1);
	for (int i = 1; i < files->n; i++) {
		if (merge_one(out, files->item[i]))
			return -1;
		progress_step(&p, i);
	}
	return store_commit(out);
}

static int merge_files(const struct option_list *files)
{
	const char *path = files->item[0];
	struct store *out;
	int made = access(path, F_OK) != 0, failed;

	for (int i = 1; i < files->n; i++)
		if (is_same_file(path, files->item[i]))
			return msg_bad("merge: %s and %s are the same file", path,
				files->item[i]);
	out = store_open(path, STORE_WRITE);
	if (!out)
		return -1;
	failed = merge_all(out, files);
	store_close(out);
	/* Nothing has been committed: SQLite leaves an empty file. */
	if (failed && made)
		(void)unlink(path);
	return failed;
}

static int merge_main(int argc, char **argv)
{
	const struct option table[] = { { 0 } };
	struct option_list files = { 0 };
	int status = options_read(argc, argv, table, &files);

	if (!status && files.n < 2)
		status = msg_bad("merge: OUT.db and at least one IN.db");
	if (!status)
		status = merge_files(&files);
	options_list_fini(&files);
	return status;
}

const struct command command_merge = {
	.name = "merge", .order = 22,
	.summary = "join databases, such as those of shards, into one",
	.manual =
	"usage: laxity merge OUT.db IN.db ...\n"
	"\n"
	"Adds the runs of every IN.db to OUT.db, which is made if missing; all of them or,\n"
	"after an error, none. Runs that are in both with the same results stay as they\n"
	"are. Different results for the same trace, workload, policy and seed are an\n"
	"error that shows both sides (exit status 2).\n"
	"\n"
	"Units: as in the databases, nothing is converted.\n",
	.main = merge_main,
};
