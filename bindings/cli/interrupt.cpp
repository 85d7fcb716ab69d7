#include "entrospect/bindings/cli/interrupt.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX
#include <unistd.h>

#include <array>
#include <atomic>
#include <string_view>

namespace entrospect::cli {
namespace {

std::atomic<int> received{0};
std::atomic<CancelToken*> active{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<CancelToken*>::is_always_lock_free);

void say(std::string_view text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nothing can be done about it in a handler
}

extern "C" void on_signal(int) {
  const int count = received.fetch_add(1) + 1;
  if (count == 1) {
    say("\ninterrupted: finishing the current cell; once more to stop now\n");
  } else if (count == 2) {
    if (CancelToken* token = active.load()) token->request();
  } else {
    ::_exit(130);
  }
}

constexpr std::array<int, 2> signals{SIGINT, SIGTERM};
std::array<struct sigaction, 2> previous{};

}  // namespace

Interrupt::Interrupt() {
  received = 0;
  active = &token_;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &previous[i]);
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &previous[i], nullptr);
  active = nullptr;
}

bool Interrupt::requested() const { return received.load() > 0; }

}  // namespace entrospect::cli
