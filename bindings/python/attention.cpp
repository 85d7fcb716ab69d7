// Many heads in one call: their rows side by side on the pool, and what is made of them per layer, head, block of queries or query.

#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/estimators/attention/attention_entropy.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// Rows that are answered together.
struct Part {
  std::size_t group = 0, first_query = 0, last_query = 0;
  std::vector<double> entropy, cap;
};

void add(Part& part, const AttentionRows& rows, std::size_t k) {
  if (part.entropy.empty()) part.first_query = rows.query[k];
  part.last_query = rows.query[k];
  part.entropy.push_back(rows.entropy[k]);
  part.cap.push_back(rows.cap[k]);
}

// One part per group, or, with blocks > 0, per block of consecutive queries of a head; blocks that are all padding are left out.
std::vector<Part> parts_of(const std::vector<AttentionHead>& heads, const std::vector<std::size_t>& groups,
                           const std::vector<AttentionRows>& all, std::size_t blocks) {
  std::vector<Part> parts;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const std::size_t queries = heads[h].probabilities.n(), count = std::min(blocks, queries);
    if (count == 0) {
      if (parts.empty() || parts.back().group != groups[h]) parts.push_back({groups[h], 0, 0, {}, {}});
      for (std::size_t k = 0; k < all[h].query.size(); ++k) add(parts.back(), all[h], k);
      continue;
    }
    std::size_t open = count;  // none
    for (std::size_t k = 0; k < all[h].query.size(); ++k) {
      const std::size_t block = part_of(all[h].query[k], queries, count);
      if (block != open) parts.push_back({groups[h], 0, 0, {}, {}});
      open = block;
      add(parts.back(), all[h], k);
    }
  }
  return parts;
}

py::dict row_of(const Part& part, const AttentionOptions& options) {
  const AttentionSummary s = summarize(part.entropy, part.cap, options);
  const double unit = nats_to(options.unit);
  py::dict row;
  row["group"] = part.group;
  row["first_query"] = part.first_query;
  row["last_query"] = part.last_query;
  row["rows"] = s.rows;
  row["entropy"] = s.entropy * unit;
  row["cap"] = s.cap * unit;
  row["normalized"] = s.cap > 0 ? py::object(py::float_(s.entropy / s.cap)) : py::object(py::none());
  row["least"] = s.least * unit;
  row["most"] = s.most * unit;
  row["collapse_share"] = s.rows > s.single_key_rows ? py::object(py::float_(s.collapse_share)) : py::object(py::none());
  row["overload_share"] = s.rows > s.single_key_rows ? py::object(py::float_(s.overload_share)) : py::object(py::none());
  row["collapsed"] = s.collapsed;
  row["single_key_rows"] = s.single_key_rows;
  return row;
}

py::list attention(const std::vector<std::tuple<std::string, std::size_t, py::object, py::object>>& sources, std::size_t blocks,
                   const py::dict& options, bool copy_from_device, const py::object& threads, py::object progress) {
  const AttentionOptions chosen = attention_options(to_options(options));
  IntakeOptions intake;
  intake.copy_from_device = copy_from_device;
  std::vector<AttentionHead> heads;
  std::vector<std::size_t> groups;
  for (const auto& [name, group, array, mask] : sources) {
    AttentionHead head{to_samples(array, intake, name).x, name, {}};
    if (!mask.is_none()) head.tokens = to_mask(mask);
    heads.push_back(std::move(head));
    groups.push_back(group);
  }
  Call call(threads, std::move(progress));
  const std::vector<Part> parts = call.run([&] { return parts_of(heads, groups, attention_rows(heads, chosen, call.context()), blocks); });
  py::list out;
  for (const Part& part : parts) out.append(row_of(part, chosen));
  return out;
}

}  // namespace

void bind_attention(py::module_& m) {
  m.def("attention_rows", &attention,
        "attention_rows(heads: list[tuple[str, int, Samples, Mask | None]], blocks: int, options: dict[str, Any], copy_from_device: bool, "
        "threads: int | None, progress: Progress) -> list[Row]");
}

}  // namespace entrospect::python
