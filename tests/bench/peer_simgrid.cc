// The closed model of bench_engine.c as a SimGrid program (S4U): an actor per
// client, one for the device. Requests come from bench_requests; prints
// `stages,expiries,missed,seconds`, the processor time of the run alone.
//
// One simulated second stands for one nanosecond, so that every instant is a
// whole number, exact in SimGrid's doubles.
#include <simgrid/s4u.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <vector>

namespace sg4 = simgrid::s4u;

namespace {

struct Row {
	int64_t deadline;
	int64_t stage[3];
};

struct Request {
	int64_t deadline, number;
	const Row *row;
	int depth;
	bool live;
};

struct Model {
	int clients = 0, depths = 0;
	int64_t total = 0, warmup = 0, number = 0;
	int64_t planned[3] = {};
	std::vector<int64_t> first;
	std::vector<Row> rows;
	std::vector<Request> requests; // by number
	std::vector<Request *> live;   // by deadline, then number
	sg4::SemaphorePtr work;        // what the idle device waits for
	bool idle = false;
	int64_t stages = 0, expiries = 0, missed = 0;
};

bool before(const Request *a, const Request *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline
		: a->number < b->number;
}

void leave(Model &m, Request *r)
{
	r->live = false;
	m.live.erase(std::find(m.live.begin(), m.live.end(), r));
	if (r->number >= m.warmup && r->depth == 0)
		m.missed++;
}

void client(Model &m, int64_t first)
{
	sg4::this_actor::sleep_for(static_cast<double>(first));
	while (m.number < m.total) {
		int64_t now = static_cast<int64_t>(sg4::Engine::get_clock());
		Request *r = &m.requests[static_cast<size_t>(m.number)];
		const Row *row = &m.rows[static_cast<size_t>(m.number)];

		*r = Request{ now + row->deadline, m.number++, row, 0, true };
		m.live.insert(std::lower_bound(m.live.begin(), m.live.end(), r,
			before), r);
		if (m.idle) {
			m.idle = false;
			m.work->release();
		}
		sg4::this_actor::sleep_for(static_cast<double>(row->deadline));
		if (r->live) {
			m.expiries++;
			leave(m, r);
		}
	}
}

void device(Model &m)
{
	for (;;) {
		int64_t now = static_cast<int64_t>(sg4::Engine::get_clock());
		Request *next = nullptr;

		for (Request *r : m.live)
			if (now + m.planned[r->depth] <= r->deadline) {
				next = r;
				break;
			}
		if (!next) {
			m.idle = true;
			m.work->acquire();
			continue;
		}
		sg4::this_actor::sleep_for(static_cast<double>(
			next->row->stage[next->depth]));
		m.stages++;
		if (next->live && ++next->depth == m.depths)
			leave(m, next);
	}
}

bool read(Model &m, const char *path)
{
	std::ifstream f(path);

	f >> m.clients >> m.total >> m.warmup >> m.depths;
	if (!f || m.depths != 3)
		return false;
	for (int64_t &p : m.planned)
		f >> p;
	m.first.resize(static_cast<size_t>(m.clients));
	for (int64_t &t : m.first)
		f >> t;
	m.rows.resize(static_cast<size_t>(m.total));
	m.requests.resize(static_cast<size_t>(m.total));
	for (Row &r : m.rows)
		f >> r.deadline >> r.stage[0] >> r.stage[1] >> r.stage[2];
	return static_cast<bool>(f);
}

} // namespace

int main(int argc, char **argv)
{
	sg4::Engine engine(&argc, argv);
	Model m;

	if (argc != 2 || !read(m, argv[1])) {
		std::fputs("peer_simgrid: cannot read the requests\n", stderr);
		return 2;
	}
	sg4::NetZone *zone = sg4::create_full_zone("zone");
	sg4::Host *host = zone->create_host("host", 1e9);
	zone->seal();
	m.work = sg4::Semaphore::create(0);
	for (int64_t first : m.first)
		sg4::Actor::create("client", host, [&m, first] {
			client(m, first);
		});
	sg4::Actor::create("device", host, [&m] { device(m); })->daemonize();
	std::clock_t begun = std::clock();
	engine.run();
	double took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
	std::printf("%lld,%lld,%lld,%.6f\n", static_cast<long long>(m.stages),
		static_cast<long long>(m.expiries),
		static_cast<long long>(m.missed), took);
}
