#include "entrospect/bindings/io/detail/safetensors_index.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>

#include "entrospect/bindings/io/detail/safetensors.hpp"
#include "entrospect/bindings/io/detail/strict_json.hpp"
#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

constexpr std::uint64_t longest_index = 100'000'000;
constexpr const char* remedy = "write the index again with the library that saved the shards";

// A file in the index's own folder.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\") == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

class IndexEvents : public JsonEvents {
 public:
  explicit IndexEvents(const std::filesystem::path& file) : file_(file) {}
  SafetensorsIndex index;
  bool has_map = false;

  void begin(const JsonPlace& place, bool object) override {
    if (place.path.empty()) {
      if (!object) fail(place, "an object", "an array");
    } else if (place.path[0] == "weight_map") {
      if (place.path.size() > 1 || !object)
        fail(place, "an object of file names for 'weight_map'", object ? "an object in it" : "an array");
      has_map = true;
    } else if (is_total_size(place)) {
      fail(place, "a number of bytes for 'total_size'", object ? "an object" : "an array");
    }
  }

  void scalar(const JsonPlace& place, const JsonScalar& value) override {
    if (place.path.empty()) fail(place, "an object", describe(value));
    if (place.path[0] == "weight_map") {
      if (place.path.size() == 1) fail(place, "an object of file names for 'weight_map'", describe(value));
      const auto* name = std::get_if<std::string>(&value);
      if (name == nullptr || !is_plain_name(*name))
        fail(place, "the plain name of a file beside the index for '" + printable(place.path[1]) + "'", describe(value));
      index.shard_of.emplace(place.path[1], *name);
    } else if (is_total_size(place)) {
      const auto* size = std::get_if<std::uint64_t>(&value);
      // Some writers divide and multiply on the way and leave a floating-point number.
      const auto* real = std::get_if<double>(&value);
      const bool whole = real != nullptr && *real >= 0 && *real <= 9007199254740992.0 && std::floor(*real) == *real;
      if (size == nullptr && !whole) fail(place, "a number of bytes for 'total_size'", describe(value));
      index.total_size = size != nullptr ? *size : static_cast<std::uint64_t>(*real);
    }
  }

  void end(const JsonPlace& place) override {
    if (place.path.empty() && !has_map) fail(place, "the key 'weight_map'", "an index without it");
  }

 private:
  static bool is_total_size(const JsonPlace& place) {
    return place.path.size() == 2 && place.path[0] == "metadata" && place.path[1] == "total_size";
  }
  [[noreturn]] void fail(const JsonPlace& place, const std::string& expected, const std::string& found) const {
    throw FileError({file_, {}, place.offset}, expected, found, remedy);
  }

  std::filesystem::path file_;
};

// A shard whose file is open only while something reads from it.
class Shard {
 public:
  explicit Shard(const File& file) : path_(file.path()), state_(file.state()) {}

  [[nodiscard]] std::shared_ptr<const File> open() const {
    const std::scoped_lock lock(mutex_);
    if (auto file = open_.lock()) return file;
    auto file = File::open(path_);
    if (!(file->state() == state_))
      throw FileError({path_, {}, 0}, "the shard that was there when the index was opened", "a changed file",
                      "wait until its writer has finished and run again");
    open_ = file;
    return file;
  }

 private:
  std::filesystem::path path_;
  File::State state_;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<const File> open_;
};

using Shards = std::map<std::filesystem::path, std::unique_ptr<const Shard>>;

class ShardedFile : public TensorTable {
 public:
  ShardedFile(Shards shards, std::vector<Stored> stored, const ReadOptions& options)
      : TensorTable(std::move(stored), options), shards_(std::move(shards)) {}

 private:
  std::unique_ptr<Sequence> sequence(const TensorInfo& info) const override {
    return std::make_unique<FileSequence>(shards_.at(info.file)->open(), info.offset, info.name);
  }
  std::shared_ptr<const RowReader> rows(const TensorInfo& info, std::uint64_t row_bytes) const override {
    return file_rows(shards_.at(info.file)->open(), info, row_bytes);
  }

  Shards shards_;
};

}  // namespace

std::vector<std::string> SafetensorsIndex::shards() const {
  std::set<std::string> names;
  for (const auto& [tensor, shard] : shard_of) names.insert(shard);
  std::vector<std::string> out(names.begin(), names.end());
  std::sort(out.begin(), out.end(), natural_less);
  return out;
}

SafetensorsIndex read_safetensors_index(const std::filesystem::path& path, const ReadOptions& options) {
  const auto file = File::open(path);
  if (file->size() > longest_index)
    throw FileError({path, {}, 0}, "an index of at most " + std::to_string(longest_index) + " bytes",
                    std::to_string(file->size()) + " bytes", remedy);
  const std::string text = read_json_text(*file, 0, file->size(), options);
  IndexEvents events(path);
  parse_json(text, {path, {}, 0}, events);
  return std::move(events.index);
}

std::unique_ptr<TensorFile> open_safetensors_index(const std::filesystem::path& path, const ReadOptions& options) {
  const SafetensorsIndex index = read_safetensors_index(path, options);
  Shards shards;
  std::vector<Stored> stored;
  std::set<std::string> found;
  std::uint64_t total = 0;
  for (const std::string& name : index.shards()) {
    const std::filesystem::path shard = path.parent_path() / name;
    const auto file = File::open(shard);
    for (Stored& tensor : read_safetensors_header(*file, options)) {
      const FileError::Where where{shard, tensor.info.name, tensor.info.offset};
      const auto listed = index.shard_of.find(tensor.info.name);
      if (listed == index.shard_of.end()) {
        if (options.lenient) continue;
        throw FileError(where, "only tensors that the index lists", "one that it does not", remedy);
      }
      if (listed->second != name)
        throw FileError(where, "the tensor in '" + printable(listed->second) + "', as the index says", "it in '" + printable(name) + "'",
                        remedy);
      found.insert(tensor.info.name);
      total += tensor.info.bytes;
      stored.push_back(std::move(tensor));
    }
    shards.emplace(shard, std::make_unique<Shard>(*file));
  }
  for (const auto& [tensor, shard] : index.shard_of)
    if (!found.contains(tensor))
      throw FileError({path.parent_path() / shard, tensor, 0}, "the tensor, as the index says", "a shard without it", remedy);
  if (index.total_size && *index.total_size != total && !options.lenient)
    throw FileError({path, {}, 0}, "total_size " + std::to_string(*index.total_size) + " in the shards", std::to_string(total) + " bytes",
                    std::string(remedy) + ", or add --lenient");
  return std::make_unique<ShardedFile>(std::move(shards), std::move(stored), options);
}

}  // namespace entrospect::io
