#pragma once
// Everything about *how* a computation runs and nothing about *what* it computes: results never depend on a Context.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace entrospect {

// Stops a running computation. `request()` may be called from any thread or a signal handler. `poll`, when set, is called on the
// thread that started the computation, at most every 50 ms; it returns true to stop (the Python door checks for Ctrl-C there).
class CancelToken {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  std::function<bool()> poll;

 private:
  std::atomic<bool> requested_{false};
};

// Shares intermediate results (spectra, Gram matrices, surveys) between estimators that run on the same data.
// Keys are built from the identity of the data and every option that matters; values are immutable. Thread-safe.
class Memo {
 public:
  template <class T>
  std::shared_ptr<const T> get_or_compute(const std::string& key, const std::function<T()>& compute) {
    {
      const std::scoped_lock lock(mutex_);
      if (auto found = entries_.find(key); found != entries_.end()) return std::static_pointer_cast<const T>(found->second);
    }
    auto value = std::make_shared<const T>(compute());
    const std::scoped_lock lock(mutex_);
    return std::static_pointer_cast<const T>(entries_.emplace(key, value).first->second);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const void>> entries_;
};

// done in [0, 1]; called from the thread that started the computation, at most ten times a second.
using Progress = std::function<void(std::string_view stage, double done)>;

struct Context {
  unsigned threads = 0;  // 0: ENTROSPECT_NUM_THREADS, else the processors this process may use
  CancelToken* cancel = nullptr;
  Memo* memo = nullptr;
  Progress progress;
};

}  // namespace entrospect
