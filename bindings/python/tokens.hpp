#pragma once
// Batches of prompts from Python: prompts x positions x features arrays become the rows that a mask keeps, read where they lie.

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/core/token_batch.hpp"

namespace entrospect::python {

struct TokenMask {
  std::size_t prompts = 0, positions = 0;
  std::vector<std::uint8_t> keep;  // prompts x positions
};
TokenMask to_token_mask(pybind11::object source, bool copy_from_device);

struct TokenIntake {
  TokenBatch batch;
  KeptTokens kept;
  std::size_t prompts = 0, positions = 0;
  Notes notes;
};

// `drop`: positions among the kept tokens of each prompt. Rows are selected on the device before anything is copied from there.
TokenIntake to_tokens(const pybind11::object& source, const std::optional<TokenMask>& mask, const std::vector<std::int64_t>& drop,
                      bool copy_from_device, const std::string& name);

}  // namespace entrospect::python
