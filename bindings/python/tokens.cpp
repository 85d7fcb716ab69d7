#include "entrospect/bindings/python/tokens.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "entrospect/bindings/python/files.hpp"
#include "entrospect/core/errors.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

void require_batch(const std::vector<std::ptrdiff_t>& shape, const std::string& name) {
  if (shape.size() != 3)
    throw InvalidArgument(name + " has shape " + shape_text(shape) + "; per= takes activations of prompts, (prompts, positions, features)" +
                          (shape.size() == 2 ? ". Leave per= out for n x d samples" : ""));
}

KeptTokens kept_of(const std::vector<std::ptrdiff_t>& shape, const std::optional<TokenMask>& mask, const std::vector<std::int64_t>& drop,
                   const std::string& name) {
  require_batch(shape, name);
  const auto prompts = static_cast<std::size_t>(shape[0]), positions = static_cast<std::size_t>(shape[1]);
  if (mask && (mask->prompts != prompts || mask->positions != positions))
    throw InvalidArgument("mask has shape (" + std::to_string(mask->prompts) + ", " + std::to_string(mask->positions) + "); " + name +
                          " has shape " + shape_text(shape) + ", so it must be (" + std::to_string(prompts) + ", " +
                          std::to_string(positions) + ")");
  KeptTokens kept = kept_tokens(prompts, positions, mask ? mask->keep : std::vector<std::uint8_t>(), drop);
  if (kept.tokens.empty())
    throw InvalidArgument(name + ": none of its " + std::to_string(prompts) + " x " + std::to_string(positions) +
                          " tokens is kept (masked: " + std::to_string(kept.masked) + ", dropped: " + std::to_string(kept.dropped) + ")");
  return kept;
}

// The kept tokens without a copy: all tokens lie on a grid of rows whose distance divides both strides.
SampleMatrix rows_in_place(const Block& block, const std::vector<std::size_t>& tokens) {
  const auto positions = static_cast<std::size_t>(block.shape[1]);
  const std::ptrdiff_t prompt = block.shape[0] > 1 ? block.strides[0] : 0, position = block.shape[1] > 1 ? block.strides[1] : 0;
  const std::ptrdiff_t step = std::max<std::ptrdiff_t>(std::gcd(prompt, position), 1);
  const std::ptrdiff_t prompt_steps = prompt / step, position_steps = position / step;
  const std::ptrdiff_t prompt_reach = prompt_steps * (block.shape[0] - 1), position_reach = position_steps * (block.shape[1] - 1);
  const std::ptrdiff_t lowest = std::min<std::ptrdiff_t>(prompt_reach, 0) + std::min<std::ptrdiff_t>(position_reach, 0);
  const std::ptrdiff_t highest = std::max<std::ptrdiff_t>(prompt_reach, 0) + std::max<std::ptrdiff_t>(position_reach, 0);
  const SampleMatrix grid(static_cast<const std::byte*>(block.data) + lowest * step, block.dtype,
                          static_cast<std::size_t>(highest - lowest + 1), static_cast<std::size_t>(block.shape[2]), step, block.strides[2],
                          block.owner);
  std::vector<std::size_t> rows;
  rows.reserve(tokens.size());
  for (const std::size_t token : tokens) {
    const auto p = static_cast<std::ptrdiff_t>(token / positions), t = static_cast<std::ptrdiff_t>(token % positions);
    rows.push_back(static_cast<std::size_t>(p * prompt_steps + t * position_steps - lowest));
  }
  return grid.select(std::move(rows));
}

// For layouts in which the features of a token are far apart.
SampleMatrix packed_rows(const Block& block, const std::vector<std::size_t>& tokens) {
  const auto positions = static_cast<std::size_t>(block.shape[1]), d = static_cast<std::size_t>(block.shape[2]);
  const std::size_t item = size_of(block.dtype);
  const std::shared_ptr<std::byte[]> packed(new std::byte[tokens.size() * d * item]);
  std::byte* out = packed.get();
  for (const std::size_t token : tokens) {
    const std::byte* row = static_cast<const std::byte*>(block.data) + static_cast<std::ptrdiff_t>(token / positions) * block.strides[0] +
                           static_cast<std::ptrdiff_t>(token % positions) * block.strides[1];
    for (std::size_t j = 0; j < d; ++j, out += item) std::copy_n(row + static_cast<std::ptrdiff_t>(j) * block.strides[2], item, out);
  }
  return {packed.get(), block.dtype, tokens.size(), d, static_cast<std::ptrdiff_t>(d * item), static_cast<std::ptrdiff_t>(item), packed};
}

SampleMatrix kept_rows(const Block& block, const std::vector<std::size_t>& tokens, Notes& notes) {
  if (block.shape[2] <= 1 || std::abs(block.strides[2]) == static_cast<std::ptrdiff_t>(size_of(block.dtype)))
    return rows_in_place(block, tokens);
  notes.emplace_back("copied", std::string("strides"));
  return packed_rows(block, tokens);
}

SampleMatrix rows_from_device(const py::object& source, const KeptTokens& kept, std::size_t positions, const std::string& name,
                              Notes& notes) {
  std::vector<std::size_t> prompt, position;
  for (const std::size_t token : kept.tokens) {
    prompt.push_back(token / positions);
    position.push_back(token % positions);
  }
  Intake intake = to_samples(source[py::make_tuple(py::cast(prompt), py::cast(position))], {false, true, {}}, name);
  notes = std::move(intake.notes);
  return intake.x;
}

}  // namespace

TokenMask to_token_mask(py::object source, bool copy_from_device) {
  if (copy_from_device && on_device(source) && py::hasattr(source, "cpu")) source = source.attr("cpu")();
  const py::array array(py::module_::import("numpy").attr("asarray")(source));
  if (array.ndim() != 2)
    throw InvalidArgument("mask has " + std::to_string(array.ndim()) + " axes; per= takes one entry for each token, (prompts, positions)");
  TokenMask mask{static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1)), {}};
  mask.keep = to_mask(array.attr("reshape")(-1));
  return mask;
}

TokenIntake to_tokens(const py::object& source, const std::optional<TokenMask>& mask, const std::vector<std::int64_t>& drop,
                      bool copy_from_device, const std::string& name) {
  if (as_file_tensor(source) != nullptr)
    throw WrongType(name + " is a tensor in a file, which has rows and features only; per= takes arrays of (prompts, positions, features)");
  Notes notes;
  std::vector<std::ptrdiff_t> shape;
  std::optional<Block> block;
  const bool fetch = copy_from_device && on_device(source);
  if (fetch) {
    shape = py::cast<std::vector<std::ptrdiff_t>>(py::tuple(source.attr("shape")));
  } else {
    block = to_block(source, {}, notes, name);
    shape = block->shape;
  }
  KeptTokens kept = kept_of(shape, mask, drop, name);
  const auto prompts = static_cast<std::size_t>(shape[0]), positions = static_cast<std::size_t>(shape[1]);
  const SampleMatrix rows = fetch ? rows_from_device(source, kept, positions, name, notes) : kept_rows(*block, kept.tokens, notes);
  if (mask) notes.emplace_back("tokens_masked", static_cast<std::int64_t>(kept.masked));
  if (!drop.empty()) notes.emplace_back("tokens_dropped", static_cast<std::int64_t>(kept.dropped));
  TokenBatch batch(rows, kept.begin);
  return {std::move(batch), std::move(kept), prompts, positions, std::move(notes)};
}

}  // namespace entrospect::python
