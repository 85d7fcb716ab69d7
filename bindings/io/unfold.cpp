#include "entrospect/bindings/io/detail/unfold.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"

namespace entrospect::io {
namespace {

// Axes first, first + 1, ... of shape.
std::vector<std::size_t> axes(std::size_t first, std::size_t last) {
  std::vector<std::size_t> out(last - first);
  std::iota(out.begin(), out.end(), first);
  return out;
}

std::uint64_t extent(const Unfolding& u, const std::vector<std::size_t>& of) {
  std::uint64_t out = 1;
  for (const std::size_t axis : of) out *= u.shape[axis];
  return out;
}

// Distance in elements of neighbors along every axis.
std::vector<std::uint64_t> steps(const Unfolding& u, bool fortran_order) {
  std::vector<std::uint64_t> out(u.shape.size());
  std::uint64_t step = 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t axis = fortran_order ? i : out.size() - 1 - i;
    out[axis] = step;
    step *= u.shape[axis];
  }
  return out;
}

// Where the element `index` of the given axes lies, the last of them running fastest.
std::uint64_t offset(const Unfolding& u, const std::vector<std::size_t>& of, std::uint64_t index, const std::vector<std::uint64_t>& step) {
  std::uint64_t out = 0;
  for (std::size_t i = of.size(); i-- > 0;) {
    out += index % u.shape[of[i]] * step[of[i]];
    index /= u.shape[of[i]];
  }
  return out;
}

std::vector<std::size_t> matrix_axes(const Unfolding& u) { return axes(0, u.shape.size() - u.row_axes.size() - u.column_axes.size()); }

}  // namespace

const std::vector<std::string>& unfold_choices() {
  static const std::vector<std::string> names{"none", "tokens", "pixels", "images", "matrices"};
  return names;
}

Unfold unfold_from(const std::string& name) {
  const auto& names = unfold_choices();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    std::string allowed;
    for (const std::string& each : names) allowed += (allowed.empty() ? "" : ", ") + each;
    throw InvalidArgument("unfold = '" + name + "'; allowed: " + allowed);
  }
  return static_cast<Unfold>(found - names.begin());
}

Unfolding unfolding(Unfold how, const std::vector<std::uint64_t>& shape) {
  Unfolding u;
  u.shape = shape;
  const std::size_t last = shape.size() - 1;
  switch (how) {
    case Unfold::none:
    case Unfold::tokens:
      u.row_axes = axes(0, last);
      u.column_axes = {last};
      break;
    case Unfold::pixels:
      u.row_axes = axes(1, last + 1);  // without axis 1, the channels
      u.row_axes.front() = 0;
      u.column_axes = {1};
      u.packed = false;
      break;
    case Unfold::images:
      u.row_axes = {0};
      u.column_axes = axes(1, last + 1);
      break;
    case Unfold::matrices:
      u.row_axes = {last - 1};
      u.column_axes = {last};
      break;
  }
  u.matrices = extent(u, matrix_axes(u));
  u.rows = extent(u, u.row_axes);
  u.columns = extent(u, u.column_axes);
  return u;
}

std::vector<std::uint64_t> index_of(const Unfolding& u, std::uint64_t matrix) {
  std::vector<std::uint64_t> out(matrix_axes(u).size());
  for (std::size_t i = out.size(); i-- > 0;) {
    out[i] = matrix % u.shape[i];
    matrix /= u.shape[i];
  }
  return out;
}

std::string index_text(const Unfolding& u, std::uint64_t matrix) {
  std::string out;
  for (const std::uint64_t i : index_of(u, matrix)) out += (out.empty() ? "[" : ",") + std::to_string(i);
  return out.empty() ? out : out + "]";
}

std::shared_ptr<const std::byte[]> gathered(const Unfolding& u, std::uint64_t matrix, const std::byte* data, std::size_t item_size,
                                            bool fortran_order) {
  const std::vector<std::uint64_t> step = steps(u, fortran_order);
  std::vector<std::uint64_t> columns(u.columns);
  for (std::uint64_t j = 0; j < u.columns; ++j) columns[j] = offset(u, u.column_axes, j, step);
  const std::shared_ptr<std::byte[]> out(new std::byte[u.rows * u.columns * item_size]);
  std::byte* to = out.get();
  const std::uint64_t first = offset(u, matrix_axes(u), matrix, step);
  for (std::uint64_t i = 0; i < u.rows; ++i) {
    const std::uint64_t row = first + offset(u, u.row_axes, i, step);
    for (const std::uint64_t column : columns) {
      std::memcpy(to, data + (row + column) * item_size, item_size);
      to += item_size;
    }
  }
  return out;
}

}  // namespace entrospect::io
