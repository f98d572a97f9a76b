#include "choice.h"

#include "msg.h"
#include "version.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct policy *find_builtin(const char *name)
{
	for (const struct policy *const *p = policy_table; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

static void code_of_builtin(const char *name, char code[SHA256_HEX])
{
	for (const struct policy_code *p = laxity_policy_code; p->policy; p++)
		if (!strcmp(p->policy, name))
			memcpy(code, p->sha256, SHA256_HEX);
}

static int is_path(const char *name)
{
	size_t n = strlen(name);
	return strchr(name, '/') || (n > 3 && !strcmp(name + n - 3, ".so"));
}

static const struct policy *load_object(const char *path, void **object,
	char code[SHA256_HEX])
{
	const unsigned *abi;
	const struct policy *p;

	/* dlopen searches the library path for a name without a slash. */
	char *name = strchr(path, '/') ? mem_string(path)
		: mem_printf("./%s", path);
	if (sha256_file(name, code)) {
		free(name);
		return NULL;
	}
	*object = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	free(name);
	if (!*object) {
		(void)msg_bad("policy '%s': %s", path, dlerror());
		return NULL;
	}
	abi = dlsym(*object, "laxity_policy_abi");
	p = dlsym(*object, "laxity_policy");
	if (!abi || !p)
		(void)msg_bad("policy '%s': does not export laxity_policy and "
			"laxity_policy_abi", path);
	else if (*abi != POLICY_ABI)
		(void)msg_bad("policy '%s': built for interface %u, this is %u",
			path, *abi, POLICY_ABI);
	else if (!p->name || !p->pick)
		(void)msg_bad("policy '%s': name or pick is NULL", path);
	else
		return p;
	(void)dlclose(*object);
	*object = NULL;
	return NULL;
}

static void list_policies(struct text *t)
{
	for (const struct policy *const *p = policy_table; *p; p++)
		text_add(t, "%s%s", p == policy_table ? "" : ", ", (*p)->name);
}

static void list_values(struct text *t, const struct param *q)
{
	if (q->words) {
		for (int i = 0; q->words[i]; i++)
			text_add(t, "%s%s", i ? " | " : "", q->words[i]);
	} else if (q->numbers) {
		for (int i = 0; !isnan(q->numbers[i]); i++)
			text_add(t, "%s%.9g", i ? " | " : "", q->numbers[i]);
	} else {
		text_add(t, "a number from %.9g to %.9g", q->min, q->max);
	}
}

static void list_params(struct text *t, const struct policy *p)
{
	if (!p->params || !p->params[0].name)
		text_add(t, "it has none");
	for (const struct param *q = p->params; q && q->name; q++)
		text_add(t, "%s%s", q == p->params ? "" : ", ", q->name);
}

static int value_of(const struct param *q, const char *s, double *out)
{
	double x;

	if (q->words) {
		for (int i = 0; q->words[i]; i++) {
			if (!strcmp(q->words[i], s)) {
				*out = i;
				return 0;
			}
		}
		return -1;
	}
	if (num_real(s, &x))
		return -1;
	if (q->numbers) {
		for (int i = 0; !isnan(q->numbers[i]); i++) {
			if (x == q->numbers[i]) {
				*out = x;
				return 0;
			}
		}
		return -1;
	}
	if (!(x >= q->min && x <= q->max))
		return -1;
	*out = x;
	return 0;
}

/* One "key=value"; given[] says which were set before. */
static int set_param(struct choice *c, char *pair, unsigned char *given)
{
	const struct policy *p = c->policy;
	char *value = strchr(pair, '=');
	struct text t;
	int i = 0, failed = -1;

	text_init(&t);
	if (value)
		*value++ = 0;
	for (; p->params && p->params[i].name; i++)
		if (!strcmp(p->params[i].name, pair))
			break;
	if (!p->params || !p->params[i].name) {
		list_params(&t, p);
		(void)msg_bad("policy '%s': unknown parameter '%s'; parameters: %s",
			p->name, pair, t.s);
	} else if (given[i]) {
		list_params(&t, p);
		(void)msg_bad("policy '%s': parameter '%s' given twice; "
			"parameters: %s", p->name, pair, t.s);
	} else if (!value || value_of(&p->params[i], value, &c->args[i])) {
		list_values(&t, &p->params[i]);
		(void)msg_bad("policy '%s': parameter '%s' does not take '%s'; "
			"allowed: %s", p->name, pair, value ? value : "", t.s);
	} else {
		given[i] = 1;
		failed = 0;
	}
	text_fini(&t);
	return failed;
}

int choice_parse(struct choice *c, const char *text)
{
	unsigned char given[POLICY_MAX_PARAMS] = { 0 };
	struct choice new = { 0 };
	char *copy = mem_string(text), *params, *save = NULL;
	int failed = -1;

	params = strchr(copy, ':');
	if (params)
		*params++ = 0;
	if (is_path(copy)) {
		new.policy = load_object(copy, &new.object, new.code);
	} else {
		new.policy = find_builtin(copy);
		code_of_builtin(copy, new.code);
		if (!new.policy) {
			struct text t;
			text_init(&t);
			list_policies(&t);
			(void)msg_bad("unknown policy '%s'; policies: %s", copy, t.s);
			text_fini(&t);
		}
	}
	if (!new.policy)
		goto end;
	for (int i = 0; new.policy->params && new.policy->params[i].name; i++) {
		if (i == POLICY_MAX_PARAMS) {
			(void)msg_bad("policy '%s': more than %d parameters",
				copy, POLICY_MAX_PARAMS);
			goto end;
		}
		new.args[i] = new.policy->params[i].def;
	}
	if (params && (!*params || params[strlen(params) - 1] == ',')) {
		(void)msg_bad("policy '%s': a parameter is missing at the end of '%s'",
			copy, text);
		goto end;
	}
	for (char *pair = params ? strtok_r(params, ",", &save) : NULL; pair;
	     pair = strtok_r(NULL, ",", &save))
		if (set_param(&new, pair, given))
			goto end;
	new.text = mem_string(text);
	*c = new;
	failed = 0;
end:
	if (failed && new.object)
		(void)dlclose(new.object);
	free(copy);
	return failed;
}

void choice_fini(struct choice *c)
{
	free(c->text);
	if (c->object)
		(void)dlclose(c->object);
	*c = (struct choice){ 0 };
}

char *choice_canonical(const struct choice *c)
{
	const struct param *q = c->policy->params;
	struct text t;

	text_init(&t);
	text_add_n(&t, c->text, strcspn(c->text, ":"));
	for (int i = 0; q && q[i].name; i++) {
		text_add(&t, "%c%s=", i ? ',' : ':', q[i].name);
		if (q[i].words)
			text_add(&t, "%s", q[i].words[(int)c->args[i]]);
		else if (!isnan(c->args[i]))
			text_add(&t, "%.17g", c->args[i]);
	}
	return t.s;
}
