#include "../sim/file.h"
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/sha256.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static int home; /* where the runner was, as it may not fork */

static void enter(void)
{
	home = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(home, 0);
	(void)snprintf(dir, sizeof dir, "/tmp/laxity-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	msg_capture(1);
}

static void leave(void)
{
	static const char *const names[] = { "a", "b", "fifo", "sub/x", "sub/y",
		"sub", "link" };

	msg_capture(0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)remove(names[i]);
	ck_assert_int_eq(fchdir(home), 0);
	ck_assert_int_eq(close(home), 0);
	/* Fails if anything else, such as a temporary file, was left. */
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(a_written_file_reads_back_and_is_closed_by_a_nul)
{
	char *text;
	size_t n;

	ck_assert_int_eq(file_write("a", "x\0y", 3), 0);
	ck_assert_int_eq(file_write("a", "p\0qr", 4), 0);
	ck_assert_int_eq(file_read("a", 4, &text, &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(memcmp(text, "p\0qr", 5), 0);
	free(text);
}
END_TEST

START_TEST(what_is_not_a_plain_file_is_refused_without_blocking)
{
	char *text;
	size_t n;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(file_write("a", "12345", 5), 0);
	ck_assert_int_eq(file_read("fifo", 9, &text, &n), -1);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_int_eq(file_read(".", 9, &text, &n), -1);
	ck_assert_int_eq(file_read("/dev/null", 9, &text, &n), -1);
	ck_assert_int_eq(file_read("absent", 9, &text, &n), -1);
	ck_assert_int_eq(file_read("a", 4, &text, &n), -1);
	ck_assert_str_eq(msg_captured(),
		"laxity: fifo: not a regular file\n"
		"laxity: .: a directory, not a file\n"
		"laxity: /dev/null: not a regular file\n"
		"laxity: absent: cannot open: No such file or directory\n"
		"laxity: a: 5 bytes, the limit is 4\n");
}
END_TEST

START_TEST(an_abandoned_file_leaves_the_old_one)
{
	struct file_out o;
	char *text;
	size_t n;

	ck_assert_int_eq(file_write("a", "old", 3), 0);
	ck_assert_int_eq(file_out_open(&o, "a"), 0);
	ck_assert(fputs("new", o.stream) >= 0);
	file_out_abandon(&o);
	ck_assert_int_eq(file_read("a", 9, &text, &n), 0);
	ck_assert_str_eq(text, "old");
	free(text);
}
END_TEST

START_TEST(blocks_read_back_and_keep_no_more_room_than_they_need)
{
	enum { BLOCK = 300000, BLOCKS = 20 };
	char *block = mem_new(BLOCK, 1), *text;
	struct file_out o;
	struct stat st;
	size_t length;

	ck_assert_int_eq(file_out_open(&o, "a"), 0);
	for (int i = 0; i < BLOCKS; i++) {
		memset(block, 'a' + i, BLOCK);
		file_out_block(&o, block, BLOCK - (size_t)i);
	}
	ck_assert_int_eq(file_out_commit(&o), 0);
	ck_assert_int_eq(file_read("a", (size_t)BLOCK * BLOCKS, &text, &length),
		0);
	ck_assert_uint_eq(length, BLOCK * BLOCKS - BLOCKS * (BLOCKS - 1) / 2);
	for (size_t i = 0, at = 0; i < BLOCKS; i++)
		for (size_t k = 0; k < BLOCK - i; k++)
			if (text[at++] != (char)('a' + (int)i))
				ck_abort_msg("block %zu, byte %zu", i, k);
	ck_assert_int_eq(stat("a", &st), 0);
	ck_assert_int_lt(st.st_blocks * 512, (int64_t)length + 65536);
	/* A device has no room to ask for. */
	ck_assert_int_eq(file_out_open(&o, "/dev/null"), 0);
	for (int i = 0; i < BLOCKS; i++)
		file_out_block(&o, block, BLOCK);
	ck_assert_int_eq(file_out_commit(&o), 0);
	free(text);
	free(block);
}
END_TEST

START_TEST(links_are_followed_and_devices_written_directly)
{
	struct stat st;

	ck_assert_int_eq(file_write("a", "old", 3), 0);
	ck_assert_int_eq(symlink("a", "link"), 0);
	ck_assert_int_eq(file_write("link", "newer", 5), 0);
	ck_assert_int_eq(lstat("link", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat("a", &st), 0);
	ck_assert_int_eq(st.st_size, 5);
	ck_assert_int_eq(file_write("/dev/null", "x", 1), 0);
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(what_cannot_be_written_is_said)
{
	ck_assert_int_eq(file_write("absent/a", "x", 1), -1);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_int_eq(file_write(".", "x", 1), -1);
	ck_assert_str_eq(msg_captured(),
		"laxity: absent/a: cannot write: No such file or directory\n"
		"laxity: .: a directory, not a file\n");
	msg_capture(1);
	ck_assert_int_eq(file_write("/dev/full", "x", 1), -1);
	ck_assert_int_eq(msg_status(), STATUS_FAILED);
	ck_assert_str_eq(msg_captured(),
		"laxity: /dev/full: cannot write: No space left on device\n");
}
END_TEST

START_TEST(directories_appear_whole_or_not_at_all)
{
	struct file_dir d;

	ck_assert_int_eq(file_dir_open(&d, "sub"), 0);
	ck_assert_int_eq(file_dir_add(&d, "x", "1", 1), 0);
	ck_assert_int_ne(access("sub", F_OK), 0);
	file_dir_abandon(&d);
	ck_assert_int_eq(file_dir_open(&d, "sub"), 0);
	ck_assert_int_eq(file_dir_add(&d, "x", "1", 1), 0);
	ck_assert_int_eq(file_dir_add(&d, "y", "2", 1), 0);
	ck_assert_int_eq(file_dir_commit(&d), 0);
	ck_assert_int_eq(access("sub/x", F_OK), 0);
	ck_assert_int_eq(access("sub/y", F_OK), 0);
	ck_assert_int_eq(file_dir_open(&d, "sub"), -1);
	ck_assert_str_eq(msg_captured(), "laxity: sub: exists already\n");
}
END_TEST

/* FIPS 180-2, appendix B, and the empty message. */
START_TEST(sha256_agrees_with_the_published_vectors)
{
	static const struct { const char *text, *hex; } v[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039"
			"a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[SHA256_HEX];

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		sha256_hex(v[i].text, strlen(v[i].text), hex);
		ck_assert_str_eq(hex, v[i].hex);
		ck_assert(sha256_is_hex(hex));
	}
	ck_assert_int_eq(file_write("a", "abc", 3), 0);
	ck_assert_int_eq(sha256_file("a", hex), 0);
	ck_assert_str_eq(hex, v[1].hex);
	ck_assert(!sha256_is_hex("abc"));
	hex[3] = 'G';
	ck_assert(!sha256_is_hex(hex));
}
END_TEST

START_TEST(text_is_utf8_without_control_characters)
{
	static const struct { const char *text; size_t at; } v[] = {
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n\t", 16 },
		{ "a\r\n", 1 }, { "a\x7f", 1 }, { "\xc3", 0 },
		{ "\xc0\x80", 0 }, { "ab\xe0\x80\x80", 2 },
		{ "\xf4\x90\x80\x80", 0 }, { "\xe2\x82", 0 },
		{ "\xf8\x80\x80\x80\x80", 0 }, { "a\xc2\x9b", 1 },
	};
	const char *what;

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		ck_assert_uint_eq(file_check_text(v[i].text, strlen(v[i].text),
			&what), v[i].at);
		ck_assert_int_eq(what == NULL, i == 0);
	}
}
END_TEST

Suite *test_file(void);
Suite *test_file(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_test(t, a_written_file_reads_back_and_is_closed_by_a_nul);
	tcase_add_test(t, what_is_not_a_plain_file_is_refused_without_blocking);
	tcase_add_test(t, an_abandoned_file_leaves_the_old_one);
	tcase_add_test(t,
		blocks_read_back_and_keep_no_more_room_than_they_need);
	tcase_add_test(t, links_are_followed_and_devices_written_directly);
	tcase_add_test(t, what_cannot_be_written_is_said);
	tcase_add_test(t, directories_appear_whole_or_not_at_all);
	tcase_add_test(t, sha256_agrees_with_the_published_vectors);
	tcase_add_test(t, text_is_utf8_without_control_characters);
	suite_add_tcase(s, t);
	return s;
}
