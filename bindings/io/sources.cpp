#include <algorithm>
#include <set>
#include <system_error>

#include "entrospect/bindings/io/detail/file.hpp"
#include "entrospect/bindings/io/detail/format.hpp"
#include "entrospect/bindings/io/detail/safetensors_index.hpp"
#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {
namespace {

namespace fs = std::filesystem;

bool is_readable(Format format) {
  return format == Format::npy || format == Format::npz || format == Format::safetensors || format == Format::safetensors_index;
}

std::string refused_text(const fs::path& path) {
  return "'" + printable(path.extension().string()) + "' files are not read. Fix: " + conversion_hint(path);
}

// Everything below one folder argument.
class Folder {
 public:
  explicit Folder(const fs::path& root) : root_(root), real_root_(fs::canonical(root)) {}

  std::vector<Source> sources() {
    visit(root_);
    hide_shards();
    std::sort(found_.begin(), found_.end(), [](const Source& a, const Source& b) { return natural_less(a.relative, b.relative); });
    return std::move(found_);
  }

 private:
  void visit(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) look(entries->path());
    if (error) add(folder, "the folder cannot be listed: " + error.message() + ". Fix: check its permissions");
  }

  // Other files (notes, configurations, tables of labels) are passed over; what could have been data or could do harm is reported.
  void look(const fs::path& path) {
    std::error_code error;
    const auto own = fs::symlink_status(path, error);
    const Format format = format_of(path);
    if (fs::is_symlink(own)) {
      look_at_link(path, format);
    } else if (fs::is_directory(own)) {
      visit(path);
    } else if (const std::string kind = irregular_kind(own); !kind.empty()) {
      add(path, kind + ", not a regular file. Fix: copy the data into a regular file");
    } else {
      add_file(path, format);
    }
  }

  void look_at_link(const fs::path& path, Format format) {
    std::error_code error;
    const auto target = fs::status(path, error);
    const bool folder = fs::is_directory(target);
    if (!folder && format == Format::unknown && (fs::is_regular_file(target) || !fs::exists(target))) return;
    if (!fs::exists(target)) {
      add(path, "a link to nothing. Fix: remove it or restore its target");
    } else if (!inside(path)) {
      add(path, "a link that leaves the folder. Fix: name its target as an argument");
    } else if (const std::string kind = irregular_kind(target); !folder && !kind.empty()) {
      add(path, "a link to " + kind + ". Fix: copy the data into a regular file");
    } else if (!folder) {
      add_file(path, format);
    }  // a folder inside the root is found by itself
  }

  void add_file(const fs::path& path, Format format) {
    if (format == Format::refused) add(path, refused_text(path));
    if (is_readable(format)) add(path, {});
  }

  [[nodiscard]] bool inside(const fs::path& path) const {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    return !error && std::mismatch(real_root_.begin(), real_root_.end(), real.begin(), real.end()).first == real_root_.end();
  }

  void add(const fs::path& path, std::string problem) {
    found_.push_back({path, path.lexically_relative(root_).generic_string(), std::move(problem)});
  }

  // An index stands for its shards.
  void hide_shards() {
    std::set<fs::path> shards;
    for (Source& source : found_) {
      if (!source.problem.empty() || format_of(source.path) != Format::safetensors_index) continue;
      try {
        for (const std::string& name : read_safetensors_index(source.path, {}).shards()) {
          const fs::path shard = source.path.parent_path() / name;
          std::error_code error;
          if (fs::exists(shard, error) && !inside(shard))
            source.problem = "its shard '" + printable(name) + "' is a link that leaves the folder. Fix: name the index as an argument";
          shards.insert(shard);
        }
      } catch (const FileError& fault) {
        source.problem = fault.summary();
      }
    }
    std::erase_if(found_, [&](const Source& source) { return shards.contains(source.path); });
  }

  fs::path root_, real_root_;
  std::vector<Source> found_;
};

Source single(const fs::path& path) {
  Source source{path, path.filename().generic_string(), {}};
  std::error_code error;
  const auto status = fs::status(path, error);
  const Format format = format_of(path);
  if (!fs::exists(status)) {
    source.problem = (status.type() == fs::file_type::not_found ? std::string("no such file") : error.message()) + ". Fix: check the path";
  } else if (const std::string kind = irregular_kind(status); !kind.empty()) {
    source.problem = kind + ", not a regular file. Fix: copy the data into a regular file";
  } else if (format == Format::refused) {
    source.problem = refused_text(path);
  } else if (!is_readable(format)) {
    source.problem = "neither .npy, .npz, .safetensors nor .safetensors.index.json. Fix: save its tensors with safetensors";
  }
  return source;
}

}  // namespace

std::vector<Source> find_sources(const std::vector<fs::path>& arguments) {
  std::vector<Source> out;
  for (const fs::path& argument : arguments) {
    std::error_code error;
    if (!fs::is_directory(argument, error)) {
      out.push_back(single(argument));
      continue;
    }
    try {
      for (Source& source : Folder(argument).sources()) out.push_back(std::move(source));
    } catch (const fs::filesystem_error& fault) {
      out.push_back({argument, argument.filename().generic_string(), fault.code().message()});
    }
  }
  return out;
}

}  // namespace entrospect::io
