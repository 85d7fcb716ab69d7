#include "entrospect/bindings/cli/partner.hpp"

#include <algorithm>

#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::cli {

std::string Partner::text() const { return tensor.file + (tensor.info.name.empty() ? "" : ":" + tensor.info.name); }

PartnerSource::PartnerSource(const std::filesystem::path& path, const io::ReadOptions& options)
    : tensors_(make_plan(read_headers({path}, options), {}).tensors), options_(options) {}

const PlannedTensor* PartnerSource::find(const PlannedTensor& x) const {
  const auto same_name = [&](const PlannedTensor& y) { return y.info.name == x.info.name; };
  for (const PlannedTensor& y : tensors_)
    if (same_name(y) && y.file == x.file) return &y;
  if (std::count_if(tensors_.begin(), tensors_.end(), same_name) == 1) return &*std::find_if(tensors_.begin(), tensors_.end(), same_name);
  return tensors_.size() == 1 ? &tensors_.front() : nullptr;
}

Partner PartnerSource::open(const PlannedTensor& x) const {
  Partner out;
  const PlannedTensor* found = find(x);
  if (found == nullptr) {
    out.problem = "--y has no tensor '" + io::printable(x.info.name) + "' that could go with this one; it has " +
                  std::to_string(tensors_.size()) + ", such as '" + io::printable(tensors_.front().info.name) + "'";
    return out;
  }
  out.tensor = *found;
  out.problem = found->problem;
  if (!out.problem.empty()) return out;
  try {
    out.file = io::open(found->path, options_);
    const auto& tensors = out.file->tensors();
    if (found->index >= tensors.size() || tensors[found->index].name != found->info.name ||
        tensors[found->index].shape != found->info.shape)
      out.problem = "the file of --y changed since the run started; start again";
  } catch (const std::exception& error) {
    out.problem = error.what();
  }
  return out;
}

}  // namespace entrospect::cli
