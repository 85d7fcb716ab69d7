#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

// `*.safetensors.index.json`: which tensor is in which shard.
struct SafetensorsIndex {
  std::map<std::string, std::string> shard_of;  // tensor -> plain file name
  std::optional<std::uint64_t> total_size;
  [[nodiscard]] std::vector<std::string> shards() const;  // each once, in natural order
};

SafetensorsIndex read_safetensors_index(const std::filesystem::path& path, const ReadOptions& options);

// Reads the headers of all shards; their data are opened when rows are asked for.
std::unique_ptr<TensorFile> open_safetensors_index(const std::filesystem::path& path, const ReadOptions& options);

}  // namespace entrospect::io
