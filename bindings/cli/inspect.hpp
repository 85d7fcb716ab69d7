#pragma once
// entrospect inspect: headers only. Which tensors are there, in which order, and what a run would skip or fail on and why.

#include <filesystem>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::cli {

struct InspectOptions {
  std::vector<std::filesystem::path> paths;
  bool json = false;
  bool strict = false;  // a file or tensor that a run would fail on gives exit code 3
  io::ReadOptions reading;
  std::string unfold = "none";
};
int inspect(const InspectOptions& options);

}  // namespace entrospect::cli
