#pragma once
// Which tensors a command works on: paths -> files -> tensors in natural order, each with its name in rows and what to do with it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::cli {

// No usable input (exit code 4): a path that is not there, no tensor that could be samples.
class NoInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Use {
  samples,
  skipped,  // labels, ids, single vectors: never meant as samples
  broken,   // meant as samples but unreadable: a row with the reason
};
Use use_of(const io::TensorInfo& tensor);
std::string skip_reason(const io::TensorInfo& tensor);

// The number in the name of the tensor; without one, the first of the two indices of a head of layers x heads x queries x keys.
std::optional<std::int64_t> layer_of(const io::TensorInfo& tensor);

struct PlannedTensor {
  std::filesystem::path path;  // to open
  std::size_t index = 0;       // within the opened file
  std::string file;            // in rows: relative to the argument, made unique by the argument's own name where needed
  io::TensorInfo info;         // empty when the file itself cannot be read
  std::string problem;         // becomes the reason of its rows; empty when usable
  std::optional<std::int64_t> layer;
  std::string group, label;  // in tables, printable
};

struct Plan {
  std::vector<PlannedTensor> tensors;
  std::vector<std::string> skipped;  // "labels.npy: 1-d I64 ..."
  [[nodiscard]] std::size_t usable() const;
};

struct PlannedFile {
  io::Source source;
  std::string name;  // unique
  std::string problem;
  std::vector<io::TensorInfo> tensors;
};

// Opens every file once and reads its header. Throws NoInput when a path does not exist.
std::vector<PlannedFile> read_headers(const std::vector<std::filesystem::path>& arguments, const io::ReadOptions& options);

// `patterns`: shell patterns of tensor names, any of which may match; empty takes all. Throws NoInput when nothing is left.
Plan make_plan(const std::vector<PlannedFile>& files, const std::vector<std::string>& patterns);

}  // namespace entrospect::cli
