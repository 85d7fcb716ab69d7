#include "entrospect/core/parallel.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/processors.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace entrospect {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto poll_interval = std::chrono::milliseconds(50);
constexpr auto abandon_interval = std::chrono::milliseconds(20);
constexpr unsigned most_threads = 1024;

thread_local bool is_worker = false;  // a thread of ours: never polls, the thread that started the computation does
thread_local bool inside_region = false;
thread_local Clock::time_point last_poll{};

class RegionScope {
 public:
  RegionScope() : before_(std::exchange(inside_region, true)) {}
  ~RegionScope() { inside_region = before_; }
  RegionScope(const RegionScope&) = delete;
  RegionScope& operator=(const RegionScope&) = delete;

 private:
  bool before_;
};

// True when a stop was requested. Polls in the thread that started the computation.
bool stop_requested(const Context& context) {
  CancelToken* token = context.cancel;
  if (token == nullptr) return false;
  if (!token->requested() && !is_worker && token->poll) {
    const auto now = Clock::now();
    if (now - last_poll >= poll_interval) {
      last_poll = now;
      if (token->poll()) token->request();
    }
  }
  return token->requested();
}

// One parallel_for. Items are claimed in ascending order and a claimed item always runs to its end, so the error of the lowest item,
// the one a plain loop would have thrown, is always among those caught.
class Job {
 public:
  Job(const Context& context, std::size_t items, const std::function<void(std::size_t)>& body)
      : context_(context), items_(items), body_(body) {}

  void work() {
    const RegionScope region;
    while (!stopped_.load(std::memory_order_relaxed)) {
      const std::size_t item = next_.fetch_add(1, std::memory_order_relaxed);
      if (item >= items_) return;
      try {
        if (stop_requested(context_)) throw Cancelled();
        body_(item);
      } catch (...) {
        fail(item);
      }
    }
  }

  // While waiting for the helpers the caller keeps polling.
  void poll() noexcept {
    try {
      if (stop_requested(context_)) throw Cancelled();
    } catch (...) {
      fail(items_);
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  unsigned active = 0;  // helpers inside work(); guarded by the pool's mutex
  std::condition_variable idle;

 private:
  void fail(std::size_t item) noexcept {
    stopped_.store(true, std::memory_order_relaxed);
    const std::scoped_lock lock(error_mutex_);
    if (!error_ || item < error_item_) {
      error_ = std::current_exception();
      error_item_ = item;
    }
  }

  const Context& context_;
  const std::size_t items_;
  const std::function<void(std::size_t)>& body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
  std::size_t error_item_ = 0;
};

// Workers sleep until a job offers them a place. The pool grows to the largest number asked for and lives as long as the process: its
// threads may still sleep while static objects are destroyed, so it is never deleted.
class Pool {
 public:
  void run(Job& job, unsigned helpers) {
    {
      const std::scoped_lock lock(mutex_);
      while (workers_.size() < helpers) workers_.emplace_back([this] { serve(); });
      offers_.insert(offers_.end(), helpers, &job);
    }
    for (unsigned i = 0; i < helpers; ++i) wake_.notify_one();
    job.work();
    std::unique_lock lock(mutex_);
    std::erase(offers_, &job);  // places nobody took: no need to wait for a busy pool
    while (job.active > 0) {
      if (job.idle.wait_for(lock, poll_interval) == std::cv_status::no_timeout) continue;
      lock.unlock();  // the poll may take locks of its own (Python's)
      job.poll();
      lock.lock();
    }
  }

 private:
  void serve() {
    is_worker = true;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return !offers_.empty(); });
      Job* job = offers_.front();
      offers_.pop_front();
      ++job->active;
      lock.unlock();
      job->work();
      lock.lock();
      if (--job->active == 0) job->idle.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> offers_;
  std::vector<std::jthread> workers_;
};

std::mutex pool_mutex;
Pool* pool = nullptr;

Pool& shared_pool() {
  const std::scoped_lock lock(pool_mutex);
  if (pool == nullptr) {
#if defined(__unix__) || defined(__APPLE__)
    // A forked child has none of the threads: it starts a pool of its own, and the copy of its parent's is left untouched.
    static const int registered = pthread_atfork([] { pool_mutex.lock(); }, [] { pool_mutex.unlock(); },
                                                 [] {
                                                   pool = nullptr;
                                                   pool_mutex.unlock();
                                                 });
    if (registered != 0) throw std::bad_alloc();
#endif
    pool = new Pool;
  }
  return *pool;
}

unsigned environment_threads() {
  const char* text = std::getenv("ENTROSPECT_NUM_THREADS");
  if (text == nullptr || *text == '\0') return 0;
  static const FieldInfo field{"ENTROSPECT_NUM_THREADS", FieldKind::integer, std::int64_t{1}, {1, most_threads, false, false}, {}, {}};
  return static_cast<unsigned>(std::get<std::int64_t>(checked(field, std::string(text), "environment")));
}

}  // namespace

