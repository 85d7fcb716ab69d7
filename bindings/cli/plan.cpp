#include "entrospect/bindings/cli/plan.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <set>

#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/results.hpp"
#include "entrospect/core/options.hpp"

namespace entrospect::cli {
namespace {

namespace fs = std::filesystem;

// Whole numbers, truth values and texts, in the spelling of any format ("<i8", "U64", "BOOL", "<U10").
bool is_label_type(std::string_view dtype) {
  while (!dtype.empty() && std::string_view("<>|=").find(dtype.front()) != std::string_view::npos) dtype.remove_prefix(1);
  if (dtype.empty() || dtype.starts_with("BF") || dtype.starts_with("bf")) return false;
  return std::string_view("iuIUSb?B").find(dtype.front()) != std::string_view::npos;
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [&](const std::string& pattern) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
}

// Files of the same relative name from different arguments get as much of their argument's path in front as tells them apart.
void make_names_unique(std::vector<PlannedFile>& files) {
  for (std::size_t depth = 1; depth < 64; ++depth) {
    std::map<std::string, int> count;
    for (const PlannedFile& file : files) ++count[file.name];
    bool unique = true;
    for (PlannedFile& file : files) {
      if (count[file.name] == 1) continue;
      unique = false;
      const fs::path whole = fs::weakly_canonical(file.source.path);
      std::vector<std::string> parts;
      for (const fs::path& part : whole) parts.push_back(part.generic_string());
      const auto relative_parts = static_cast<std::size_t>(std::count(file.source.relative.begin(), file.source.relative.end(), '/')) + 1;
      const std::size_t keep = std::min(parts.size(), relative_parts + depth);
      file.name.clear();
      for (std::size_t i = parts.size() - keep; i < parts.size(); ++i) file.name += (file.name.empty() ? "" : "/") + parts[i];
    }
    if (unique) return;
  }
}

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string stem_of(const std::string& name) {
  std::string stem = name.substr(name.rfind('/') + 1);
  for (const std::string_view extension : {".index.json", ".safetensors", ".npz", ".npy"})
    if (stem.size() > extension.size() && stem.ends_with(extension)) stem.resize(stem.size() - extension.size());
  return stem;
}

}  // namespace

Use use_of(const io::TensorInfo& tensor) {
  if (tensor.problem.empty()) return Use::samples;
  if (tensor.dtype.empty()) return Use::broken;  // nothing is known of it, so nothing says that it is no table of samples
  return tensor.shape.size() < 2 || is_label_type(tensor.dtype) ? Use::skipped : Use::broken;
}

std::string skip_reason(const io::TensorInfo& tensor) {
  const std::string rank = std::to_string(tensor.shape.size()) + "-d " + io::printable(tensor.dtype);
  return rank + (is_label_type(tensor.dtype) ? ", labels or ids" : ", not a table of samples");
}

std::optional<std::int64_t> layer_of(const io::TensorInfo& tensor) {
  const auto named = io::layer_number(tensor.whole.empty() ? tensor.name : tensor.whole);
  if (named || tensor.index.size() != 2) return named;
  return static_cast<std::int64_t>(tensor.index.front());
}

std::size_t Plan::usable() const {
  return static_cast<std::size_t>(std::count_if(tensors.begin(), tensors.end(), [](const auto& t) { return t.problem.empty(); }));
}

std::vector<PlannedFile> read_headers(const std::vector<fs::path>& arguments, const io::ReadOptions& options) {
  for (const fs::path& argument : arguments) {
    std::error_code error;
    if (!fs::exists(fs::status(argument, error))) throw NoInput("no such file or folder: " + argument.string());
  }
  std::vector<PlannedFile> files;
  std::set<fs::path> seen;
  for (io::Source& source : io::find_sources(arguments)) {
    std::error_code error;
    const fs::path canonical = fs::weakly_canonical(source.path, error);
    if (!error && !seen.insert(canonical).second) continue;  // named twice on the command line
    PlannedFile file{source, source.relative, source.problem, {}};
    if (file.problem.empty()) {
      try {
        file.tensors = io::open(source.path, options)->tensors();
      } catch (const io::FileError& problem) {
        file.problem = problem.what();
      } catch (const InvalidArgument& problem) {
        file.problem = problem.what();
      }
    }
    files.push_back(std::move(file));
  }
  make_names_unique(files);
  return files;
}

Plan make_plan(const std::vector<PlannedFile>& files, const std::vector<std::string>& patterns) {
  Plan plan;
  std::vector<std::string> unmatched;
  for (const PlannedFile& file : files) {
    if (!file.problem.empty()) {
      PlannedTensor broken;
      broken.path = file.source.path;
      broken.file = file.name;
      broken.problem = file.problem;
      broken.group = io::printable(parent_of(file.name));
      broken.label = io::printable(file.name.substr(file.name.rfind('/') + 1));
      plan.tensors.push_back(std::move(broken));
      continue;
    }
    const std::size_t first = plan.tensors.size();
    for (std::size_t i = 0; i < file.tensors.size(); ++i) {
      const io::TensorInfo& info = file.tensors[i];
      const Use use = use_of(info);
      if (use == Use::skipped) {
        plan.skipped.push_back(io::printable(file.name + (info.name == stem_of(file.name) ? "" : ":" + info.name)) + ": " +
                               skip_reason(info));
        continue;
      }
      // Brackets mean something in a pattern, hence the comparison.
      const bool named = std::find(patterns.begin(), patterns.end(), info.name) != patterns.end();
      if (!named && !matches(info.whole.empty() ? info.name : info.whole, patterns)) {
        unmatched.push_back(info.name);
        continue;
      }
      PlannedTensor tensor;
      tensor.path = file.source.path;
      tensor.index = i;
      tensor.file = file.name;
      tensor.info = info;
      tensor.problem = use == Use::broken ? info.problem : std::string();
      tensor.layer = layer_of(info);
      tensor.group = io::printable(file.name);
      tensor.label = io::printable(info.name);
      plan.tensors.push_back(std::move(tensor));
    }
    if (plan.tensors.size() != first + 1) continue;
    // One tensor per file: the files of a folder are the layers.
    PlannedTensor& only = plan.tensors.back();
    const std::string stem = stem_of(file.name);
    if (!only.layer) only.layer = io::layer_number(stem);
    only.group = io::printable(parent_of(file.name));
    only.label = io::printable(only.info.name == stem ? stem : stem + ":" + only.info.name);
  }
  if (plan.tensors.empty()) {
    std::string message = "no tensor to work on";
    if (!unmatched.empty()) {
      const std::string close = nearest(patterns.front(), unmatched);
      message += ": --tensors matches none of " + std::to_string(unmatched.size()) + ", such as '" +
                 io::printable(close.empty() ? unmatched.front() : close) + "'";
    } else if (!plan.skipped.empty()) {
      message += ": " + plan.skipped.front() +
                 (plan.skipped.size() > 1 ? " (and " + std::to_string(plan.skipped.size() - 1) + " more; see entrospect inspect)" : "");
    } else {
      message += ": no .npy, .npz, .safetensors or .safetensors.index.json file found";
    }
    throw NoInput(message);
  }
  return plan;
}

}  // namespace entrospect::cli
