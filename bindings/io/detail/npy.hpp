#pragma once

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

std::unique_ptr<TensorFile> open_npy(const std::filesystem::path& path, const ReadOptions& options);

}  // namespace entrospect::io
