#pragma once
// How far a run is, on standard error: a line that rewrites itself on a terminal, else one line every 30 s.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "entrospect/bindings/cli/terminal.hpp"

namespace entrospect::cli {

enum class ProgressMode { automatic, none, jsonl };

// Thread-safe.
class ProgressLine {
 public:
  ProgressLine(ProgressMode mode, std::size_t layers, std::size_t cells);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void start(std::size_t layer, std::string_view estimator);  // layer counts from 1
  void within(double share);                                  // of the current cell, in [0, 1]
  void finished_cell(bool computed);                          // false: taken from an earlier run, which says nothing about speed
  void clear();                                               // takes the line off the terminal, for other text

 private:
  void show(bool now);
  [[nodiscard]] std::string line() const;

  using Clock = std::chrono::steady_clock;
  ProgressMode mode_;
  Style style_;
  std::size_t layers_, cells_, layer_ = 0, finished_ = 0, computed_ = 0;
  double share_ = 0;
  bool shown_ = false;
  std::string estimator_;
  Clock::time_point begin_ = Clock::now(), last_ = begin_;
  std::mutex mutex_;
};

}  // namespace entrospect::cli
