#include "entrospect/core/parallel.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/processors.hpp"

namespace entrospect {
namespace {

using namespace std::chrono_literals;

Context with_threads(unsigned threads, CancelToken* cancel = nullptr) {
  Context context;
  context.threads = threads;
  context.cancel = cancel;
  return context;
}

class ThreadVariable : public ::testing::Test {
 protected:
  void TearDown() override { unsetenv("ENTROSPECT_NUM_THREADS"); }
};

TEST_F(ThreadVariable, OwnNumberThenEnvironmentThenMachine) {
  unsetenv("ENTROSPECT_NUM_THREADS");
  EXPECT_EQ(thread_count(Context{}), available_processors());
  setenv("ENTROSPECT_NUM_THREADS", "5", 1);
  EXPECT_EQ(thread_count(Context{}), 5U);
  EXPECT_EQ(thread_count(with_threads(3)), 3U);
}

TEST_F(ThreadVariable, NonsenseIsAnErrorNamingIt) {
  for (const char* text : {"0", "-2", "100000", "two"}) {
    setenv("ENTROSPECT_NUM_THREADS", text, 1);
    try {
      (void)thread_count(Context{});
      ADD_FAILURE() << text << " was accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(std::string("ENTROSPECT_NUM_THREADS = '") + text), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW((void)thread_count(with_threads(100000)), InvalidArgument);
}

TEST(Parallel, EveryItemRunsOnce) {
  for (const unsigned threads : {1U, 2U, 3U, 7U}) {
    std::vector<std::atomic<int>> runs(1000);
    parallel_for(with_threads(threads), runs.size(), [&](std::size_t item) { ++runs[item]; });
    for (const auto& count : runs) ASSERT_EQ(count, 1);
  }
  parallel_for(with_threads(2), 0, [](std::size_t) { FAIL(); });
}

TEST(Parallel, ManyThreadsWork) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> waiting{0};
  parallel_for(with_threads(3), 3, [&](std::size_t) {
    ++waiting;
    while (waiting < 3) std::this_thread::yield();  // returns only if three items run at the same time
    const std::scoped_lock lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), 3U);
}

TEST(Parallel, NestedCallsStayInTheirThread) {
  std::atomic<int> inner{0};
  EXPECT_FALSE(inside_parallel_region());
  parallel_for(with_threads(3), 6, [&](std::size_t) {
    EXPECT_TRUE(inside_parallel_region());
    const auto self = std::this_thread::get_id();
    parallel_for(with_threads(4), 5, [&](std::size_t) {
      EXPECT_EQ(std::this_thread::get_id(), self);
      ++inner;
    });
  });
  EXPECT_EQ(inner, 30);
  EXPECT_FALSE(inside_parallel_region());
}

TEST(Parallel, WhetherItIsARegionDoesNotDependOnThreads) {
  for (const unsigned threads : {1U, 2U}) {
    parallel_for(with_threads(threads), 2, [](std::size_t) { EXPECT_TRUE(inside_parallel_region()); });
    parallel_for(with_threads(threads), 1, [](std::size_t) { EXPECT_FALSE(inside_parallel_region()); });
  }
}

TEST(Parallel, TheErrorOfTheLowestItemComesOut) {
  for (const unsigned threads : {1U, 2U, 3U, 7U})
    for (int repeat = 0; repeat < 20; ++repeat) {
      try {
        parallel_for(with_threads(threads), 100, [](std::size_t item) {
          if (item % 10 == 3) throw InvalidArgument("item " + std::to_string(item));
        });
        FAIL() << "nothing thrown";
      } catch (const InvalidArgument& error) {
        ASSERT_STREQ(error.what(), "item 3");
      }
    }
}

TEST(Parallel, WorksAgainAfterAnError) {
  EXPECT_THROW(parallel_for(with_threads(2), 4, [](std::size_t) { throw std::runtime_error("x"); }), std::runtime_error);
  std::atomic<int> runs{0};
  parallel_for(with_threads(2), 4, [&](std::size_t) { ++runs; });
  EXPECT_EQ(runs, 4);
}

TEST(Parallel, CallersFromManyThreads) {
  std::vector<std::size_t> sums(4);
  std::vector<std::thread> callers;
  for (std::size_t c = 0; c < sums.size(); ++c)
    callers.emplace_back([&, c] {
      std::atomic<std::size_t> sum{0};
      for (int repeat = 0; repeat < 50; ++repeat) parallel_for(with_threads(3), 20, [&](std::size_t item) { sum += item; });
      sums[c] = sum;
    });
  for (auto& caller : callers) caller.join();
  for (const std::size_t sum : sums) EXPECT_EQ(sum, 50U * 190U);
}

TEST(Cancel, StopsBeforeTheRemainingItems) {
  for (const unsigned threads : {1U, 3U}) {
    CancelToken token;
    std::atomic<int> runs{0};
    EXPECT_THROW(parallel_for(with_threads(threads, &token), 1000000,
                              [&](std::size_t item) {
                                ++runs;
                                if (item == 5) token.request();
                              }),
                 Cancelled);
    EXPECT_LT(runs, 1000);
  }
}

// Only the worker's item is long: the caller has nothing left to do and must poll while it waits.
TEST(Cancel, TheCallerPollsWhileItWaits) {
  CancelToken token;
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> polled{false}, elsewhere{false};
  token.poll = [&] {
    elsewhere = elsewhere || std::this_thread::get_id() != caller;
    polled = true;
    return true;
  };
  std::atomic<int> started{0};
  const Context context = with_threads(2, &token);
  EXPECT_THROW(parallel_for(context, 2,
                            [&](std::size_t) {
                              ++started;
                              while (started < 2 && !token.requested()) std::this_thread::yield();
                              if (std::this_thread::get_id() == caller) return;
                              while (!token.requested()) std::this_thread::sleep_for(1ms);  // ends only if somebody polls
                              check_cancelled(context);
                            }),
               Cancelled);
  EXPECT_TRUE(polled);
  EXPECT_FALSE(elsewhere) << "poll belongs to the thread that started the computation";
}

TEST(Cancel, CheckPollsInTheCaller) {
  CancelToken token;
  token.poll = [] { return true; };
  const Context context = with_threads(1, &token);
  EXPECT_THROW(while (true) check_cancelled(context), Cancelled);
  EXPECT_THROW(check_cancelled(context), Cancelled) << "a token once used stays used";
  EXPECT_NO_THROW(check_cancelled(Context{}));
}

TEST(Cancel, AnErrorOfThePollReachesTheCaller) {
  CancelToken token;
  token.poll = []() -> bool { throw std::runtime_error("poll"); };
  const Context context = with_threads(2, &token);
  std::this_thread::sleep_for(60ms);  // longer than the time between two polls
  EXPECT_THROW(parallel_for(context, 4, [&](std::size_t) { std::this_thread::sleep_for(60ms); }), std::runtime_error);
}

TEST(Abandonable, RunsAndReturns) {
  CancelToken token;
  const auto result = std::make_shared<int>(0);
  for (CancelToken* cancel : {static_cast<CancelToken*>(nullptr), &token}) {
    *result = 0;
    run_abandonable(with_threads(1, cancel), [result] { *result = 7; });
    EXPECT_EQ(*result, 7);
    EXPECT_EQ(result.use_count(), 1) << "the caller alone owns the result afterwards";
  }
}

TEST(Abandonable, RethrowsAndKeepsTheRegion) {
  CancelToken token;
  const Context context = with_threads(1, &token);
  EXPECT_THROW(run_abandonable(context, [] { throw InvalidArgument("inner"); }), InvalidArgument);
  run_abandonable(context, [] { EXPECT_FALSE(inside_parallel_region()); });
  parallel_for(context, 2, [&](std::size_t) { run_abandonable(context, [] { EXPECT_TRUE(inside_parallel_region()); }); });
}

TEST(Abandonable, TheCallerLeavesWhileTheWorkGoesOn) {
  struct Shared {
    std::atomic<bool> started{false}, release{false}, finished{false};
  };
  const auto shared = std::make_shared<Shared>();
  CancelToken token;
  token.poll = [shared] { return shared->started.load(); };
  EXPECT_THROW(run_abandonable(with_threads(1, &token),
                               [shared] {
                                 shared->started = true;
                                 while (!shared->release) std::this_thread::sleep_for(1ms);
                                 shared->finished = true;
                               }),
               Cancelled);
  EXPECT_FALSE(shared->finished);
  shared->release = true;
  while (!shared->finished) std::this_thread::sleep_for(1ms);
}

#if defined(__SANITIZE_THREAD__)
TEST(Parallel, DISABLED_AForkedChildHasAPoolOfItsOwn) {}  // ThreadSanitizer forbids new threads after fork
#else
TEST(Parallel, AForkedChildHasAPoolOfItsOwn) {
  std::atomic<int> runs{0};
  parallel_for(with_threads(3), 9, [&](std::size_t) { ++runs; });
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> child_runs{0}, waiting{0};
    parallel_for(with_threads(3), 3, [&](std::size_t) {
      ++waiting;
      while (waiting < 3) std::this_thread::yield();
      ++child_runs;
    });
    _exit(child_runs == 3 ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  parallel_for(with_threads(3), 9, [&](std::size_t) { ++runs; });
  EXPECT_EQ(runs, 18) << "and the parent's still works";
}
#endif

}  // namespace
}  // namespace entrospect
