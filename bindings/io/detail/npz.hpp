#pragma once

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

std::unique_ptr<TensorFile> open_npz(const std::filesystem::path& path, const ReadOptions& options);

}  // namespace entrospect::io
