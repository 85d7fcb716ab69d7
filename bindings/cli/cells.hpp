#pragma once
// The cells of one tensor: rows are read (or left in the file) as the estimators need, spectra are shared, and every outcome is a row.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/bindings/cli/partner.hpp"
#include "entrospect/bindings/cli/plan.hpp"
#include "entrospect/bindings/io/results.hpp"
#include "entrospect/bindings/io/spec.hpp"

namespace entrospect::cli {

// Where labels come from: nowhere, one tensor for every file, or the tensor of a given name in each file.
class LabelSource {
 public:
  // "": none. ":TENSOR": of each file. Anything else: what io::open_labels takes, with its errors.
  explicit LabelSource(const std::string& argument, const io::ReadOptions& options = {});

  [[nodiscard]] bool given() const { return labels_ != nullptr || !per_file_.empty(); }
  [[nodiscard]] std::shared_ptr<const Labels> find(const io::TensorFile& file) const;  // InvalidArgument when the file has no such tensor

 private:
  std::shared_ptr<const Labels> labels_;
  std::string per_file_;
};

// What is chosen outside the estimators' own options.
struct CellSettings {
  std::vector<io::EstimatorSpec> specs;
  LabelSource labels{std::string()};
  std::vector<PartnerSource> partners;  // of --y, in the order given
  std::optional<std::size_t> rows;      // use this many rows, drawn with `seed`, of tensors that have more
  std::uint64_t seed = 0;
  bool drop_nonfinite_rows = false;
  std::string dtype;  // as in ReadOptions
  io::Unfold unfold = io::Unfold::none;
  std::uint64_t memory_limit = 0;  // bytes that rows and working memory of one cell may take
};

// The cell's name; `file` is null when it could not be opened. `partner_hashes` are the content hashes of the tensor's partners.
std::string name_of_cell(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile* file, std::size_t spec,
                         std::uint64_t content_hash, const std::vector<std::uint64_t>& partner_hashes);

// How many of `given` partners the estimator takes, the first ones.
std::size_t partners_taken(const io::EstimatorSpec& spec, std::size_t given);

struct PendingCell {
  std::size_t spec = 0;
  std::string id;  // empty without a results folder
};

// Called in order of the specs. Throws Cancelled; everything else that goes wrong becomes a row.
struct CellEvents {
  std::function<bool()> stop;                   // asked before each cell
  std::function<void(std::size_t spec)> start;  // may be empty
  std::function<void(std::size_t spec, io::ResultRow)> finished;
};
void compute_cells(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile* file,
                   const std::vector<Partner>& partners, const std::vector<PendingCell>& pending, const Context& context,
                   const CellEvents& events);

// Largest working memory of the tensor's cells, rows included: cells that need little are computed side by side.
double working_bytes(const CellSettings& settings, const PlannedTensor& tensor);

}  // namespace entrospect::cli
