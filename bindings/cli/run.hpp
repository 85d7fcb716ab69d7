#pragma once
// entrospect run: every tensor x estimator becomes a row; a bad tensor is a row with a reason.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/bindings/cli/progress.hpp"

namespace entrospect::cli {

struct RunOptions {
  std::vector<std::filesystem::path> paths;
  std::vector<std::string> estimators;  // each in the grammar of spec.hpp; empty: default_estimators()
  std::vector<std::string> options;     // NAME.KEY=VALUE
  std::vector<std::string> tensors;     // shell patterns
  std::string labels;
  std::vector<std::string> y;  // paths of the second sample matrices, the third, ...
  std::optional<std::uint64_t> rows, seed;
  bool center = false;
  std::string normalize, interval, baseline, unit, convention, compat;
  std::filesystem::path out;
  bool resume = false, retry_failed = false;
  unsigned threads = 0;
  std::string memory;  // "16G"; empty: three quarters of what is available
  bool json = false, lenient = false, dry_run = false, exit_zero = false, drop_nonfinite_rows = false;
  std::string dtype;
  std::string unfold;  // of unfold_choices(); empty: matrices where every estimator takes probabilities, as attention_entropy does
  ProgressMode progress = ProgressMode::automatic;
  std::vector<std::string> command;  // argv, for the manifest
};

int run(const RunOptions& options);

// "512M", "16G", "2.5GB", "1000000": powers of 1000. Throws InvalidArgument.
std::uint64_t parse_bytes(const std::string& text);

}  // namespace entrospect::cli