unsigned thread_count(const Context& context) {
  if (context.threads > most_threads)
    throw InvalidArgument("threads = " + std::to_string(context.threads) + " is not in [0, " + std::to_string(most_threads) + "]");
  if (context.threads > 0) return context.threads;
  const unsigned from_environment = environment_threads();
  return from_environment > 0 ? from_environment : std::min(available_processors(), most_threads);
}

void parallel_for(const Context& context, std::size_t items, const std::function<void(std::size_t)>& body) {
  if (items == 0) return;
  if (items == 1) {  // not a region: loops inside it may use the pool
    check_cancelled(context);
    body(0);
    return;
  }
  const auto threads = inside_region ? 1U : static_cast<unsigned>(std::min<std::size_t>(thread_count(context), items));
  if (threads == 1) {
    const RegionScope region;
    for (std::size_t item = 0; item < items; ++item) {
      check_cancelled(context);
      body(item);
    }
    return;
  }
  Job job(context, items, body);
  shared_pool().run(job, threads - 1);
  job.rethrow();
}

bool inside_parallel_region() { return inside_region; }

void check_cancelled(const Context& context) {
  if (stop_requested(context)) throw Cancelled();
}

namespace {

std::atomic<int> abandoned{0};  // calls that nobody waits for any more and that still run

// Library destructors would free the memory that such a call works on, so the process ends without them.
#if defined(__GLIBC__)
void leave_at_once(int status, void*) {
  if (abandoned == 0) return;
  std::fflush(nullptr);
  std::_Exit(status);
}
#endif

void note_abandoned() {
#if defined(__GLIBC__)
  static const int registered = on_exit(leave_at_once, nullptr);
  (void)registered;
#endif
  ++abandoned;
}

}  // namespace

void run_abandonable(const Context& context, std::function<void()> work) {
  check_cancelled(context);
  if (context.cancel == nullptr) {
    work();
    return;
  }
  struct Shared {
    std::function<void()> work;
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false, abandoned = false;
    std::exception_ptr error;
  };
  const auto shared = std::make_shared<Shared>();
  shared->work = std::move(work);
  std::thread([shared, region = inside_region] {
    is_worker = true;
    inside_region = region;
    std::exception_ptr error;
    try {
      shared->work();
    } catch (...) {
      error = std::current_exception();
    }
    shared->work = nullptr;  // before `done`: afterwards the caller alone owns what the work shared with it
    const std::scoped_lock lock(shared->mutex);
    shared->error = error;
    shared->done = true;
    if (shared->abandoned) --abandoned;
    shared->finished.notify_all();
  }).detach();
  std::unique_lock lock(shared->mutex);
  while (!shared->finished.wait_for(lock, abandon_interval, [&] { return shared->done; })) {
    lock.unlock();
    const bool stop = stop_requested(context);
    lock.lock();
    if (!stop || shared->done) continue;
    shared->abandoned = true;
    note_abandoned();
    throw Cancelled();
  }
  if (shared->error) std::rethrow_exception(shared->error);
}

}  // namespace entrospect
