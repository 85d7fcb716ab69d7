#pragma once
// The second sample matrix, the third, ... of estimators that take several: the tensor behind a --y that goes with a tensor of the run.

#include <memory>
#include <string>

#include "entrospect/bindings/cli/plan.hpp"

namespace entrospect::cli {

// A tensor of --y, opened; or why there is none.
struct Partner {
  PlannedTensor tensor;
  std::shared_ptr<const io::TensorFile> file;
  std::string problem;
  [[nodiscard]] std::string text() const;  // "base/l12.safetensors:x", as reported in rows
};

class PartnerSource {
 public:
  // A file, an index or a folder. Throws as make_plan() does.
  PartnerSource(const std::filesystem::path& path, const io::ReadOptions& options);

  // The tensor of the same file and tensor name; else the only one of that tensor name; else the only one there is.
  [[nodiscard]] Partner open(const PlannedTensor& x) const;

 private:
  [[nodiscard]] const PlannedTensor* find(const PlannedTensor& x) const;

  std::vector<PlannedTensor> tensors_;
  io::ReadOptions options_;
};

}  // namespace entrospect::cli
